"""What a detector is, how detectors are found, and how they are run.

A detector is one module in ``detectors`` with a concrete subclass of :class:`Detector`; third parties use the entry
point ``lockstep.detectors``. It declares its parameters once; the configuration check, the command line's help, the
docs and the dashboard's form are made from that.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import detectors
from graph.errors import ConfigError
from graph.findings import Finding
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
    """The time window a run looks at (``start <= t < end``); None: unbounded."""

    start: datetime | None = None
    end: datetime | None = None


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
        findings, whatever the order in which rows were loaded; nothing is written.
        """


def discover() -> dict[str, Detector]:
    """Every detector by name: this package's modules, then entry points ``lockstep.detectors``.

    Raises
    ------
    ConfigError
        A third party's detector cannot be loaded, or has the name of another.
    """
    classes: list[type[Detector]] = []
    for info in pkgutil.iter_modules(detectors.__path__, "detectors."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        classes += [
            c
            for c in vars(module).values()
            if inspect.isclass(c)
            and issubclass(c, Detector)
            and not inspect.isabstract(c)
            and c.__module__ == info.name
        ]
    found: dict[str, Detector] = {}
    for made in sorted([*(c() for c in classes), *_plugged()], key=lambda d: d.name):
        if made.name in found:
            raise ConfigError(f"two detectors are named {made.name!r}", type(made).__module__, "uninstall one of them")
        found[made.name] = made
    return found


def _plugged() -> Iterator[Detector]:
    """Third parties' detectors."""
    for point in importlib.metadata.entry_points(group="lockstep.detectors"):
        try:
            yield point.load()()
        except Exception as error:  # what goes wrong in a stranger's module may be anything
            what = f"the detector {point.name!r} cannot be loaded: {type(error).__name__}: {error}"
            raise ConfigError(what, point.value, "mend or uninstall the package that brings it") from error


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


def unknown(name: str, known: Mapping[str, object] | Sequence[str], where: str) -> ConfigError:
    """The error for a name that does not exist, with the nearest one that does."""
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return ConfigError(f"unknown name {name!r}", where=where, hint=hint)
