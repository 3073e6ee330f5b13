"""What a run that goes on from the last one has to look at, and what it has to tell.

A run of ``detect --since last`` follows the newest successful one of the same detector, version, parameters and status
(live or shadow). Its findings are those of all data at its cut, as any run's; *told* is only what the run before did
not have: a new ring, one that has grown, one that returned. Runs that somebody made by hand in between count for
nothing here, so that what they recorded is still told.

Where there is no such run, it is a *baseline*: nobody is told. That is so the first time, and again after the detector,
its version or a parameter changed, since what then differs is the measure and not the world. What such a later
baseline flags and no earlier one did is kept to be listed (``alerts list --baseline``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.alerting.alert import Alert, alert_of
from detectors.alerting.changes import change, tells
from detectors.alerting.echoes import Echoes
from detectors.coaction.allowlist import Allowed
from graph.findings import Finding, Run, Status, digest
from graph.schema import TABLES
from graph.store import View


@dataclass(frozen=True, slots=True)
class Watched:
    """Earlier watching runs of a detector with the same status, oldest first, and the one to go on from."""

    runs: tuple[Run, ...]
    last: Run | None

    @classmethod
    def of(cls, view: View, detector: str, version: str, params: Mapping[str, Any], status: Status) -> Watched:
        """As the view has them; runs that failed are left out."""
        mine = tuple(
            r
            for r in view.runs()
            if r.watch and r.error is None and (r.detector, r.status) == (detector, status) and r.found is not None
        )
        newest = mine[-1] if mine else None
        same = newest is not None and (newest.version, dict(newest.params)) == (version, dict(params))
        return cls(mine, newest if same else None)

    @property
    def seen(self) -> set[str]:
        """Ids of findings that any of them had."""
        return {i for r in self.runs for i in r.found or ()}


def arrived(view: View, after: int) -> dict[str, int]:
    """Rows by table that were written or taken away after a commit; tables without any are left out."""
    counts = {}
    for name, table in TABLES.items():
        new = sum(len(batch) for batch in view.scan(name, columns=[table.key[0]], after=after))
        if rows := new + len(view.gone(name, after)):
            counts[name] = rows
    return counts


def inputs(data_dir: Path, allow: Sequence[Allowed], start: object, end: object) -> dict[str, str]:
    """What a run depends on beside rows and parameters, as texts that are equal where that is equal."""
    entries = sorted([a.kind, *a.values, a.until.isoformat()] for a in allow)
    return {
        "allow_list": digest(entries)[:16] if entries else "",
        "market": _market(data_dir / "market"),
        "start": str(start or ""),
        "end": str(end or ""),
    }


def _market(folder: Path) -> str:
    """What files of candles and trades there are: their names and sizes, since parts are written once."""
    if not folder.is_dir():
        return ""
    found = sorted(f"{p.relative_to(folder)} {p.stat().st_size}" for p in folder.rglob("*.parquet"))
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16] if found else ""


def raised(
    findings: Sequence[Finding],
    run: Run,
    watched: Watched,
    view: View,
    echoes: Echoes,
) -> list[Alert]:
    """What a run has to tell, in the order of its findings; of a baseline, what earlier ones did not have.

    Shadow findings are told to nobody.
    """
    live = [f for f in findings if f.status is Status.LIVE]
    if not live or not watched.runs:
        return []
    known = {f.id: f for f in view.findings(detector=run.detector, superseded=True)}
    before = watched.last or watched.runs[-1]
    rings = _Rings(known, watched.seen, set(before.found or ()))
    alerts = []
    for finding in live:
        told = rings.told(finding)
        if told is not None and not (run.watch == "baseline" and told[0] == "grown"):
            reason, old = told
            changed = change(finding, old) if old is not None else None
            like, decided = echoes(finding), echoes.verdict(finding)
            alerts.append(alert_of(finding, run, reason, change=changed, echoes=like, decided=decided))
    return alerts


class _Rings:
    """Rings by lineage: what the run before had of each, and what any run had."""

    def __init__(self, known: Mapping[str, Finding], seen: set[str], before: set[str]) -> None:
        self._before = before
        self._had: dict[str, Finding] = {}
        self._ever: dict[str, list[Finding]] = {}
        for key in sorted(seen & known.keys(), key=lambda i: (known[i].data_cut, i)):
            finding = known[key]
            self._ever.setdefault(finding.lineage_id, []).append(finding)
            if key in before:
                self._had[finding.lineage_id] = finding

    def told(self, finding: Finding) -> tuple[str, Finding | None] | None:
        """Why people should hear of it, and the earlier finding to compare it with; None where they need not."""
        ever = self._ever.get(finding.lineage_id, [])
        old = self._had.get(finding.lineage_id)
        if finding.id in self._before:
            return None
        if old is not None:
            return ("grown", old) if tells(finding, old, ever) else None
        return ("returned", ever[-1]) if ever else ("new", None)
