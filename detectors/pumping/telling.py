"""Findings of pumps: who is named in which part, the sentence, and what is not known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from detectors.coaction.clearing import Cleared, factor
from detectors.coaction.context import Context
from detectors.pumping import evidence
from detectors.pumping.clearing import Known, moment
from detectors.pumping.features import FEATURES, Case, certainty
from detectors.pumping.join import AHEAD
from detectors.pumping.posts import MINUTE
from detectors.scoring.features import measured
from detectors.scoring.ranking import Judgement, Ranking, Weighted
from detectors.trading.moves import Move
from detectors.trading.reading import SECOND
from graph.findings import Evidence, Finding, Layer, Member, Priority, Role, Window
from graph.store import View

FRINGE = 50  # accounts that reacted which a finding names
OWN = 0.05  # chance of a member's own evidence, at most, to be more than fringe
PRIORITIES = ((0.6, Priority.HIGH), (0.4, Priority.MEDIUM), (0.2, Priority.LOW), (0.0, Priority.NOTE))
WEIGHT = {Role.CORE: 1.0, Role.AMPLIFIER: 0.7, Role.COMPROMISED: 0.3, Role.FRINGE: 0.1}
CALL = 0.5  # a call alone is worth at most so much: the market's half is missing
MARKET = 0.3  # a market alone names nobody
WEIGHS, WHOLE = 0.5, 0.9  # as for rings: from which an explanation can account for it, and for all of it


@dataclass(frozen=True)
class Teller:
    """Makes findings.

    Parameters
    ----------
    about : mapping
        Detector, version, params and data cut, as findings have them.
    ranking : Ranking
        Judges pushes.
    """

    view: View
    context: Context
    known: Known
    ranking: Ranking
    about: Mapping[str, Any]

    def pump(self, case: Case) -> Finding:
        """Both legs."""
        pump = case.pump
        if pump is None:
            raise ValueError("a pump has a market's move")
        cleared = self.known.of_push(case)
        judgement = self._judged(case, cleared)
        market, social = evidence.of_move(self.view, pump.move), evidence.of_push(case)
        members, own = self._members(case, judgement.score)
        limits = [*_limits(pump.move), *_cut(len(pump.reacted), self.benefit(case))]
        if pump.bystanders:
            limits.append(f"{pump.bystanders} accounts named it before the onset and are tied to no pusher: not named")
        return self._finding(
            "coordinated_pump",
            case.ticker,
            (pump.first, max(int(case.named.at[-1]), pump.move.phases.peak)),
            judgement,
            cleared,
            members=members,
            summary=pumped(case, self.benefit(case)),
            evidence=(*social, *market, *own),
            rests_on=(social[0].ref, market[0].ref),
            limits=tuple(limits),
            layers=(Layer("calls", float(len(case.calls))), Layer("co_ticker", float(pump.ring is not None))),
        )

    def call(self, case: Case, state: str) -> Finding:
        """The social leg alone; ``state`` says what is known of the market."""
        cleared = self.known.of_push(case)
        judgement = self._judged(case, cleared)
        if isinstance(self.ranking, Weighted):  # in the order of the calls' own scores
            score = round(CALL * max(map(certainty, case.calls)) * factor(cleared), 6)
            judgement = replace(judgement, score=score)
        social = evidence.of_push(case)
        members, own = self._members(case, judgement.score)
        first, last = (f(c.first.timestamp() for c in case.calls) for f in (min, max))
        end = max(int(case.named.at[-1]), round(last * SECOND))
        return self._finding(
            "pump_call",
            case.ticker,
            (round(first * SECOND), end),
            judgement,
            cleared,
            members=members,
            summary=called(case, state),
            evidence=(*social, *own),
            rests_on=(social[0].ref,),
            limits=(f"one leg alone: {state}",),
            layers=(Layer("calls", float(len(case.calls))),),
        )

    def anomaly(self, move: Move, seen: int) -> Finding:
        """The market's leg alone: it names no account. ``seen`` accounts had posted around the onset."""
        cleared = self.known.of_move(move)
        market = evidence.of_move(self.view, move)
        surprise = min(-_log10(move.p) / 10, 1.0)
        judgement = Judgement(round(MARKET * surprise * factor(cleared), 6), "uncalibrated rank", (), surprise)
        found = self._finding(
            "market_anomaly",
            move.ticker,
            (move.onset, move.phases.peak),
            judgement,
            cleared,
            members=(),
            summary=moved(move, seen),
            evidence=tuple(market),
            rests_on=(market[0].ref,),
            limits=("one leg alone: no push by accounts that act together was found around it", *_limits(move)),
        )
        return replace(found, priority=Priority.NOTE)

    def _judged(self, case: Case, cleared: Sequence[Cleared]) -> Judgement:
        judgement = self.ranking.judge(measured(case, FEATURES))
        if isinstance(self.ranking, Weighted):
            judgement = replace(judgement, score=round(judgement.score * factor(cleared), 6))
        return judgement

    def _finding(
        self,
        kind: str,
        ticker: str,
        span: tuple[int, int],
        judgement: Judgement,
        cleared: Sequence[Cleared],
        **said: Any,
    ) -> Finding:
        return Finding(
            kind=kind,
            window=Window(*map(moment, span)),
            score=judgement.score,
            priority=_priority(judgement.score, cleared),
            would_clear=tuple(c.explanation for c in cleared),
            tickers=(ticker,),
            score_means=judgement.means,
            reasons=judgement.reasons,
            **self.about,
            **said,
        )

    def _members(self, case: Case, score: float) -> tuple[tuple[Member, ...], list[Evidence]]:
        """Pushers with evidence of their own, then those that reacted."""
        begins, end = evidence.span_of(case)
        own = {c: evidence.of_member(case, c, begins, end) for c in case.named.first}
        members = []
        for code, at in case.named.first.items():
            name, mine = case.board.names[code], own[code]
            role = self._role(case, name, at, mine)
            members.append(Member(name, round(score * WEIGHT[role], 6), role, (mine.ref,)))
        reacted = case.pump.reacted[:FRINGE] if case.pump else ()
        small = round(score * WEIGHT[Role.FRINGE], 6)
        members += [Member(case.board.names[c], small, Role.FRINGE) for c in reacted]
        return tuple(sorted(members, key=lambda m: (-m.score, m.account))), [own[c] for c in own]

    def _role(self, case: Case, name: str, at: int, mine: Evidence) -> Role:
        if name in self.context.hijacked:
            return Role.COMPROMISED
        if name in self.context.not_members or (mine.p_value or 0.0) > OWN:
            return Role.FRINGE
        late = case.pump is not None and at > case.pump.move.onset + max(AHEAD, case.pump.move.resolution)
        return Role.AMPLIFIER if late else Role.CORE

    def benefit(self, case: Case) -> str:
        """Whether pushers passed the coin on after the onset, where transfers of it are loaded."""
        move = case.pump.move if case.pump else None
        transfers = self.context.transfers_of({case.ticker.upper()})
        if move is None or not transfers:
            return "member trades are not loaded, so benefit is unknown"
        owners = {w: a for a in case.pushers for w in (a, *self.context.wallets.get(a, ()))}
        gave = {owners[t.source] for t in transfers if t.source in owners and 0 <= t.at - move.onset <= 360 * MINUTE}
        held = {owners[t.target] for t in transfers if t.target in owners and t.at <= move.onset}
        if not gave and not held:
            return "the transfers loaded are of no pusher, so benefit is unknown"
        return f"{len(gave & held)} pushers had been sent ${case.ticker} before and sent some on within 6 hours"


def pumped(case: Case, benefit: str) -> str:
    """A pump in one sentence."""
    pump = case.pump
    if pump is None:
        raise ValueError("a pump has a market's move")
    count, begins = case.named.densest()
    expected, _ = case.board.on(case.ticker).surprise(count, begins)
    text = (
        f"{len(case.pushers)} accounts posted ${case.ticker} between {clock(case.named.at[0])} and "
        f"{clock(case.named.at[-1])} UTC on {day(case.named.at[0])}, {count} of them within 5 minutes "
        f"(expected {expected:.2g})"
    )
    told = _countdown(case)
    text += f", {told} after a countdown from {clock(pump.first)}" if told else ""
    lead = abs(pump.lead) / SECOND
    if pump.move.fine and lead >= 1:
        text += f", {_long(lead)} {'ahead of' if pump.lead > 0 else 'after'} the market's onset"
    return f"{text}; {went(pump.move)}; {benefit}."


def called(case: Case, state: str) -> str:
    """A call in one sentence."""
    best = max(case.calls, key=lambda c: (certainty(c), -c.announced.timestamp()))
    begins, told = min(c.first for c in case.calls), _countdown(case)
    at = min(c.announced for c in case.calls)
    cues = f" ({', '.join(best.cues)})" if best.cues else ""
    text = (
        f"{len(case.pushers)} accounts called ${case.ticker} at {at:%H:%M:%S} UTC on {_day(at)}"
        f"{f', {told} after a countdown from {begins:%H:%M:%S}' if told else ''}{cues}"
    )
    return f"{text}, named by {best.before:,} posts in the week before: {state}."


def moved(move: Move, seen: int) -> str:
    """A market's move in one sentence."""
    what = went(move)
    return (
        f"{what[0].upper()}{what[1:]} on {day(move.onset)} (p {move.p:.2g} for one candle by the market's own past); "
        f"{seen or 'no'} account{'' if seen == 1 else 's'} named it around then, and nobody is named here."
    )


def went(move: Move) -> str:
    """The move as a part of a sentence."""
    way = "rose" if move.sign > 0 else "fell"
    change = abs(move.phases.extreme - 1)
    text = (
        f"the price of ${move.ticker} {way} {change:.0%} from {clock(move.onset)} to {clock(move.phases.peak)} UTC "
        f"on {move.volume_ratio:.0f}x usual volume"
    )
    if move.phases.ended is not None:
        text += f" and had given back half of it by {clock(move.phases.ended)}"
    return text


def _countdown(case: Case) -> int:
    """Pushers who posted an announcement, or called after one."""
    told = {key for c in case.calls for key in c.countdowns}
    names = set(case.pushers)
    return len({p.account for p in case.context.view.posts(sorted(told)[: evidence.SHOWN])} & names)


def _limits(move: Move) -> Iterable[str]:
    yield f"the market was read from {move.source}; other venues may differ"
    if not move.fine:
        yield f"the onset is known to {move.resolution // MINUTE} min only: order of posts and move within it is not"
    if move.rush is None:
        yield "candles only: rush orders are not known"
    yield "order in time is no proof of cause"


def _cut(reacted: int, benefit: str) -> Iterable[str]:
    if reacted > FRINGE:
        yield f"{FRINGE} of {reacted} accounts that reacted are listed"
    yield benefit


def _priority(score: float, cleared: Sequence[Cleared]) -> Priority:
    """By score; what one innocent explanation that weighs accounts for as a whole is a note."""
    if any(c.part >= WHOLE and c.discount >= WEIGHS for c in cleared):
        return Priority.NOTE
    return next(p for floor, p in PRIORITIES if score >= floor)


def _log10(p: float) -> float:
    return math.log10(max(p, 1e-300))


def clock(us: int) -> str:
    """A time of day."""
    return f"{moment(int(us)):%H:%M:%S}"


def day(us: int) -> str:
    """A date as people write it."""
    return _day(moment(int(us)))


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
