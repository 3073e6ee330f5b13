"""Windows over rows grouped by what they name and sorted by time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECOND = 1_000_000  # microseconds, as all times here
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = np.int64(-(1 << 62))


@dataclass(frozen=True)
class Groups:
    """Rows sorted by group, then as they came."""

    order: Ints
    begins: Ints  # shape (n_groups + 1,)

    @classmethod
    def of(cls, group: Ints, count: int) -> Groups:
        """Of rows that are by time, with groups numbered below ``count``."""
        order = np.argsort(group, kind="stable")
        return cls(order, np.searchsorted(group[order], np.arange(count + 1)).astype(np.int64))


def before(group: Ints, at: Ints, asked: Ints, when: Ints, back: int, skip: int) -> Ints:  # noqa: PLR0917 - two tables and a window
    """How many rows of the group asked for lie in [when − back, when − skip).

    Parameters
    ----------
    group, at : ndarray of int64, shape (n_rows,)
    asked, when : ndarray of int64, shape (n_asked,)
    back, skip : int
        Microseconds.
    """
    times = np.unique(at)
    wide = len(times) + 1
    keys = np.sort(group * wide + np.searchsorted(times, at))
    low = np.searchsorted(keys, asked * wide + np.searchsorted(times, when - back))
    high = np.searchsorted(keys, asked * wide + np.searchsorted(times, when - skip))
    found: Ints = np.maximum(high - low, 0)
    return found


def last_own(account: Ints, at: Ints, flag: Flags) -> Ints:
    """Of each post, the row of its account's latest earlier post with the flag; -1 where there is none.

    Rows are by time; a post at the same moment is no earlier one.
    """
    order = np.argsort(account, kind="stable")
    whose, when, marked = account[order], at[order], flag[order]
    place = np.arange(len(order))
    newest = np.maximum.accumulate(np.where(marked, place, -1)) if len(order) else place
    first = np.ones(len(order), bool)
    first[1:] = (whose[1:] != whose[:-1]) | (when[1:] != when[:-1])  # posts of one moment look at what came before it
    begin = np.maximum.accumulate(np.where(first, place, 0)) if len(order) else place
    found = np.where(begin > 0, newest[np.maximum(begin - 1, 0)], -1)
    same = (found >= 0) & (whose[np.maximum(found, 0)] == whose)
    out = np.full(len(order), -1, np.int64)
    out[order] = np.where(same, order[np.maximum(found, 0)], -1)
    return out
