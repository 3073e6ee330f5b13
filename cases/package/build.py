"""Take a case out as a package: who may, what is written down about it, and the package itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import orjson

from cases import casefile
from cases.audit import head
from cases.casebook import Casebook, Look
from cases.caseload import find
from cases.evidence import custody, snapshots
from cases.exports import base
from cases.package import form, token
from cases.package.bag import bag, free, write
from cases.package.contents import Contents, payload
from cases.package.enclosed import Answers, enclosed
from cases.people import Actor
from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from graph.errors import StaleCase


def build(
    book: Casebook,
    actor: Actor,
    case_id: str,
    folder: str | Path,
    *,
    zipped: bool = False,
    answers: Answers | None = None,
    recipient: str = "",
    recipient_tlp: Tlp = Tlp.AMBER_STRICT,
    stamp: Callable[[bytes], bytes] | None = None,
) -> Path:
    """Take a case out as a package below a folder; gives its path. Its hash is :func:`cases.package.verify.seal` of it.

    That it was taken out, and its hash, are in the custody record and in the audit trail before a file is written.

    Parameters
    ----------
    zipped : bool
        One zip file instead of a folder.
    answers : mapping, optional
        What a person said to the questions of the exports that are enclosed as drafts.
    recipient : str
        Who is given it, for the records.
    recipient_tlp : Tlp
        The strictest mark that they are cleared for.
    stamp : callable, optional
        Gives an RFC 3161 token for the tag manifest (:func:`cases.package.timestamp.authority`).

    Raises
    ------
    CaseError
        There is no such case that the actor may know of, or something of the package's name.
    StaleCase
        The case changed while the package was made.
    NotPermitted
        The actor may not take cases out, or the case's mark is stricter than the recipient's.
    DeliveryError
        A time stamp was to be had and could not be.
    """
    where = f"package of case {case_id}"
    base.need(actor, where)
    with book.look(actor, "case", case_id, why="package") as look:
        told = contents(look, case_id, answers or {})
    tlp.need(tlp.of(told.file.case["tlp"]), recipient_tlp, where, "who receives this")
    name = f"case-{case_id}-{told.now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    target = free(Path(folder), name, zipped=zipped)
    files = bag(payload(told), _info(told, stamped=stamp is not None), stamp)
    seal = hashlib.sha256(files[form.TAGMANIFEST]).hexdigest()
    with book.change(actor) as change:
        if find(change, case_id)["version"] != told.file.case["version"]:
            raise StaleCase("it changed while the package was made", where, "make it again")
        said = {"export": "package", "sha256": seal, "name": name, "tlp": told.mark, "recipient": recipient}
        change.note("export", "case", case_id, said)
        given = recipient or "given to the actor"
        custody.record(change, case_id, seal, custody.Event.EXPORTED, where=given, why=f"package {name}")
    return write(files, target, name, zipped=zipped)


def contents(look: Look, case_id: str, answers: Answers) -> Contents:
    """What a case's package is made from, as the reader may know of it."""
    file = casefile.read(look, case_id)
    texts = {row["id"]: snapshots.text(look, row["id"]) for row in file.snapshots}
    kept = {sha: orjson.loads(text) for sha, text in texts.items()}
    drafts, missing = enclosed(file, kept, answers, look.now, look.actor)
    mark = tlp.of(file.case["tlp"]).shown
    return Contents(file, texts, head(look.connection), mark, look.now, look.actor.name, drafts, missing)


def _info(told: Contents, *, stamped: bool) -> dict[str, str]:
    case = told.file.case
    fields = {
        "Source-Organization": "Lockstep casebook",
        "External-Identifier": case["id"],
        "External-Description": f"{told.mark}. Flagged is not guilty: what a program flagged is a reason to look.",
        "Bagging-Date": f"{told.now.astimezone(UTC):%Y-%m-%d}",
        "Bag-Software-Agent": "lockstep-graph",
    }
    return fields | ({token.FIELD: "RFC 3161, of tagmanifest-sha256.txt"} if stamped else {})
