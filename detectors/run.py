"""Run detectors over one pinned view and record what they flag; one that fails does not stop the others."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from detectors import apart
from detectors.alerting.echoes import Echoes
from detectors.alerting.watching import Watched, arrived, inputs, raised
from detectors.base import Detector, Findings, Scope, Value, discover, resolve
from graph.errors import ConfigError, DetectorError, StoreConflict, unknown
from graph.findings import Finding, Priority, Run, Status, digest, finding_id
from graph.store import Store, View

MOVED = 0.05  # change of a score from which a finding is recorded anew
SAME_RING = 0.5  # Jaccard similarity of members from which a ring is the one seen before
STAGES = ("detect", "lineage", "alerts")
LIBRARIES = ("lockstep-graph", "graspologic-native", "numba", "numpy", "pyarrow", "scikit-learn", "scipy")


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
    watch: timedelta | None = None,
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
    watch : timedelta, optional
        Go on from the last such run of each detector (:mod:`detectors.alerting.watching`): one for which nothing has
        arrived since is not run again, and what is new is recorded with the run as alerts, compared with rings that
        were decided in so long before. So a command that was killed goes on where it was.

    Raises
    ------
    ConfigError
        An unknown detector or parameter, or a value out of range: before anything runs.
    StoreConflict
        With ``watch``, another such run was recorded meanwhile; this one is not.
    """
    known = discover()
    chosen = {name: _known(known, name) for name in (*names, *shadow)}
    params = {name: resolve(detector, given.get(name, {}), name) for name, detector in chosen.items()}
    asked = scope or Scope()
    with store.view() as view:
        jobs = [Job(d, params[name], asked, shadow=name in shadow, watch=watch) for name, d in chosen.items()]
        due = [j for j in jobs if not _standing(view, j)] if apart.worthwhile(store, view, len(jobs)) else []
        if len(due) < 2:
            return [_one(store, view, job) for job in jobs]
        tasks = [apart.task(store, view, job.detector.name, job.params, job.scope) for job in due]
        with apart.side_by_side(tasks) as answers:
            return [_one(store, view, replace(job, answer=answers.get(job.detector.name))) for job in jobs]


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
    watch: timedelta | None = None
    answer: Future[apart.Answer] | None = None  # where it works in a process of its own

    @property
    def status(self) -> Status:
        """Of its findings."""
        return Status.SHADOW if self.shadow else Status.LIVE


def _one(store: Store, view: View, job: Job) -> RunResult:
    clock = time.perf_counter()
    record = _begun(view, job)
    findings: list[Finding] = []
    last = None
    watched = None
    if job.watch is not None:
        watched = Watched.of(view, record.detector, record.version, record.params, record.status)
        last = watched.last
        record = replace(record, watch="again" if last else "baseline", follows=last.id if last else None)
    came = arrived(view, last.data_cut) if last else {}
    if last is not None and not came and last.inputs == record.inputs:
        record = _idle(record, last)
    else:
        counts = {"arrived": sum(came.values())} if last else {}
        record, findings = _worked(view, job, replace(record, counts=counts), watched)
    record = replace(record, seconds=round(time.perf_counter() - clock, 3))
    with store.writer() as writer:
        if job.watch is not None and _overtaken(store, view.seq, record):
            what = f"another run of {record.detector} was recorded meanwhile"
            raise StoreConflict(what, store.url, "nothing is lost: it saw the same data, and the next run goes on")
        writer.add_run(record, findings)
    return RunResult(record, tuple(findings))


def _standing(view: View, job: Job) -> bool:
    """Whether nothing has arrived since the run that this one goes on from."""
    if job.watch is None:
        return False
    record = _begun(view, job)
    last = Watched.of(view, record.detector, record.version, record.params, record.status).last
    return last is not None and last.inputs == record.inputs and not arrived(view, last.data_cut)


def _begun(view: View, job: Job) -> Run:
    """The record of a run before anything is done."""
    detector, scope = job.detector, job.scope
    started = datetime.now(UTC)
    about = [detector.name, detector.version, dict(job.params), view.seq, scope.start, scope.end, started, job.status]
    return Run(
        id=digest([str(x) if isinstance(x, datetime) else x for x in about])[:20],
        detector=detector.name,
        version=detector.version,
        params=dict(job.params),
        data_cut=view.seq,
        started_at=started,
        seconds=0.0,
        findings=0,
        summary="",
        versions=versions(),
        inputs=inputs(view.data_dir, scope.allow, scope.start, scope.end),
        status=job.status,
    )


def _idle(record: Run, last: Run) -> Run:
    """The record of a run that had nothing to do: what stood still stands."""
    summary = f"nothing has arrived since commit {last.data_cut}; {last.findings} findings stand as they were"
    return replace(
        record,
        watch="idle",
        findings=last.findings,
        found=last.found,
        summary=summary,
        counts={**last.counts, "arrived": 0},
    )


def _worked(view: View, job: Job, record: Run, watched: Watched | None) -> tuple[Run, list[Finding]]:
    """Detect, and say what each finding continues and what is to be told."""
    times = [time.perf_counter()]
    found, error = job.answer.result() if job.answer else detected(job.detector, view, job.params, job.scope)
    times.append(time.perf_counter())
    notes, stages = (found.notes, found.stages) if isinstance(found, Findings) else ((), {})
    # the status is part of what the id is made of
    said = [replace(f, run_id=record.id, status=job.status, id="", lineage_id="") for f in found]
    findings = lineage(said, view)
    times.append(time.perf_counter())
    counts = {**record.counts, "accounts": view.count("accounts"), "posts": view.count("posts")}
    counts |= {str(p): sum(f.priority is p for f in findings) for p in Priority}
    alerts: tuple[Mapping[str, Any], ...] = ()
    if watched is not None and job.watch is not None and error is None:
        told = raised(findings, record, watched, view, Echoes(view, job.watch))
        alerts = tuple(a.plain() for a in told)
    times.append(time.perf_counter())
    seconds = {name: round(b - a, 3) for name, (a, b) in zip(STAGES, pairwise(times), strict=True)}
    record = replace(
        record,
        findings=len(findings),
        summary="; ".join([_sentence(findings, _amount(view), error), *notes]),
        error=error,
        counts=counts,
        stages={**seconds, **{f"detect {name}": round(s, 3) for name, s in stages.items()}},
        found=None if error else tuple(f.id for f in findings),
        alerts=alerts,
    )
    return record, findings


def _overtaken(store: Store, seq: int, record: Run) -> bool:
    """Whether another run of the kind was recorded since this one began, on another machine perhaps."""
    with store.view() as now:
        return any(r.watch and (r.detector, r.status) == (record.detector, record.status) for r in now.runs(after=seq))


@cache
def versions() -> Mapping[str, str]:
    """Of Lockstep, Python, and the libraries that findings depend on."""
    found = {"python": platform.python_version()}
    return found | {name: importlib.metadata.version(name) for name in LIBRARIES}


def detected(
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
            result[new_id] = replace(fresh[new_id], lineage_id=old.lineage_id, supersedes=old.id)
    return [result.get(f.id) or fresh[f.id] for f in findings]


def _anew(finding: Finding, view: View) -> Finding:
    """The finding, under another id where the store has it already: as superseded, since it is not listed."""
    known = view.finding(finding.id)
    if known is None or known.id != finding.id:
        return finding
    return replace(finding, id=digest([finding.id, view.seq])[:20], lineage_id=known.lineage_id)


def _as_before(new: Finding, old: Finding) -> bool:
    """Whether what is thought of a ring is still the same: labels, campaigns and verdicts may have come in since."""
    said = [[(e.text, e.state) for e in f.would_clear] for f in (new, old)]
    return said[0] == said[1] and new.priority is old.priority and abs(new.score - old.score) < MOVED


def _overlap(one: Finding, other: Finding) -> float:
    """Jaccard similarity of two findings' members; of two that name no account, of their tickers at one time."""
    a, b = set(one.accounts), set(other.accounts)
    if not a and not b and one.window.start <= other.window.end and other.window.start <= one.window.end:
        a, b = set(one.tickers), set(other.tickers)
    return len(a & b) / len(a | b) if a | b else 0.0
