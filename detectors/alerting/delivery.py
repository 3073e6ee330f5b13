"""Alerts handed to the sinks: what was taken is remembered at once, what was not stays pending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from detectors.alerting.alert import Alert
from detectors.alerting.routing import listed, pending, settle
from detectors.alerting.sink import AlertRefused, Channel
from graph.errors import DeliveryError
from graph.store import Store


@dataclass
class Delivered:
    """What one delivery did, by sink."""

    sent: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    errors: dict[str, DeliveryError] = field(default_factory=dict)  # the last of each

    @property
    def error(self) -> DeliveryError | None:
        """One for all, where something is left."""
        if not self.errors:
            return None
        name, first = next(iter(self.errors.items()))
        left = sum(self.left.values())
        what = f"{left} alert{'' if left == 1 else 's'} not delivered: {first.message}"
        hint = "they are recorded and tried again by the next run, or by: lockstep alerts deliver"
        return DeliveryError(what, f"{name}: {first.where}" if first.where else name, hint)


def deliver(store: Store, channels: Mapping[str, Channel]) -> Delivered:
    """Hand every pending alert to its sinks, the gravest first; the caller is the only one to.

    A sink that cannot be reached is not asked again for the others. A crash after a sink has taken an alert and before
    that is remembered has it sent again, with the same id.
    """
    waiting = pending(store)
    done = Delivered()
    if not any(name in waiting for name in channels):
        return done
    with store.view() as view:
        alerts = {a.id: a for a in reversed(listed(store, view))}
    for name, channel in channels.items():
        if name in waiting:
            _Sending(store, waiting, name, channel, done).run(alerts)
    return done


@dataclass
class _Sending:
    """What is pending at one sink, being sent."""

    store: Store
    waiting: dict[str, dict[str, dict[str, Any]]]
    name: str
    channel: Channel
    done: Delivered

    def run(self, alerts: Mapping[str, Alert]) -> None:
        mine = self.waiting[self.name]
        for alert in sorted(
            (alerts[i] for i in mine if i in alerts), key=lambda a: (a.priority.rank, a.raised_at, a.id)
        ):
            try:
                self._send(alert)
            except DeliveryError as error:
                self.done.errors[self.name] = error
                mine[alert.id] = {"tries": mine[alert.id]["tries"] + 1, "error": str(error)}
                settle(self.store, self.waiting)
                if not isinstance(error, AlertRefused):
                    break
            else:
                del mine[alert.id]
                self.done.sent[self.name] = self.done.sent.get(self.name, 0) + 1
                settle(self.store, self.waiting)
        if mine:
            self.done.left[self.name] = len(mine)

    def _send(self, alert: Alert) -> None:
        try:
            self.channel.send(alert)
        except DeliveryError:
            raise
        except Exception as error:  # a sink of somebody else's may fail in any way, and the other sinks go on
            what = f"the sink failed: {type(error).__name__}: {error}"
            raise DeliveryError(what, self.name, "lockstep alerts deliver") from error
