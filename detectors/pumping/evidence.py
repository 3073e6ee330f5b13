"""What can be opened and checked of a push and of a move: values, what was to be expected, the posts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detectors.coaction.evidence import three_digits
from detectors.coaction.null import tail
from detectors.pumping.features import Case
from detectors.pumping.join import AFTER, BEFORE, occasions
from detectors.pumping.posts import SPAN, WEEK, Board, Named
from detectors.trading.moves import Move, said
from detectors.trading.reading import SECOND
from detectors.trading.trades import CHUNKS
from graph.findings import Evidence
from graph.model import NodeRef, NodeType
from graph.store import View

SHOWN = 60  # posts that one piece of evidence names
DAY = 86_400 * SECOND


def ticker_node(view: View, ticker: str) -> tuple[NodeRef, ...]:
    """The coin as a node; nothing where no post names it."""
    node = NodeRef(NodeType.TICKER, ticker)
    return (node,) if view.has(node) else ()


def of_move(view: View, move: Move) -> list[Evidence]:
    """What the market did: volume, price, and, where known, rush orders and buying beforehand. Volume comes first."""
    node, ticker = ticker_node(view, move.ticker), move.ticker
    taken = "bought" if move.sign > 0 else "sold"
    pieces = [
        Evidence(
            f"volume of ${ticker} over its usual value ({move.source})",
            three_digits(move.volume_ratio),
            1.0,
            three_digits(move.p),
            "1",
            node,
        ),
        Evidence(
            f"price of ${ticker} over the usual price of the hour before",
            three_digits(move.phases.extreme),
            1.0,
            None,
            "1",
            node,
        ),
    ]
    if move.phases.before is not None:
        what = f"${ticker} that takers {taken} in the hour before the onset, over the usual hour"
        pieces.append(Evidence(what, three_digits(move.phases.before), 1.0, None, "1", node))
    if move.taker_share is not None:
        what = f"share of the volume at the onset that takers {taken}"
        share = move.taker_share if move.sign > 0 else 1 - move.taker_share
        pieces.append(Evidence(what, three_digits(share), 0.5, None, "1", node))
    if move.rush is not None:
        what = f"rush orders in {CHUNKS[-1]} s at the onset: orders that ate several price levels at once"
        pieces.append(Evidence(what, move.rush, three_digits(move.rush_usual or 0.0), None, "orders", node))
    return pieces


def of_push(case: Case) -> list[Evidence]:
    """What the pushers did together; the burst comes first."""
    view, ticker = case.context.view, case.ticker
    node = ticker_node(view, ticker)
    count, begins = case.named.densest()
    expected, p = case.board.on(ticker).surprise(count, begins)
    inside = case.named.between(begins, begins + SPAN)
    people = accounts(case.board, inside.first)
    pieces = [
        Evidence(
            f"pushers who named ${ticker} within {said(SPAN)}",
            float(count),
            three_digits(expected),
            three_digits(p),
            "accounts",
            (*node, *people, *posts(inside.keys)),
        )
    ]
    told = sorted({key for c in case.calls for key in c.countdowns})
    known = [p for p in view.posts(told[:SHOWN]) if p.created_at is not None]
    if known:
        what = f"posts that announced a call before ${ticker} was named"
        pieces.append(Evidence(what, float(len(told)), 0.0, None, "posts", posts(p.post for p in known)))
    pump = case.pump
    if pump is not None and pump.ring is not None:
        mine = [c for c in pump.ring.core if c in pump.pushers]
        what = f"pushers of a ring that names moving coins together: pairs that met, here among {len(mine)} accounts"
        met = float(pump.ring.ring.edges.occasions.sum())
        pieces.append(
            Evidence(what, met, 0.0, three_digits(pump.ring.ring.p_value), "meetings", accounts(case.board, mine))
        )
    return pieces


def of_member(case: Case, code: int, begins: int, end: int) -> Evidence:
    """The evidence against one pusher: how often it named the coin, against its own and others' past."""
    own = case.named.of({code})
    rate = _rate(case.board, case.board.on(case.ticker), code, begins)
    expected = rate * max(end - begins, SPAN)
    count = occasions(own.at)
    node = NodeRef(NodeType.ACCOUNT, case.board.names[code])
    what = f"own posts that name ${case.ticker}, an hour before to {AFTER // 60 // SECOND} min after"
    return Evidence(
        what,
        float(count),
        three_digits(expected),
        three_digits(float(tail(count, expected))),
        "occasions",
        (node, *posts(own.keys)),
    )


def _rate(board: Board, named: Named, code: int, begins: int) -> float:
    """How often an account names the coin, per µs: its week before, and what an account like any other adds to it."""
    week = named.between(begins - WEEK, begins - 1)
    known = max(min(WEEK, begins - board.since), DAY)
    anybody = (len(week) + 1) / max(len(board.names), 1)
    return (len(week.of({code})) + anybody) / known


def accounts(board: Board, codes: Iterable[int]) -> tuple[NodeRef, ...]:
    """Accounts as nodes."""
    return tuple(NodeRef(NodeType.ACCOUNT, name) for name in sorted(board.names[c] for c in codes))


def posts(keys: Iterable[str]) -> tuple[NodeRef, ...]:
    """Posts as nodes, as many as are shown."""
    return tuple(NodeRef(NodeType.POST, key) for key in sorted(set(keys))[:SHOWN])


def span_of(case: Case) -> tuple[int, int]:
    """Where pushers' posts are counted: around the onset, or around the first and last of them (µs)."""
    if case.pump is not None:
        return case.pump.move.onset - BEFORE, case.pump.move.onset + case.pump.move.resolution + AFTER
    at: Sequence[int] = case.named.at.tolist()
    return at[0] - 1, at[-1] + 1
