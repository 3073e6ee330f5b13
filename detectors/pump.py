"""Coordinated pumps: posts that push a coin, joined with what its market did; each leg alone is said to be one leg.

The market side is :mod:`detectors.trading` (anomalous candles and trades), the social side
:mod:`detectors.announcing` (calls) and :mod:`detectors.coaction` (rings that name coins together), their join
:mod:`detectors.pumping`. Only what was known by the end of the scope is used: posts before it, candles that were
complete, trades, news and listings until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from detectors.announcing.calls import Call, calls_of
from detectors.base import Detector, Findings, Param, Scope, Value
from detectors.coaction import engine
from detectors.coaction.context import Context
from detectors.pumping.clearing import Known
from detectors.pumping.features import FEATURES, Case
from detectors.pumping.join import AFTER, BEFORE, Joiner, Pump, micros
from detectors.pumping.posts import MINUTE, WEEK, Board
from detectors.pumping.telling import Teller
from detectors.scoring.verdicts import taught
from detectors.trading.moves import Move, Rule, Watched, watch
from detectors.trading.phases import LASTS
from graph.findings import Finding
from graph.store import View

LEAST = 3  # accounts of a ring
PAUSE = 30 * MINUTE  # calls on a coin this close are one push


class PumpDetector(Detector):
    """Pushes of coins, with and without their market."""

    name = "pump"
    version = "1"
    kinds = ("coordinated_pump", "pump_call", "market_anomaly")
    features = FEATURES
    about = "Accounts that push a coin together while its market moves; a call or a move alone is said to be one leg."
    params = (
        Param("volume", float, "1", 4.0, 1.0, None, "least volume of a candle over its usual value"),
        Param(
            "move", float, "1", 1.05, 1.001, 10.0, "least price over the usual price of the hour before, or below it"
        ),
        Param("anomalies", float, "a day", 0.5, 0.0, None, "market anomalies that chance may make, over all tickers"),
        Param("window", float, "s", 60.0, 1.0, 3600.0, "posts on one coin this close together count as one occasion"),
        Param("level", float, "1", 0.05, 0.001, 0.5, "chance of finding any ring where nothing is coordinated"),
        Param("draws", int, "datasets", 99, 19, 9999, "datasets drawn by chance that a ring is compared with"),
        Param("least_call", float, "1", 0.0, 0.0, None, "calls with a lower score are not looked at"),
    )

    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:
        """Findings, the highest score first."""
        search = Search(view, params, scope)
        about = {
            "detector": self.name,
            "version": self.version,
            "params": dict(params),
            "data_cut": view.seq,
        }
        found = Findings(sorted(search.findings(about), key=lambda f: (-f.score, f.window.start, f.tickers, f.id)))
        found.notes = search.notes
        return found


class _Inside:
    """A view without what lies outside a scope, for who reads whole tables; market data are read apart."""

    def __init__(self, view: View, scope: Scope) -> None:
        self._view, self._scope = view, scope
        self.data_dir = Path("/nonexistent")

    def scan(self, table: str, *, columns: Sequence[str] | None = None, after: int = 0) -> Iterator[pa.RecordBatch]:
        """Rows within the scope."""
        return self._view.scan(table, columns=columns, after=after, start=self._scope.start, end=self._scope.end)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)


class Search:
    """One search of a view: moves, calls, rings, and which belong together."""

    def __init__(self, view: View, params: Mapping[str, Value], scope: Scope) -> None:
        self.view, self.scope = view, scope
        self.context = Context(view, scope.start, scope.end, scope.allow)
        rule = Rule(float(params["volume"]), float(params["move"]), float(params["anomalies"]))
        self.watched: Watched = watch(view.data_dir, rule, start=scope.start, end=scope.end)
        inside = cast("View", _Inside(view, scope))
        least = float(params["least_call"])
        self.calls = calls_of(inside, start=scope.start, end=scope.end, known=set(self.watched.spans), least=least)
        self.board = Board(view, scope, self.context, self.calls)
        around = [(m.ticker, m.onset - WEEK, m.onset + m.resolution + BEFORE) for m in self.watched.moves]
        options = engine.Options(level=float(params["level"]), draws=int(params["draws"]), least=LEAST)
        rings = self.board.rings(around, float(params["window"]), options)
        joiner = Joiner(self.board, rings, self.context.not_members)
        self.known = Known(self.context, self.watched, scope.end)
        self.pumps = [
            p
            for p in joiner.join(self.watched.moves, self.calls)
            if not self.known.triggered(p.move, p.first)  # news came before the push
        ]
        self.taught = taught(view, PumpDetector.kinds, FEATURES)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the run should say."""
        markets = len(self.watched.spans)
        said = f"{markets} markets watched" if markets else "no candles or trades are loaded: markets unchecked"
        return (said, *self.calls.notes, *self.taught.notes)

    def findings(self, about: Mapping[str, object]) -> list[Finding]:
        """Pumps, calls alone, moves alone."""
        teller = Teller(self.view, self.context, self.known, self.taught.ranking, about)
        found = [teller.pump(self._case(p)) for p in self.pumps]
        used = {id(c) for p in self.pumps for c in p.calls}
        alone = [c for c in self.calls if id(c) not in used and not self._follows(c)]
        for calls in _pushes(alone):
            found += self._alone(teller, calls)
        joined = {id(p.move) for p in self.pumps}
        found += [teller.anomaly(m, self._seen(m)) for m in self.watched.moves if m.sure and id(m) not in joined]
        return found

    def _case(self, pump: Pump) -> Case:
        return Case(self.board, self.context, pump.move.ticker, pump.mine, pump.calls, pump)

    def _alone(self, teller: Teller, calls: tuple[Call, ...]) -> list[Finding]:
        """Calls without a market's move; nothing where a campaign explains all of their posts."""
        named = self.board.on(calls[0].ticker)
        begins, end = min(micros(c.announced) for c in calls), max(micros(c.at) for c in calls)
        mine = named.between(begins, end).of(self.board.coded(a for c in calls for a in c.accounts))
        if not len(mine):
            return []
        state, unmoved = self._market(calls[0].ticker, begins)
        case = Case(self.board, self.context, calls[0].ticker, mine, calls, None, unmoved)
        return [teller.call(case, state)]

    def _market(self, ticker: str, at: int) -> tuple[str, bool | None]:
        """What is known of the market around a call (µs)."""
        near = [m for m in self.watched.moves if m.ticker == ticker and at - LASTS <= m.onset <= at + BEFORE]
        if near:
            minutes = round((at - near[-1].onset) / MINUTE)
            when = f"{minutes} min before" if minutes > 0 else "then, but the push is not tied to it"
            return f"pump call, market checked: it had moved {when}", True
        if self.watched.covered(ticker, at - AFTER, at + AFTER):
            return "pump call, market checked: no move", True
        return "pump call, market unchecked", None

    def _follows(self, call: Call) -> bool:
        """Whether a call is the talk after a pump by the same accounts: part of that."""
        at = micros(call.announced)
        callers = self.board.coded(call.accounts)
        return any(
            p.move.ticker == call.ticker
            and p.first <= at <= p.move.onset + LASTS
            and 2 * len(callers & {*p.pushers, *p.reacted}) >= len(callers)
            for p in self.pumps
        )

    def _seen(self, move: Move) -> int:
        """Accounts that named a coin around a move."""
        return len(self.board.on(move.ticker).between(move.onset - BEFORE, move.onset + move.resolution + AFTER).first)


def _pushes(calls: Sequence[Call]) -> list[tuple[Call, ...]]:
    """Calls on one coin that follow each other within half an hour are one push."""
    groups: list[list[Call]] = []
    for call in sorted(calls, key=lambda c: (c.ticker, c.announced, c.at)):
        last = groups[-1] if groups else []
        if last and last[-1].ticker == call.ticker and micros(call.announced) - micros(last[-1].at) <= PAUSE:
            last.append(call)
        else:
            groups.append([call])
    return [tuple(group) for group in groups]
