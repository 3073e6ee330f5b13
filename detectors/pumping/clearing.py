"""Innocent explanations of a push and of a move: looked for in what was known by the end of the scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from detectors.coaction.clearing import Cleared
from detectors.coaction.context import Context, discloses
from detectors.pumping.features import Case
from detectors.pumping.join import AHEAD
from detectors.pumping.posts import MINUTE
from detectors.trading.moves import Move, Watched
from detectors.trading.reading import SECOND
from graph.findings import Checked, Explanation

LASTS = timedelta(hours=6)  # news and listings move a market for so long
SLACK = timedelta(seconds=120)  # feeds are late
TOGETHER = 15 * MINUTE  # markets that move within this are moved by one thing
MARKET = 0.2  # share of tickers that move together from which it is the market
NEWS, REACTED, EVERYTHING = (
    "a listing or news before it",
    "accounts merely reacted to the price",
    "the whole market moved",
)
UNTOLD = "none in the loaded events"


@dataclass(frozen=True)
class Known:
    """What is known of the world around moves.

    Parameters
    ----------
    context : Context
        Campaigns, labels and events.
    watched : Watched
        All markets.
    end : datetime or None
        Events after it were not known.
    """

    context: Context
    watched: Watched
    end: datetime | None = None

    @cached_property
    def fed(self) -> bool:
        """Whether a feed of events had given anything by the end."""
        return any(batch.num_rows for batch in self.context.view.scan("events", columns=["ticker"], end=self.end))

    def news(self, ticker: str, since: int, until: int) -> list[datetime] | None:
        """News and listings of a ticker in a span (µs); None where no events are loaded."""
        known = self.context.triggers
        if known is None or not self.fed:
            return None
        low, high = moment(since), moment(until)
        return [at for at in known.get(ticker, ()) if low <= at <= high and (self.end is None or at < self.end)]

    def triggered(self, move: Move, first: int | None = None) -> list[datetime] | None:
        """News and listings that may be behind a move: before the push (where there is one) and at most hours old."""
        until = move.onset + move.resolution if first is None else first
        slack = round(SLACK.total_seconds() * SECOND)
        return self.news(move.ticker, move.onset - round(LASTS.total_seconds() * SECOND), until + slack)

    def market(self, move: Move) -> Cleared:
        """Whether many tickers moved at that time."""
        same = {
            m.ticker
            for m in self.watched.moves
            if m.sign == move.sign and abs(m.onset - move.onset) <= max(TOGETHER, move.resolution)
        }
        of = len(self.watched.spans)
        share = len(same) / max(of, 1)
        present = len(same) >= 3 and share >= MARKET
        if of < 5:
            return _cleared(EVERYTHING, Checked.NOT_CHECKABLE, 0.0, 0.5, f"{of} tickers are watched")
        detail = f"{len(same)} of {of} watched tickers moved within {TOGETHER // MINUTE} min of it, it among them"
        return _cleared(EVERYTHING, Checked.PRESENT if present else Checked.EXCLUDED, float(present), 0.6, detail)

    def listed(self, move: Move, first: int | None = None) -> Cleared:
        """A listing or news as an explanation of a move."""
        found = self.triggered(move, first)
        if found is None:
            return _cleared(NEWS, Checked.NOT_CHECKABLE, 0.0, 0.8, "no events loaded")
        if not found:
            return _cleared(NEWS, Checked.EXCLUDED, 0.0, 0.8, UNTOLD)
        return _cleared(NEWS, Checked.PRESENT, 1.0, 0.8, f"an event at {max(found):%Y-%m-%d %H:%M:%S} UTC")

    def of_move(self, move: Move) -> tuple[Cleared, ...]:
        """Explanations of a move that names no account."""
        return self.listed(move), self.market(move)

    def of_push(self, case: Case) -> tuple[Cleared, ...]:
        """Explanations of a push."""
        pump = case.pump
        if pump is None:
            first = round(case.calls[0].first.timestamp() * SECOND)
            news = self.news(case.ticker, first - round(LASTS.total_seconds() * SECOND), first + AHEAD)
            told = [
                _cleared(NEWS, Checked.NOT_CHECKABLE, 0.0, 0.8, "no events loaded")
                if news is None
                else _state(NEWS, float(len(news) > 0), 0.8, ("an event in the hours before", UNTOLD))
            ]
        else:
            late, count = len(pump.reacted), len(pump.posts.first)
            detail = f"present for {late} that first posted after onset: fringe"
            said = (detail, "none first posted after onset")
            told = [
                self.listed(pump.move, pump.first),
                _state(REACTED, late / count, 0.0, said),
                self.market(pump.move),
            ]
        return (*told, *self._paid(case), self._official(case))

    def _paid(self, case: Case) -> Sequence[Cleared]:
        told = sum(discloses(p.text) for p in case.texts.values())
        of = sum(bool(p.text) for p in case.texts.values())
        campaigns = [c for c in self.context.campaigns if case.ticker in c["tickers"]]
        names = ", ".join(c["campaign_id"] for c in campaigns)
        campaign = _cleared(
            "a declared campaign",
            Checked.EXCLUDED,
            0.0,
            0.6,
            f"what {names} covers is left out; these posts are not" if campaigns else "none loaded for this coin",
        )
        text = "paid promotion that is disclosed"
        if not of:
            return campaign, _cleared(text, Checked.NOT_CHECKABLE, 0.0, 0.6, "no texts to read")
        none = f"none of {of} posts carries a recognised disclosure"
        return campaign, _state(text, told / of, 0.6, (f"{told} of {of} posts say so", none))

    def _official(self, case: Case) -> Cleared:
        text = "official or service accounts"
        if not self.context.labelled:
            return _cleared(text, Checked.NOT_CHECKABLE, 0.0, 0.7, "no labels loaded")
        known = [f"{a} {self.context.not_members[a]}" for a in case.pushers if a in self.context.not_members]
        share = len(known) / max(len(case.pushers), 1)
        return _state(text, share, 0.7, ("; ".join(known), "no pusher is labelled so"))


def _state(text: str, part: float, discount: float, said: tuple[str, str]) -> Cleared:
    """Present for a part, or excluded; ``said`` has the words for either."""
    state = Checked.PRESENT if part > 0 else Checked.EXCLUDED
    return _cleared(text, state, part, discount, said[0] if part > 0 else said[1])


def _cleared(text: str, state: Checked, part: float, discount: float, detail: str) -> Cleared:
    return Cleared(Explanation(text, state, detail), part, discount)


def moment(us: int) -> datetime:
    """A time in µs."""
    return datetime.fromtimestamp(us / SECOND, UTC)
