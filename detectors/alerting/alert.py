"""An alert: a finding that somebody should look at, as it is sent, listed and copied into a casebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from detectors.alerting.changes import Change
from graph.findings import Finding, Priority, Run, Window, digest

REASONS = ("new", "grown", "returned")
NOTE = "flagged, not proven"


@dataclass(frozen=True, slots=True)
class Echo:
    """A decided ring that this one may be, come back; several measures, none of which decides anything.

    Parameters
    ----------
    finding : str
        The decided ring's newest finding before the decision.
    outcome : str
        The decision in its source's words.
    decided_at : datetime
        When it was made.
    measures : tuple of Measure
        What the two have in common.
    """

    finding: str
    lineage: str
    outcome: str
    decided_at: datetime
    measures: tuple[Measure, ...]

    def sentence(self) -> str:
        """In words, for people."""
        found = "; ".join(m.sentence() for m in self.measures if m.matches)
        return (
            f"may have returned: like {self.finding[:10]}, {self.outcome!r} on {self.decided_at:%Y-%m-%d} ({found});"
            " likeness alone is no ground for action"
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that two rings have in common.

    Parameters
    ----------
    name : str
        templates · links · identifiers · timing · accounts
    value, expected : float
        How much of it they share; and how many others have it, or how much others of that time share with the decided
        ring (0 where there is nobody to compare with).
    unit : str
    matches : bool
        Whether it speaks for a return.
    shared : tuple of str
        What it is, up to five.
    """

    name: str
    value: float
    expected: float
    unit: str
    matches: bool
    shared: tuple[str, ...] = ()

    def sentence(self) -> str:
        """In words, for people."""
        return f"{self.name}: {self.value:.3g} {self.unit}; of others {self.expected:.2g}"


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told of a finding.

    Parameters
    ----------
    id : str
        The idempotency key: the same finding, for the same reason after the same run, has the same one.
    reason : str
        One of :data:`REASONS`.
    change : Change or None
        What a grown ring, or one that returned, has that it had not.
    echoes : tuple of Echo
        Decided rings that it may be, come back.
    decided : str
        The last verdict on this very ring, in its source's words with its date; empty where there is none.
    shown : str
        Empty until it is routed; then ``alerted``, ``sampled``, ``below`` (the day's capacity) or ``baseline``.
    weight : float
        Of a sampled one: how many alerts below the capacity it stands for.
    """

    id: str
    reason: str
    finding: str
    lineage: str
    detector: str
    version: str
    kind: str
    priority: Priority
    score: float
    score_means: str
    summary: str
    accounts: tuple[str, ...]
    tickers: tuple[str, ...]
    links: tuple[str, ...]
    window: Window
    run: str
    data_cut: int
    raised_at: datetime
    change: Change | None = None
    echoes: tuple[Echo, ...] = ()
    decided: str = ""
    shown: str = ""
    weight: float = 1.0
    note: str = NOTE

    def to_json(self) -> str:
        """One line of JSON that :func:`alert_from_json` reads back equal."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS).decode()

    def plain(self) -> dict[str, Any]:
        """The same as plain values."""
        found: dict[str, Any] = orjson.loads(self.to_json())
        return found


def alert_of(
    finding: Finding,
    run: Run,
    reason: str,
    *,
    change: Change | None = None,
    echoes: tuple[Echo, ...] = (),
    decided: str = "",
) -> Alert:
    """The alert of a finding in a run."""
    return Alert(
        id=digest(["alert", finding.id, reason, run.follows])[:20],
        reason=reason,
        finding=finding.id,
        lineage=finding.lineage_id,
        detector=finding.detector,
        version=finding.version,
        kind=finding.kind,
        priority=finding.priority,
        score=finding.score,
        score_means=finding.score_means,
        summary=finding.summary,
        accounts=finding.accounts,
        tickers=finding.tickers,
        links=finding.links,
        window=finding.window,
        run=run.id,
        data_cut=run.data_cut,
        raised_at=run.started_at,
        change=change,
        echoes=echoes,
        decided=decided,
        shown="baseline" if run.watch == "baseline" else "",
    )


def alert_from_json(text: str | bytes | Mapping[str, Any]) -> Alert:
    """Read an alert written by :meth:`Alert.to_json`, or its plain values."""
    raw = dict(text) if isinstance(text, Mapping) else orjson.loads(text)
    raw |= {name: tuple(raw[name]) for name in ("accounts", "tickers", "links")}
    raw["priority"] = Priority(raw["priority"])
    raw["window"] = Window(*(datetime.fromisoformat(raw["window"][k]) for k in ("start", "end")))
    raw["raised_at"] = datetime.fromisoformat(raw["raised_at"])
    raw["change"] = None if raw["change"] is None else _change(raw["change"])
    raw["echoes"] = tuple(_echo(e) for e in raw["echoes"])
    return Alert(**raw)


def _change(raw: Mapping[str, Any]) -> Change:
    lists = {name: tuple(raw[name]) for name in ("joined", "left", "tickers", "links", "posts")}
    return Change(**{**raw, **lists, "priority": None if raw["priority"] is None else Priority(raw["priority"])})


def _echo(raw: Mapping[str, Any]) -> Echo:
    measures = tuple(Measure(**{**m, "shared": tuple(m["shared"])}) for m in raw["measures"])
    return Echo(**{**raw, "measures": measures, "decided_at": datetime.fromisoformat(raw["decided_at"])})
