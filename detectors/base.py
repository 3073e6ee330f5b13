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
from types import MappingProxyType
from typing import Any, ClassVar

import pyarrow as pa

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


SCORES = pa.schema(
    [
        pa.field("account", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),  # in [0, 1]
        pa.field("finding", pa.string()),  # id of the finding it is from; null: none names the account
    ]
)
"""What :meth:`Detector.scores` gives."""


class Findings(list[Finding]):
    """Findings, and what the run should say beside them."""

    notes: tuple[str, ...] = ()
    stages: Mapping[str, float] = MappingProxyType({})  # seconds by stage, where the detector measures them


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

    def scores(self, view: View, params: Mapping[str, Value], scope: Scope) -> pa.Table:
        """How strongly the detector's signals are present with each account of the view; a zero is no clean bill.

        By default the highest score that a member has in any finding, 0 where it is in none. A detector that can say
        something of every account does so.

        Returns
        -------
        pyarrow.Table
            :data:`SCORES`: one row an account, in the order of their keys.
        """
        found = sorted(self.detect(view, params, scope), key=lambda f: f.id)
        best: dict[str, tuple[float, str]] = {}
        for finding in found:
            for member in finding.members:
                if member.account not in best or member.score > best[member.account][0]:
                    best[member.account] = (member.score, finding.id)
        return score_table(view, best)


def score_table(view: View, best: Mapping[str, tuple[float, str | None]]) -> pa.Table:
    """A score and what it is from for each account of the view; 0 and null for those not named."""
    known: set[str] = set()
    for table in ("accounts", "posts"):
        for batch in view.scan(table, columns=["account"]):
            known.update(batch.column(0).to_pylist())
    names = sorted(known | best.keys())
    rows = [best.get(name, (0.0, None)) for name in names]
    return pa.table([names, [r[0] for r in rows], [r[1] for r in rows]], schema=SCORES)


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
