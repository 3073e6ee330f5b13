"""Take a case out as a package: who may, what is written down about it, and the package itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from cases import casefile
from cases.audit import head
from cases.casebook import Casebook, Look
from cases.package import form, token
from cases.package.bag import bag, write
from cases.package.contents import Contents, payload
from cases.people import Actor
from cases.roles import Permission, Role
from graph.errors import NotPermitted


def build(
    book: Casebook,
    actor: Actor,
    case_id: str,
    folder: str | Path,
    *,
    zipped: bool = False,
    stamp: Callable[[bytes], bytes] | None = None,
) -> Path:
    """Take a case out as a package below a folder; gives its path. Its hash is :func:`cases.package.verify.seal` of it.

    That it was taken out, and its hash, are in the custody log and in the audit trail before a byte is written.

    Parameters
    ----------
    zipped : bool
        One zip file instead of a folder.
    stamp : callable or None
        Gives an RFC 3161 token for the tag manifest (:class:`cases.package.timestamp.Authority`).

    Raises
    ------
    CaseError
        There is no such case that the actor may know of, or something of the package's name.
    NotPermitted
        The actor may not take cases out.
    """
    actor.need(Permission.EXPORT, f"case {case_id}")
    if actor.roles == {Role.VENDOR}:
        raise NotPermitted("a vendor takes nothing out", f"case {case_id}")
    with book.look(actor, "case", case_id, why="package") as look:
        told = _contents(look, case_id)
    files = bag(payload(told), _info(told, stamped=stamp is not None), stamp)
    seal = hashlib.sha256(files[form.TAGMANIFEST]).hexdigest()
    name = f"case-{case_id}-{told.now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    with book.change(actor) as change:
        change.note("export", "case", case_id, {"what": "package", "name": name, "sha256": seal, "tlp": told.mark})
    return write(files, Path(folder), name, zipped=zipped)


def _contents(look: Look, case_id: str) -> Contents:
    file = casefile.read(look, case_id)
    snapshots: dict[str, str] = {}
    return Contents(file, snapshots, head(look.connection), "TLP:AMBER+STRICT", look.now, look.actor.name, {})


def _info(told: Contents, *, stamped: bool) -> dict[str, str]:
    case = told.file.case
    fields = {
        "Source-Organization": "Lockstep casebook",
        "External-Identifier": case["id"],
        "External-Description": f"Case {case['id']}: {case['title']}",
        "Internal-Sender-Description": f"{told.mark}. Flagged is not guilty: what a program flagged is a reason to look.",
        "Bagging-Date": f"{told.now.astimezone(UTC):%Y-%m-%d}",
        "Bag-Software-Agent": "lockstep-graph",
    }
    return fields | ({token.FIELD: "RFC 3161, of tagmanifest-sha256.txt"} if stamped else {})
