"""What one edge is made of: every meeting of two accounts, and what each adds to how rare their meetings are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from detectors.coaction.surprisal import Floats, Pairs, Surprisal
from detectors.coaction.sweep import Longs
from graph.schema import TIME

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("target", pa.string()),
        ("action", pa.string()),
        ("object", pa.string()),
        ("source_message", pa.string()),
        ("target_message", pa.string()),
        ("source_at", TIME),
        ("target_at", TIME),
        ("surprise", pa.float64()),
        ("counted", pa.bool_()),
    ]
)
"""A table of meetings: one row each."""


@dataclass(frozen=True, slots=True)
class Term:
    """One meeting.

    Attributes
    ----------
    action, thing : str
        The layer, and the object's key.
    messages : (str, str)
        The source's message and the target's.
    at : (int, int)
        When they were made, µs.
    surprise : float
        −ln of the meetings like it that chance would bring, ≥ 0.
    counted : bool
        Whether it is the one that stands for its occasion: of the meetings in one stretch of time the most surprising.
    """

    action: str
    thing: str
    messages: tuple[str, str]
    at: tuple[int, int]
    surprise: float
    counted: bool


class Terms:
    """Explains edges of a search.

    Parameters
    ----------
    surprisal : Surprisal
        What was searched.
    """

    def __init__(self, surprisal: Surprisal) -> None:
        self._surprisal = surprisal

    def of(self, source: int, target: int) -> list[Term]:
        """The meetings of two accounts, by time.

        The surprises of those counted sum to the pair's.
        """
        events, board = self._surprisal.events, self._surprisal.board
        mine, theirs = (events.of(np.array([a], np.int32)) for a in (source, target))
        found = [
            (i, j)
            for i in mine.tolist()
            for j in theirs[(theirs >= board.low[i]) & (theirs < board.high[i])].tolist()
            if board.units[i] != board.units[j]
        ]
        if not found:
            return []
        pairs = np.array(found)
        first = pairs.min(axis=1)
        surprise = self._surprises(first, pairs)
        best = _best(board.cells[first], surprise, pairs)
        order = np.lexsort((pairs[:, 1], pairs[:, 0], events.at[first]))
        return [self._term(found[row], float(surprise[row]), counted=bool(best[row])) for row in order.tolist()]

    def _surprises(self, first: Longs, pairs: Longs) -> Floats:
        board = self._surprisal.board
        busy = self._surprisal.messages.busy[board.units[pairs]]
        found: Floats = np.maximum(-np.log(board.rates[first] * busy[:, 0] * busy[:, 1]), 0.0)
        return found

    def _term(self, both: tuple[int, int], surprise: float, *, counted: bool) -> Term:
        events = self._surprisal.events
        mine, theirs = both
        messages = [str(events.messages[int(events.message[i])]) for i in both]
        action = self._surprisal.layers[int(events.layer[mine])].action
        at = (int(events.at[mine]), int(events.at[theirs]))
        return Term(action, events.name(int(events.thing[mine])), (messages[0], messages[1]), at, surprise, counted)

    def table(self, edges: Pairs) -> pa.Table:
        """The meetings behind some edges, as :data:`SCHEMA` names their columns."""
        names = self._surprisal.names
        rows = list(self._rows(edges, names))
        columns = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(SCHEMA)]
        return pa.table(columns, schema=SCHEMA)

    def _rows(self, edges: Pairs, names: pa.Array) -> Iterator[Sequence[object]]:
        for source, target in zip(edges.source.tolist(), edges.target.tolist(), strict=True):
            ends = [names[code].as_py() for code in (source, target)]
            for term in self.of(source, target):
                yield (*ends, term.action, term.thing, *term.messages, *term.at, term.surprise, term.counted)


def _best(cells: Longs, surprise: Floats, pairs: Longs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Of each cell's meetings the most surprising; the earliest events decide between equals."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -surprise, cells))
    best = np.zeros(len(cells), bool)
    best[order[np.flatnonzero(np.diff(cells[order], prepend=cells[order[0]] - 1))]] = True
    return best
