"""Whether one store is a true copy of another: counts and content hashes, up to one commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph.content import NAME, Content, content
from graph.errors import StoreError
from graph.findings import to_json
from graph.model import Rejected
from graph.schema import TABLES
from graph.store import Store, View

CHECKPOINT = "copy"
"""The checkpoint that says of which store a target is a copy, and how far it has come; it belongs to no load."""
_SHOWN = 5

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loads:
    """What a store remembers of loads at its newest commit."""

    seq: int
    checkpoints: Mapping[str, Mapping[str, Any]]
    rejected: Sequence[Rejected]


@dataclass
class Comparison:
    """What was compared and found equal."""

    seq: int
    hash: str = NAME
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)  # rows and hash of the current rows
    commits: list[int] = field(default_factory=list)  # whose own rows and deletions were compared as well
    runs: int = 0
    findings: int = 0
    checkpoints: int = 0
    quarantine: int = 0


def compare(source: Store, target: Store, loads: Loads, tell: Tell) -> Comparison:
    """Compare two stores as they were after a commit.

    Compared are every table's current rows with the commits that wrote them, the times of all commits, what some
    commits (the first, the middle one, the last three) wrote and ended, runs and findings, checkpoints and the
    quarantine.

    Parameters
    ----------
    loads : Loads
        The source's, at the commit to compare; the source may have gone on since.
    tell : callable
        Told how many rows have been read, of how many.

    Raises
    ------
    StoreError
        They differ: it names the tables and the figures.
    """
    seq = loads.seq
    found = _Found(Comparison(seq))
    with source.view(seq) as old, target.view(seq) as new:
        _tables(found, old, new, tell)
        _detected(found, old, new)
    for sample in sorted({1, (seq + 1) // 2, seq - 2, seq - 1, seq} & {*range(1, seq + 1)}):
        with source.view(sample) as old, target.view(sample) as new:
            _one_commit(found, old, new)
    _times(found, source, target)
    _loads(found, loads, target)
    if found.differences:
        more = len(found.differences) - _SHOWN
        shown = "; ".join(found.differences[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise StoreError(
            f"differs from {source.url} at commit {seq:,}: {shown}",
            where=target.url,
            hint="copy into an empty store; if nothing else wrote to this one, please report it",
        )
    return found.comparison


@dataclass
class _Found:
    """What has been found so far."""

    comparison: Comparison
    differences: list[str] = field(default_factory=list)

    def same(self, what: str, old: object, new: object) -> None:
        """Note a difference, if it is one."""
        if old != new:
            self.differences.append(f"{what}: {old} in the source, {new} in the target")


def _tables(found: _Found, old: View, new: View, tell: Tell) -> None:
    """Current rows, each with the commit that wrote it, and how many the stores say there are."""
    counts = {table: (old.count(table), new.count(table)) for table in TABLES}
    total, done = sum(map(sum, counts.values())), 0
    tell(done, total)
    for table, counted in counts.items():
        found.same(f"{table}, counted", *(f"{n:,} rows" for n in counted))
        contents = []
        for view in (old, new):
            contents.append(Content())
            for batch in view.scan(table, columns=(*TABLES[table].schema.names, "seq")):
                contents[-1].add(batch)
                done += len(batch)
                tell(done, total)
        found.same(table, *map(str, contents))
        found.comparison.tables[table] = {"rows": contents[0].rows, "hash": contents[0].hash}


def _detected(found: _Found, old: View, new: View) -> None:
    """Runs, and findings by id."""
    runs = [Counter(to_json(run) for run in view.runs()) for view in (old, new)]
    findings = [{f.id: to_json(f) for f in view.findings(superseded=True)} for view in (old, new)]
    if runs[0] != runs[1]:
        missing, extra = ((a - b).total() for a, b in ((runs[0], runs[1]), (runs[1], runs[0])))
        found.differences.append(f"runs: {missing:,} are in the source only, {extra:,} in the target only")
    differing = sorted(i for i in {*findings[0], *findings[1]} if findings[0].get(i) != findings[1].get(i))
    if differing:
        shown = ", ".join(differing[:_SHOWN])
        found.differences.append(
            f"findings: {len(findings[0]):,} in the source, {len(findings[1]):,} in the target, "
            f"{len(differing):,} differ ({shown})"
        )
    found.comparison.runs, found.comparison.findings = runs[0].total(), len(findings[0])


def _one_commit(found: _Found, old: View, new: View) -> None:
    """What one commit wrote and ended, and how many rows there were after it."""
    seq = old.seq
    for table in TABLES:
        found.same(f"{table} at commit {seq:,}", *(f"{view.count(table):,} rows" for view in (old, new)))
        found.same(
            f"{table} written by commit {seq:,}", *(str(content(v.scan(table, after=seq - 1))) for v in (old, new))
        )
        found.same(f"{table} ended by commit {seq:,}", *(str(content([v.gone(table, seq - 1)])) for v in (old, new)))
    found.comparison.commits.append(seq)


def _times(found: _Found, source: Store, target: Store) -> None:
    """When commits were made."""
    times = [dict(store.commits()) for store in (source, target)]
    differing = [seq for seq in range(1, found.comparison.seq + 1) if times[0].get(seq) != times[1].get(seq)]
    if differing:
        found.differences.append(f"times of {len(differing):,} commits, the first of which is {differing[0]:,}")


def _loads(found: _Found, loads: Loads, target: Store) -> None:
    """How far loads have come, and the quarantine."""
    states = [_states(checkpoints) for checkpoints in (loads.checkpoints, target.checkpoints())]
    differing = sorted(name for name in {*states[0], *states[1]} if states[0].get(name) != states[1].get(name))
    if differing:
        found.differences.append(
            f"checkpoints: {len(states[0]):,} in the source, {len(states[1]):,} in the target, "
            f"{len(differing):,} differ ({', '.join(differing[:_SHOWN])})"
        )
    refused = [Counter(rows) for rows in (loads.rejected, target.rejected())]
    missing, extra = ((a - b).total() for a, b in ((refused[0], refused[1]), (refused[1], refused[0])))
    if missing or extra:
        found.differences.append(f"quarantine: {missing:,} rows are in the source only, {extra:,} in the target only")
    found.comparison.checkpoints, found.comparison.quarantine = len(states[0]), refused[0].total()


def _states(checkpoints: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    return {
        name: orjson.dumps(dict(state), option=orjson.OPT_SORT_KEYS)
        for name, state in checkpoints.items()
        if name != CHECKPOINT
    }
