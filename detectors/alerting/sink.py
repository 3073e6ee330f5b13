"""What a place that alerts are sent to is, and how such places are found.

A sink is one module in ``detectors/alerting/sinks`` with a concrete subclass of :class:`Sink`; third parties use the
entry point ``lockstep.sinks``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from detectors.alerting import sinks
from detectors.alerting.alert import Alert
from graph.errors import DeliveryError
from graph.plugins import plugins
from lockstep.config import Settings


class AlertRefused(DeliveryError):
    """An alert was refused for good; the next one may pass."""


class Channel(Protocol):
    """An open way to a sink."""

    def send(self, alert: Alert) -> None:
        """Hand the alert over; what was handed over before, by its id, is not repeated, or the receiver can tell.

        Raises
        ------
        DeliveryError
            It was not taken; :class:`AlertRefused` if this one never will be.
        """


class Sink(ABC):
    """A kind of place that alerts are sent to."""

    name: ClassVar[str]

    @abstractmethod
    def open(self, settings: Settings) -> Channel | None:
        """The way to it, None where the settings name none.

        Raises
        ------
        ConfigError
            The settings are wrong, or a key is missing.
        """


def channels(settings: Settings) -> dict[str, Channel]:
    """Every sink that the settings name, by name."""
    found: dict[str, Sink] = plugins(sinks, Sink, "lockstep.sinks")
    opened = {name: sink.open(settings) for name, sink in found.items()}
    return {name: channel for name, channel in opened.items() if channel is not None}
