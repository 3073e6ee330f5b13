"""Run detectors over one pinned view and record what they flag; one that fails does not stop the others."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from detectors.base import Detector, Findings, Scope, Value, discover, resolve
from graph.errors import ConfigError, DetectorError, unknown
from graph.findings import Finding, Priority, Run, Status, digest, finding_id
from graph.store import Store, View

MOVED = 0.05  # change of a score from which a finding is recorded anew
SAME_RING = 0.5  # Jaccard similarity of members from which a ring is the one seen before


@dataclass(frozen=True, slots=True)
class RunResult:
    """A recorded run and its findings, those that the store already had among them."""

    run: Run
    findings: tuple[Finding, ...]


def run(
    store: Store,
    names: Sequence[str],
    given: Mapping[str, Mapping[str, Any]],
    scope: Scope | None = None,
    *,
    shadow: Sequence[str] = (),
) -> list[RunResult]:
    """Run detectors and record each run, also one that found nothing or failed.

    Parameters
    ----------
    names : sequence of str
        Detectors, run in this order, each once.
    given : mapping of mappings
        Parameters by detector; the others have their defaults.
    scope : Scope, optional
        Time window to look at; everything by default.
    shadow : sequence of str
        Detectors whose findings are recorded but alert nobody; they are run as well.

    Raises
    ------
    ConfigError
        An unknown detector or parameter, or a value out of range: before anything runs.
    """
    known = discover()
    chosen = {name: _known(known, name) for name in (*names, *shadow)}
    params = {name: resolve(detector, given.get(name, {}), name) for name, detector in chosen.items()}
    with store.view() as view:
        return [
            _one(store, view, Job(detector, params[name], scope or Scope(), shadow=name in shadow))
            for name, detector in chosen.items()
        ]


def _known(known: Mapping[str, Detector], name: str) -> Detector:
    if name not in known:
        raise unknown(name, known, "detectors")
    return known[name]


@dataclass(frozen=True, slots=True)
class Job:
    """One detector, as it is to be run."""

    detector: Detector
    params: Mapping[str, Value]
    scope: Scope
    shadow: bool


def _one(store: Store, view: View, job: Job) -> RunResult:
    detector, params, scope = job.detector, job.params, job.scope
    status = Status.SHADOW if job.shadow else Status.LIVE
    started, clock = datetime.now(UTC), time.perf_counter()
    about = [detector.name, detector.version, dict(params), view.seq, scope.start, scope.end, started, status]
    run_id = digest([str(x) if isinstance(x, datetime) else x for x in about])[:20]
    found, error = _detect(detector, view, params, scope)
    notes = found.notes if isinstance(found, Findings) else ()
    # the status is part of what the id is made of
    said = [dataclasses.replace(f, run_id=run_id, status=status, id="", lineage_id="") for f in found]
    findings = lineage(said, view)
    counts = {"accounts": view.count("accounts"), "posts": view.count("posts")}
    counts |= {str(p): sum(f.priority is p for f in findings) for p in Priority}
    record = Run(
        id=run_id,
        detector=detector.name,
        version=detector.version,
        params=dict(params),
        data_cut=view.seq,
        started_at=started,
        seconds=round(time.perf_counter() - clock, 3),
        findings=len(findings),
        summary="; ".join([_sentence(findings, _amount(view), error), *notes]),
        error=error,
        counts=counts,
    )
    with store.writer() as writer:
        writer.add_run(record, findings)
    return RunResult(record, tuple(findings))


def _detect(
    detector: Detector, view: View, params: Mapping[str, Value], scope: Scope
) -> tuple[Sequence[Finding], str | None]:
    """What the detector finds; or nothing, and what went wrong."""
    try:
        found = detector.detect(view, params, scope)
    except ConfigError:
        raise  # the user's to mend, whatever the other detectors do
    except DetectorError as error:
        return [], str(error)
    except Exception as error:  # noqa: BLE001 - a detector's fault of any kind is recorded, and the others run
        return [], f"{type(error).__name__}: {error}"
    stray = {f.kind for f in found} - set(detector.kinds)
    return ([], f"findings of kinds it does not declare: {', '.join(sorted(stray))}") if stray else (found, None)


def _amount(view: View) -> str:
    """What there was to read: posts, and interactions where there are any."""
    counts = {"post": view.count("posts"), "interaction": view.count("interactions")}
    return " and ".join(f"{n:,} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n) or "0 posts"


def _sentence(findings: Sequence[Finding], among: str, error: str | None) -> str:
    if error:
        return f"failed: {error}"
    if not findings:
        return f"nothing flagged among {among}"
    by_priority = [f"{n} {p}" for p in Priority if (n := sum(f.priority is p for f in findings))]
    found = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    return f"{found} among {among}: {', '.join(by_priority)}"


def lineage(findings: Sequence[Finding], view: View) -> list[Finding]:
    """The findings, each as the continuation of the earlier one that it is the same ring as.

    Same ring: found by the same detector, of the same kind and status, at least half of all members in common. Each
    earlier finding is continued once, by the one most like it; one that says the same is kept as it was recorded, and
    one whose score, priority or innocent explanations have changed is recorded anew. One
    that was superseded meanwhile and now returns is recorded anew, under an id of its own.
    """
    earlier = {finding_id(f): f for name in {f.detector for f in findings} for f in view.findings(detector=name)}
    result = {f.id: earlier.pop(f.id) for f in findings if f.id in earlier and _as_before(f, earlier[f.id])}
    fresh = {f.id: _anew(f, view) for f in findings if f.id not in result}
    left = {f.id: f for f in earlier.values()}
    pairs = sorted(
        (-_overlap(new, old), new_id, old.id)
        for new_id, new in fresh.items()
        for old in left.values()
        if (new.kind, new.status) == (old.kind, old.status) and _overlap(new, old) >= SAME_RING
    )
    for _, new_id, old_id in pairs:
        if new_id not in result and old_id in left:
            old = left.pop(old_id)
            result[new_id] = dataclasses.replace(fresh[new_id], lineage_id=old.lineage_id, supersedes=old.id)
    return [result.get(f.id) or fresh[f.id] for f in findings]


def _anew(finding: Finding, view: View) -> Finding:
    """The finding, under another id where the store has it already: as superseded, since it is not listed."""
    known = view.finding(finding.id)
    if known is None or known.id != finding.id:
        return finding
    return dataclasses.replace(finding, id=digest([finding.id, view.seq])[:20], lineage_id=known.lineage_id)


def _as_before(new: Finding, old: Finding) -> bool:
    """Whether what is thought of a ring is still the same: labels, campaigns and verdicts may have come in since."""
    said = [[(e.text, e.state) for e in f.would_clear] for f in (new, old)]
    return said[0] == said[1] and new.priority is old.priority and abs(new.score - old.score) < MOVED


def _overlap(one: Finding, other: Finding) -> float:
    """Jaccard similarity of two findings' members; of findings without, 1 for one ticker at overlapping times."""
    a, b = set(one.accounts), set(other.accounts)
    if not a | b:
        same = one.tickers == other.tickers
        return float(same and one.window.start <= other.window.end and other.window.start <= one.window.end)
    return len(a & b) / len(a | b)
