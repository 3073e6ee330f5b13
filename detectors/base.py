"""What a detector is, how detectors are found, and how they are run.

A detector is one module in ``detectors`` with a concrete subclass of :class:`Detector`; third parties use the entry
point ``lockstep.detectors``. It declares its parameters once; the configuration check, the command line's help, the
docs and the dashboard's form are made from that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import detectors
from detectors.coaction.allowlist import Allowed
from graph.errors import ConfigError, unknown
from graph.findings import Finding
from graph.plugins import plugins
from graph.store import View

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a detector."""

    name: str
    type: type[Value]
    unit: str  # "s", "posts", "accounts", "1" for a ratio …
    default: Value
    low: float | None
    high: float | None
    about: str
    choices: tuple[str, ...] = ()
    several: bool = False  # a text that lists choices, separated by commas

    def check(self, value: Any, where: str) -> Value:
        """The value, converted from an integer where a float is meant.

        Raises
        ------
        ConfigError
            Wrong type, out of range, or not one of the choices.
        """
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not self.type:
            raise ConfigError(
                f"{self.name} is {value!r}, not of type {self.type.__name__}", where=where, hint=self.about
            )
        if self.choices:
            self._chosen(value, where)
        if isinstance(value, int | float) and not (
            (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        ):
            raise ConfigError(
                f"{self.name} is {value!r}, outside {self.low} … {self.high} {self.unit}", where=where, hint=self.about
            )
        return value

    def _chosen(self, value: Any, where: str) -> None:
        names = listed(value) if self.several else [value]
        if not names or any(name not in self.choices for name in names):
            hint = f"{'one or more' if self.several else 'one'} of {', '.join(self.choices)}"
            raise ConfigError(f"{self.name} is {value!r}", where=where, hint=hint)


def listed(text: str) -> list[str]:
    """The names in a text that lists them, separated by commas, each once."""
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


@dataclass(frozen=True, slots=True)
class Scope:
    """The time window a run looks at (``start <= t < end``; None: unbounded), and what its operator has allowed."""

    start: datetime | None = None
    end: datetime | None = None
    allow: tuple[Allowed, ...] = ()


class Findings(list[Finding]):
    """Findings, and what the run should say beside them."""

    notes: tuple[str, ...] = ()


class Detector(ABC):
    """One detector: a name, the kinds of finding it declares, its parameters, and ``detect``."""

    name: ClassVar[str]
    version: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    about: ClassVar[str]  # one sentence
    params: ClassVar[tuple[Param, ...]]

    @abstractmethod
    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:
        """Findings on the view, in a stable order.

        ``params`` holds a checked value for every declared parameter. The same view and parameters give the same
        findings, whatever the order in which rows were loaded; nothing is written. :class:`Findings` may carry notes
        for the run.
        """


def discover() -> dict[str, Detector]:
    """Every detector by name: this package's modules, then entry points ``lockstep.detectors``."""
    found: dict[str, Detector] = plugins(detectors, Detector, "lockstep.detectors")
    return found


def resolve(detector: Detector, given: Mapping[str, Any], where: str) -> dict[str, Value]:
    """Checked values for all declared parameters: those given, else the defaults.

    Raises
    ------
    ConfigError
        An unknown name (the nearest known one is named) or a value out of its range.
    """
    declared = {p.name: p for p in detector.params}
    for name in given:
        if name not in declared:
            raise unknown(name, declared, where)
    return {p.name: p.check(given.get(p.name, p.default), where) for p in detector.params}
