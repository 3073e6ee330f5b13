"""A state machine as a table: states, and named moves between them; nothing else changes a state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.roles import Permission
from graph.errors import CaseError, IllegalTransition

BACK = ""  # target of a move that leads back to where the last detour began


@dataclass(frozen=True, slots=True)
class Move:
    """One way on.

    Parameters
    ----------
    name : str
    sources : frozenset of str
        States it may be made from.
    target : str
        State it leads to; :data:`BACK` where it ends a detour.
    needs : Permission or None
        What the actor must be permitted; None for what only the program does, as a part of something else.
    reason : bool
        Whether a reason must be written.
    detour : bool
        Whether it remembers the state it leaves, to come back to.
    """

    name: str
    sources: frozenset[str]
    target: str
    needs: Permission | None
    reason: bool = False
    detour: bool = False


@dataclass(frozen=True)
class Machine:
    """All states and moves of one thing.

    Parameters
    ----------
    name : str
        What it is a machine of, as messages say it.
    first : str
        State that it begins in.
    ends : frozenset of str
        States with no way on.
    moves : tuple of Move
    """

    name: str
    first: str
    moves: tuple[Move, ...]
    ends: frozenset[str] = frozenset()

    @property
    def states(self) -> frozenset[str]:
        """Every state that there is."""
        found = {self.first, *self.ends}
        for move in self.moves:
            found |= move.sources | ({move.target} - {BACK})
        return frozenset(found)

    def ways(self, state: str) -> tuple[Move, ...]:
        """Moves that can be made from a state."""
        return tuple(m for m in self.moves if state in m.sources)

    def move(self, state: str, name: str, where: str = "") -> Move:
        """The move of this name from a state.

        Raises
        ------
        IllegalTransition
            There is none.
        """
        found = next((m for m in self.moves if m.name == name and state in m.sources), None)
        if found is None:
            on = ", ".join(m.name for m in self.ways(state)) or "nothing: it has ended"
            raise IllegalTransition(f"{self.name} is {state}: it cannot {name}", where, f"from here: {on}")
        return found


def reason_of(move: Move, reason: str, where: str = "") -> str:
    """The reason, trimmed.

    Raises
    ------
    CaseError
        The move wants one and none is written.
    """
    written = reason.strip()
    if move.reason and not written:
        raise CaseError(f"{move.name} needs a reason", where, "write why, in a sentence")
    return written


def moves(*rows: tuple[str, Iterable[str], str, Permission | None, str]) -> tuple[Move, ...]:
    """Moves from rows of name, sources, target, permission and marks (``r`` a reason, ``d`` a detour)."""
    return tuple(
        Move(name, frozenset(sources), target, needs, reason="r" in marks, detour="d" in marks)
        for name, sources, target, needs, marks in rows
    )
