"""A score for every pair of accounts: how surprising it is that they push the same things at the same time.

Where accounts are channels (Telegram), texts name coins without a dollar sign, and a pump is announced by a countdown.
So beside the detector's own layers there are three that are read from texts (:mod:`detectors.announcing`):

============ =========================================================================
co_coin      messages that name the same coin, three coins at most
co_call      the same, within twenty minutes after a countdown of the same account
co_counting  countdowns, whatever they count down to
============ =========================================================================

The score is the search's own: the sum of the surprises of their meetings, in nats
(:mod:`detectors.coaction.surprisal`). It is evidence of acting together and grows with how much two accounts do;
``rarity`` is what is left of it once how active both are is taken into account.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing import rule
from detectors.announcing.naming import named, posts_of
from detectors.announcing.rule import FOCUS
from detectors.base import Scope, Value
from detectors.coaction.context import named as having
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from detectors.coaction.sweep import Longs
from detectors.promotion.searching import Tables
from graph.projection import SCHEMA, coded, restrict
from graph.schema import TIME
from graph.store import View

ANNOUNCED = ("co_call", "co_counting")
EVERYTHING = "*"
SCORES = pa.schema(
    [
        ("source", pa.string()),
        ("target", pa.string()),
        ("score", pa.float64()),  # sum of surprises, nats
        ("rarity", pa.float64()),  # −ln p, nats
        ("occasions", pa.int32()),
        ("expected", pa.float64()),  # meetings
    ]
)
"""What :func:`pair_scores` gives: one row a pair that met, ``source < target``."""


def pair_scores(layers: Mapping[str, pa.Table], window_s: float) -> pa.Table:
    """Every pair of accounts that met in some layer; those that never did have a score of 0 and no row.

    Parameters
    ----------
    layers : mapping
        Event tables (:mod:`graph.projection`) by name.
    window_s : float
        Seconds within which two acts meet.

    Examples
    --------
    >>> pair_scores({}, 60).num_rows
    0
    """
    names = names_of(list(layers.values()))
    surprisal = Surprisal([Layer(name, table, window_s) for name, table in layers.items()], names)
    found = surprisal.pairs(floor=0.0)
    columns = [
        names.take(pa.array(found.source)),
        names.take(pa.array(found.target)),
        pa.array(found.surprise),
        pa.array(found.rarity),
        pa.array(found.occasions),
        pa.array(surprisal.expected(found)),
    ]
    return pa.table(columns, schema=SCORES)


def layers_of(
    view: View, params: Mapping[str, Value], scope: Scope, known: Collection[str] = ()
) -> dict[str, pa.Table]:
    """The detector's layers in its narrowest window, and those that are read from texts.

    Parameters
    ----------
    known : collection of str
        Symbols that are known to be coins.
    """
    tables = Tables(view, params, scope)
    own = tables.within(tables.windows[0])
    told = {name: _within(table, scope) for name, table in announcements(view, known).items()}
    return own | {name: table for name, table in told.items() if table.num_rows}


def announcements(view: View, known: Collection[str] = ()) -> dict[str, pa.Table]:
    """Events of the layers that are read from texts, by name."""
    posts = posts_of(view)
    read = rule.read(posts, named(posts, known))
    symbols = np.array(read.named.symbols, object)
    few = read.named.coins <= FOCUS
    called = few & (read.countdown >= 0)
    counting = np.flatnonzero(read.cues["countdown"][posts.text])
    names, keys = np.array(posts.names, object), posts.key

    def table(rows: Longs, things: pa.Array) -> pa.Table:
        actors, times = pa.array(names[posts.account[rows]], pa.string()), pa.array(posts.at[rows]).cast(TIME)
        return pa.table([coded(actors), coded(things), times, coded(keys.take(pa.array(rows)))], schema=SCHEMA)

    def coins(chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Table:
        return table(read.named.post[chosen], pa.array(symbols[read.named.symbol[chosen]], pa.string()))

    everything = pa.array([EVERYTHING] * len(counting), pa.string())
    return {"co_coin": coins(few), "co_call": coins(called), "co_counting": table(counting, everything)}


def _within(table: pa.Table, scope: Scope) -> pa.Table:
    """The events in a scope's time, by accounts that are not allowed everything."""
    keep = pc.invert(having(table, "actor", [a for e in scope.allow if e.kind == "account" for a in e.accounts]))
    for bound, test in ((scope.start, pc.greater_equal), (scope.end, pc.less)):
        if bound is not None:
            keep = pc.and_(keep, test(table["at"], pa.scalar(bound, TIME)).combine_chunks())
    return restrict(table, keep)
