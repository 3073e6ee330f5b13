"""The Traffic Light Protocol, version 2.0 (FIRST, 2022): how far what a case says may go."""

from __future__ import annotations

from enum import StrEnum

from cases.casebook import Change
from cases.caseload import find
from cases.roles import Permission
from cases.storage.schema import cases
from graph.errors import CaseError, NotPermitted


class Tlp(StrEnum):
    """The five marks, from what anybody may know to what only those may know who were told it."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def strictness(self) -> int:
        """0 for the mark that lets everything through; more is stricter."""
        return _ORDER.index(self)

    @property
    def shown(self) -> str:
        """The mark as a document carries it."""
        return f"TLP:{self}"


_ORDER = tuple(Tlp)
DEFAULT = Tlp.AMBER


def strictest(*marks: Tlp) -> Tlp:
    """The strictest of some marks."""
    return max(marks, key=lambda m: m.strictness)


def widest(*marks: Tlp) -> Tlp:
    """The one of some marks that lets most through."""
    return min(marks, key=lambda m: m.strictness)


def need(mark: Tlp, allowed: Tlp, where: str, whom: str) -> None:
    """Go on only if what is marked so may be given to somebody.

    Parameters
    ----------
    mark : Tlp
        The case's.
    allowed : Tlp
        The strictest mark that the receiver may be given.
    whom : str
        Who receives it, as the message says it.

    Raises
    ------
    NotPermitted
        The mark is stricter.
    """
    if mark.strictness > allowed.strictness:
        hint = "somebody who may change the case's mark can do so, with a reason"
        raise NotPermitted(f"it is {mark.shown}, and {whom} may be given {allowed.shown} at most", where, hint)


def of(case_tlp: str) -> Tlp:
    """A case's mark."""
    return Tlp(case_tlp)


def mark(change: Change, case_id: str, tlp: Tlp, why: str) -> None:
    """Mark a case, and say why; a mark that lets more through needs who may say who knows of the case.

    Raises
    ------
    CaseError
        No reason is written.
    NotPermitted
        The actor may not loosen it.
    """
    row = find(change, case_id)
    looser = tlp.strictness < of(row["tlp"]).strictness
    change.actor.need(Permission.GRANT if looser else Permission.WORK, f"case {case_id}")
    if not why.strip():
        raise CaseError("a mark needs a reason", f"case {case_id}", "write why, in a sentence")
    change.alter("mark", cases, row, {"tlp": tlp.value}, why.strip())
