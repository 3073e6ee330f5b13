"""How many alerts people get in a day, and which.

Detectors raise alerts with their runs, in the same transaction; which of them people are told of is decided after all
detectors of a command have run, so that the gravest of all come first. A day (UTC) has room for ``capacity`` alerts.
Those of high priority always pass, and take room. A part of the room (``sample``) is kept for a lot drawn among those
that fall below: they are told as *sampled*, each with the number that it stands for, so that what the capacity hides
can be estimated (the sum of the weights of those that people confirm). What falls below is kept, counted and listed.

Nothing is lost or done twice by a crash: what was raised and not yet placed is found by the commits since the last
placing, and an alert is *pending* at a sink, in the same transaction that places it, until the sink has taken it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from detectors.alerting.alert import Alert, alert_from_json
from graph.findings import Priority, digest
from graph.store import Store, View

STATE = "alerts"
"""The checkpoint that says up to which commit alerts are placed, and what is pending; of each day there is another."""
TOLD = ("alerted", "sampled")
_PATIENCE = 100  # runs without an alert that are looked at again


@dataclass(frozen=True, slots=True)
class Room:
    """What people can look at in a day.

    Parameters
    ----------
    capacity : int
        Alerts a day.
    sample : float
        Part of the capacity kept for the lot, and part of those below it that is drawn, in [0, 0.5].
    """

    capacity: int = 50
    sample: float = 0.1
    seed: int = 1

    @property
    def lot(self) -> int:
        """Places of the capacity that are kept for the lot."""
        return math.ceil(self.capacity * self.sample) if self.capacity > 1 else 0


def place(alerts: Iterable[Alert], spent: Mapping[str, int], room: Room) -> list[Alert]:
    """The alerts, by rank, each with what becomes of it; whatever order they come in.

    Parameters
    ----------
    spent : mapping
        How many were ``alerted`` and ``sampled`` earlier on the day.
    """
    ranked = sorted(alerts, key=_rank)
    high = [a for a in ranked if a.priority is Priority.HIGH]
    others = [a for a in ranked if a.priority is not Priority.HIGH]
    free = max(0, room.capacity - room.lot - spent.get("alerted", 0) - len(high))
    told, below = high + others[:free], others[free:]
    left = max(0, min(room.lot - spent.get("sampled", 0), room.capacity - sum(spent.values()) - len(told)))
    count = min(left, max(1, round(room.sample * len(below)))) if below else 0
    lot = sorted(below, key=lambda a: digest([room.seed, a.id]))[:count]
    drawn = {a.id for a in lot}
    weight = len(below) / count if count else 1.0
    return [
        *(replace(a, shown="alerted") for a in told),
        *(replace(a, shown="sampled", weight=weight) for a in below if a.id in drawn),
        *(replace(a, shown="below") for a in below if a.id not in drawn),
    ]


def _rank(alert: Alert) -> tuple[int, int, float, str]:
    """Priority, then what may be a decided ring come back, then score."""
    return alert.priority.rank, -len(alert.echoes), -alert.score, alert.id


def route(store: Store, sinks: Sequence[str], room: Room, now: datetime) -> list[Alert]:
    """Place what was raised since the last time, and make it pending at the sinks; the caller is the only one to.

    Returns
    -------
    list of Alert
        Those placed now, by rank; those below and of baselines among them.
    """
    known = store.checkpoints()
    state = _state(known)
    with store.view() as view:
        runs, head = view.runs(after=state["routed"]), view.seq
    raised = {a["id"]: alert_from_json(a) for r in runs for a in r.alerts}
    if not raised and len(runs) < _PATIENCE:
        return []
    name = _day(now.date())
    shown = dict(known.get(name, {}).get("shown", {}))
    spent = Counter(how for how, _ in shown.values() if how in TOLD)
    placed = place((a for a in raised.values() if not a.shown), spent, room)
    shown |= {a.id: [a.shown, a.weight] for a in placed}
    fresh: dict[str, Any] = {a.id: {"tries": 0, "error": ""} for a in placed if a.shown in TOLD}
    waiting = {**state["pending"], **{s: {**fresh, **state["pending"].get(s, {})} for s in sinks}}
    with store.writer() as writer:
        writer.checkpoint(STATE, {"routed": head, "pending": waiting})
        if placed:
            writer.checkpoint(name, {"shown": shown})
    return [*placed, *(a for a in raised.values() if a.shown)]


def listed(store: Store, view: View) -> list[Alert]:
    """Every alert up to the view's commit, newest first, each with what became of it; empty: not yet placed."""
    known = store.checkpoints()
    shown = {k: v for name, state in known.items() if name.startswith(_day("")) for k, v in state["shown"].items()}
    found = {}
    for run in view.runs():
        for raw in run.alerts:
            alert = alert_from_json(raw)
            how, weight = shown.get(alert.id, (alert.shown, 1.0))
            found[alert.id] = replace(alert, shown=how, weight=weight)
    return sorted(found.values(), key=lambda a: (-a.raised_at.timestamp(), *_rank(a)))


def pending(store: Store) -> dict[str, dict[str, dict[str, Any]]]:
    """Alerts that sinks have not taken yet, by sink and id: tries so far, and the last error."""
    found: dict[str, dict[str, dict[str, Any]]] = _state(store.checkpoints())["pending"]
    return {sink: waiting for sink, waiting in found.items() if waiting}


def settle(store: Store, left: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Replace what is pending."""
    state = _state(store.checkpoints())
    with store.writer() as writer:
        writer.checkpoint(STATE, {**state, "pending": {k: dict(v) for k, v in left.items()}})


def _state(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {"routed": 0, "pending": {}, **known.get(STATE, {})}


def _day(day: date | str) -> str:
    return f"{STATE} of {day}"
