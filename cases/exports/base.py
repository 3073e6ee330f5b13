"""What an export is, and the one way by which anything made from a case is given out.

A module of this folder with ``EXPORT`` is an export; what it is made from is a :class:`Material` and nothing else.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cases import casefile
from cases import exports as folder
from cases.casebook import Casebook, Look
from cases.casefile import CaseFile
from cases.caseload import Track, find
from cases.escalation import releases
from cases.escalation.releases import Step
from cases.evidence import custody, snapshots
from cases.people import Actor
from cases.privacy import tlp
from cases.privacy.pseudonyms import outside
from cases.privacy.tlp import Tlp
from cases.roles import Permission
from graph.errors import CaseError, NotPermitted, StaleCase, unknown


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can answer before an export is made.

    Parameters
    ----------
    name : str
        Under which the answer comes.
    text : str
        The question, as a person reads it.
    choices : tuple of str
        Answers that there are; empty where the answer is free text.
    required : bool
    several : bool
        Whether more than one choice may be named, with commas between.
    """

    name: str
    text: str
    choices: tuple[str, ...] = ()
    required: bool = True
    several: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """What an export is made from.

    Parameters
    ----------
    file : CaseFile
        The case, as the actor may read it.
    snapshots : mapping of str to dict
        Content of each snapshot of the case by its hash.
    answers : mapping of str to str
        By the questions' names, checked; what was not answered is not in it.
    now : datetime
    actor : Actor
        Who takes it out.
    """

    file: CaseFile
    snapshots: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, str]
    now: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of export.

    Parameters
    ----------
    name : str
        What it is asked for by.
    title : str
        What it is, as a person reads it.
    suffix : str
        Of the file, with its dot.
    make : callable
        Gives the file's content; raises :class:`graph.errors.CaseError` where it cannot be made.
    asks : tuple of Question
    audience : Tlp
        The strictest mark of a case that those whom it is for may be given something of.
    track : Track or None
        The only track whose cases it is made of; None for both.
    step : Step or None
        What of the decision in force goes out with it, and may wait for Legal; None where nothing does.
    """

    name: str
    title: str
    suffix: str
    make: Callable[[Material], bytes]
    asks: tuple[Question, ...] = ()
    audience: Tlp = Tlp.AMBER
    track: Track | None = Track.PLATFORM
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that may be given out: it is in the audit trail.

    Parameters
    ----------
    name, file_name : str
    content : bytes
    sha256 : str
        Of the content, as the trail has it.
    """

    name: str
    file_name: str
    content: bytes
    sha256: str


@cache
def exports() -> Mapping[str, Export]:
    """Every export by its name."""
    modules = (importlib.import_module(m.name) for m in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."))
    found = [m.EXPORT for m in modules if hasattr(m, "EXPORT")]
    return {e.name: e for e in sorted(found, key=lambda e: str(e.name))}


def run(
    book: Casebook,
    actor: Actor,
    case_id: str,
    name: str,
    answers: Mapping[str, str] | None = None,
    *,
    recipient_tlp: Tlp | None = None,
) -> Exported:
    """Make an export of a case and write down that it was taken out; only then is it given back.

    Parameters
    ----------
    answers : mapping of str to str or None
        To the export's questions.
    recipient_tlp : Tlp or None
        The strictest mark that this receiver may be given; never more than those whom the export is for.

    Raises
    ------
    NotPermitted
        The actor may not take cases out, is a vendor, or the case's mark is stricter than the receiver's; or what
        it gives out waits for Legal's release.
    CaseError
        There is no such case that the actor may know of, or the export cannot be made from it.
    StaleCase
        The case changed while the export was made.
    """
    need(actor, f"case {case_id}")
    made_by = exports().get(name)
    if made_by is None:
        raise unknown(name, exports(), "export")
    told = answered(made_by, answers or {})
    allowed = made_by.audience if recipient_tlp is None else tlp.widest(made_by.audience, recipient_tlp)
    with book.look(actor, "case", case_id, why=f"export {name}") as look:
        file = casefile.read(look, case_id)
        tlp.need(tlp.of(file.case["tlp"]), allowed, f"case {case_id}", "who receives this")
        material = Material(file, _snapshots(look, file), told, look.now, actor)
    content = content_of(made_by, material)
    sha = hashlib.sha256(content).hexdigest()
    with book.change(actor) as change:
        if find(change, case_id)["version"] != file.case["version"]:
            raise StaleCase("it changed while the export was made", f"case {case_id}", "make it again")
        if made_by.step is not None and file.decision is not None:
            releases.need(change, case_id, made_by.step, file.decision["id"])
        detail = {"what": name, "sha256": sha, "tlp": file.case["tlp"], "allowed": allowed.value}
        # who reads the trail need not know of a market case: of its answers it holds only that they were given
        detail["answers"] = sorted(told) if file.case["track"] == Track.MARKET else dict(told)
        change.note("export", "case", case_id, detail)
        custody.record(change, case_id, sha, custody.Event.EXPORTED, where=f"for {allowed.shown}", why=made_by.title)
    stamp = f"{material.now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return Exported(name, f"{name}-{case_id}-{stamp}{made_by.suffix}", content, sha)


def need(actor: Actor, where: str) -> None:
    """Go on only for who may take data out.

    Raises
    ------
    NotPermitted
        The actor may not, or works for a vendor.
    """
    if outside(actor):
        raise NotPermitted("a vendor takes nothing out", where, "ask somebody inside")
    actor.need(Permission.EXPORT, where)


def content_of(export: Export, material: Material) -> bytes:
    """The content of an export, of a case of its track.

    Raises
    ------
    CaseError
        The case is of the other track, or the export cannot be made from it.
    """
    track, where = material.file.case["track"], f"export {export.name}"
    if export.track is not None and track != export.track:
        raise CaseError(
            f"it is made of cases of the {export.track} track alone", where, f"this one is of the {track} track"
        )
    return export.make(material)


def answered(export: Export, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, trimmed; those left empty are left out.

    Raises
    ------
    CaseError
        All that is missing, not asked, or none of the choices.
    """
    asked = {q.name: q for q in export.asks}
    told = {name: text.strip() for name, text in answers.items() if text.strip()}
    wrong = [f"{name} is not asked" for name in sorted(told.keys() - asked.keys())]
    wrong += [f"{q.name} is not answered" for q in export.asks if q.required and q.name not in told]
    for name in sorted(told.keys() & asked.keys()):
        question = asked[name]
        given = parts(told[name]) if question.several else [told[name]]
        wrong += [
            f"{name}: {one!r} is none of the choices"
            for one in given
            if question.choices and one not in question.choices
        ]
    if wrong:
        raise CaseError(f"the export cannot be made: {'; '.join(wrong)}", f"export {export.name}", "answer it again")
    return told


def parts(answer: str) -> list[str]:
    """The choices that one answer names, with commas between."""
    return [one.strip() for one in answer.split(",") if one.strip()]


def _snapshots(look: Look, file: CaseFile) -> dict[str, Mapping[str, Any]]:
    return {row["id"]: snapshots.read(look, row["id"]) for row in file.snapshots}
