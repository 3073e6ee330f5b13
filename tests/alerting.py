"""A detector that flags what it is told to, and alerts made by hand: what the tests of alerting share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from detectors.alerting.alert import Alert, alert_of
from detectors.base import Detector
from detectors.run import RunResult, run
from graph.findings import Finding, Member, Priority, Role
from graph.store import Store
from tests.stores import finding, put
from tests.stores import run as a_run

WATCH = timedelta(days=28)


def ring(*accounts: str, name: str = "ring", **changed: Any) -> Finding:
    """A finding of these members."""
    return finding(
        name, **{"members": tuple(Member(a, 0.5, Role.CORE) for a in accounts), "detector": "said", **changed}
    )


class Said(Detector):
    """Flags what it is told to."""

    name, version, kinds, about, params = "said", "1", ("shilling_cluster", "sybil_ring"), "Says.", ()

    def __init__(self, name: str = "said") -> None:
        self.name = name  # type: ignore[misc]  # several detectors of one class
        self.result: Sequence[Finding] | Exception = ()
        self.runs = 0

    def detect(self, *_: object) -> Sequence[Finding]:
        self.runs += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def watch(store: Store, *names: str, arrives: bool = True, **how: Any) -> list[RunResult]:
    """A run that goes on from the last one, after something has arrived."""
    if arrives:
        put(store, "posts", {"post": f"x:p{store.head()}"})
    return run(store, names or ["said"], {}, watch=WATCH, **how)


def told(result: RunResult) -> list[tuple[str, str]]:
    """Reasons and findings of a run's alerts."""
    return [(a["reason"], a["finding"]) for a in result.run.alerts]


def alert(name: str, priority: Priority = Priority.MEDIUM, score: float = 0.5, **changed: Any) -> Alert:
    """An alert of a finding that is different for every name."""
    found = finding(name, priority=priority, score=score, params={"name": name}, detector="said", **changed)
    return alert_of(found, a_run(follows="run-0"), "new")
