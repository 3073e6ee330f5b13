"""Alerts placed and sent: what ``detect --since last`` and ``alerts`` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detectors.alerting.alert import Alert
    from detectors.alerting.delivery import Delivered
    from detectors.alerting.routing import Room
    from detectors.alerting.sink import Channel
    from graph.findings import Priority
    from graph.store import Store
    from lockstep.config import Settings

SHOWN = 20
"""Alerts that a run prints; the list has all."""


@dataclass
class Telling:
    """How much people are told, and by which ways; afterwards, what they were told."""

    watch: timedelta  # how long decided rings are watched
    room: Room
    channels: Mapping[str, Channel]
    placed: list[Alert] = field(default_factory=list)
    delivered: Delivered | None = None

    @classmethod
    def of(cls, settings: Settings) -> Telling:
        """As the settings say.

        Raises
        ------
        ConfigError
            A sink's settings are wrong, or a key is missing: before anything runs.
        """
        from detectors.alerting.routing import Room
        from detectors.alerting.sink import channels

        room = Room(
            int(settings.number("alerts.capacity")),
            settings.number("alerts.sample"),
            int(settings.number("alerts.seed")),
        )
        return cls(settings.span("alerts.watch"), room, channels(settings))

    def tell(self, store: Store) -> None:
        """Place what was raised, and send what is pending; the caller holds the lock."""
        from detectors.alerting.delivery import deliver
        from detectors.alerting.routing import route

        self.placed = route(store, list(self.channels), self.room, datetime.now(UTC))
        self.delivered = deliver(store, self.channels)

    @property
    def told(self) -> list[Alert]:
        """Alerts that people are told of now."""
        from detectors.alerting.routing import TOLD

        return [a for a in self.placed if a.shown in TOLD]

    def reaches(self, least: Priority) -> bool:
        """Whether one of them has this priority or more."""
        return any(a.priority.rank <= least.rank for a in self.told)

    def lines(self) -> Iterator[str]:
        """What was told, for people."""
        counts = Counter(a.shown for a in self.placed)
        yield (
            f"alerts: {counts['alerted']} told, {counts['sampled']} drawn by lot from those below,"
            f" {counts['below']} left below the capacity of {self.room.capacity} a day"
            + (f"; {counts['baseline']} of new baselines told to nobody" if counts["baseline"] else "")
        )
        for alert in self.told[:SHOWN]:
            yield from briefly(alert)
        if len(self.told) > SHOWN:
            yield f"… {len(self.told) - SHOWN} more (lockstep alerts list)"
        for name, count in (self.delivered.sent if self.delivered else {}).items():
            yield f"{name}: {count} sent"

    def plain(self) -> dict[str, Any]:
        """What was told, for machines."""
        done = self.delivered
        return {
            "alerts": [a.plain() for a in self.placed],
            "sent": done.sent if done else {},
            "left": done.left if done else {},
            "errors": {name: str(error) for name, error in done.errors.items()} if done else {},
        }


def briefly(alert: Alert) -> Iterator[str]:
    """An alert in a line or two: what it is, what is new, and what it may be."""
    shown = alert.shown or "not placed"
    yield f"  {alert.id[:10]}  {alert.priority:<6}  {alert.score:.2f}  {alert.reason:<8}  {shown:<8}  {alert.kind}"
    yield f"              {alert.summary}"
    for said in sentences(alert):
        yield f"              {said}"


def sentences(alert: Alert) -> Sequence[str]:
    """What is new in it, and what it may be."""
    return [
        *([f"decided: {alert.decided}"] if alert.decided else []),
        *([alert.change.sentence()] if alert.change else []),
        *(echo.sentence() for echo in alert.echoes),
    ]
