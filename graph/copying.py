"""Copy a store into another one, of whatever kind, commit by commit.

Each commit of the source becomes one commit of the target: the rows it wrote, the rows it deleted, its runs and
findings, under the same number and the same time. So every view pinned to a commit shows the same in both, and a
finding's ``data_cut`` means the same. With each commit goes a checkpoint that says which store the target is a copy of
and how far it has come: a copy that was interrupted goes on from there, as does one whose source has grown.

The checkpoints of loads come with the last commit, so that a file loaded into the source counts as loaded in the target
once its rows are there. The quarantine becomes what it is at the source.

Not copied: a node that was named only by a row which its own transaction replaced or deleted (no version names it), and
market data, which lies in files beside the stores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from graph.comparing import CHECKPOINT, Comparison, Loads, compare
from graph.errors import StoreConflict, StoreError, StoreUnavailable
from graph.findings import Finding
from graph.schema import TABLES, TIME
from graph.store import Store, View, Writer

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Step:
    """How far a copy is: ``copying`` counts commits, ``verifying`` rows of both stores."""

    stage: str
    done: int
    total: int


Tell = Callable[[Step], None]


@dataclass
class CopyReport:
    """What one call of :func:`copy` did."""

    source: str
    target: str
    after: int  # the commit that the target had come to before
    seq: int  # the commit that it has come to
    rows: dict[str, int] = field(default_factory=dict)  # written, by table; each version counts
    deleted: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    findings: int = 0
    rejected: int = 0  # rows added to the quarantine
    released: int = 0  # rows taken out of it
    seconds: float = 0.0  # of copying, without verifying
    verified: Comparison | None = None


def copy(source: Store, target: Store, *, progress: Tell | None = None) -> CopyReport:
    """Bring the target up to the source's newest commit, and verify it.

    The target is empty, or an earlier copy of the source (whole or interrupted), or the store that the source was
    copied from and which has not changed since. What is written to the source meanwhile is left for the next copy.

    Parameters
    ----------
    progress : callable, optional
        Told how far it is.

    Raises
    ------
    StoreError
        The target holds something else, a store failed, or they differ afterwards; it says in what.
    StoreConflict
        Something else wrote to the target meanwhile.
    """
    loads = snapshot(source)
    after = _common(source, target, loads.seq)
    began = time.perf_counter()
    report = CopyReport(source.url, target.url, after, after)
    tell = progress or _silent
    try:
        _Copy(source, target, loads, report, tell).run()
    except StoreError as error:
        kept = f"commit {report.seq:,} of {loads.seq:,} has arrived, and the same command goes on from there"
        raise type(error)(error.message, error.where, "; ".join(filter(None, (error.hint, kept)))) from error
    report.seconds = time.perf_counter() - began
    report.verified = compare(source, target, loads, lambda done, total: tell(Step("verifying", done, total)))
    return report


def verify(source: Store, target: Store, *, progress: Tell | None = None) -> Comparison:
    """Compare a copy with its source, and write nothing.

    Raises
    ------
    StoreError
        The target is no copy of the source, lacks its newest commits, or differs; it says in what.
    """
    loads = snapshot(source)
    missing = loads.seq - _common(source, target, loads.seq)
    if missing:
        raise StoreError(
            f"the target lacks the newest {missing:,} of the source's {loads.seq:,} commits",
            where=target.url,
            hint="run `lockstep copy` without --verify-only: it goes on from there",
        )
    tell = progress or _silent
    return compare(source, target, loads, lambda done, total: tell(Step("verifying", done, total)))


def _silent(_step: Step) -> None:
    """Tell nobody."""


class _Copy:
    """One copy at work."""

    def __init__(self, source: Store, target: Store, loads: Loads, report: CopyReport, tell: Tell) -> None:
        self._source = source
        self._target = target
        self._loads = loads
        self._head = loads.seq
        self._report = report
        self._tell = tell

    def run(self) -> None:
        """Copy what is missing."""
        after = self._report.after
        self._tell(Step("copying", 0, self._head - after))
        detected = set(with_runs(self._source, after, self._head))
        for seq, recorded_at in self._source.commits(after)[: self._head - after]:
            self._commit(seq, recorded_at, runs=seq in detected)
            self._report.seq = seq
            self._tell(Step("copying", seq - after, self._head - after))
        if after == self._head:
            self._update_quarantine()

    def _commit(self, seq: int, recorded_at: datetime, *, runs: bool) -> None:
        """Make one commit again."""
        with self._source.view(seq) as view, self._target.writer(recorded_at=recorded_at) as writer:
            if self._target.head() != seq - 1:
                raise StoreConflict(
                    "something else wrote to the target while it was copied to",
                    where=self._target.url,
                    hint="let nothing else write to it",
                )
            for table in TABLES:
                self._rows(view, writer, table)
            if runs:
                self._runs(view, writer)
            if seq == self._head:
                for name, state in self._loads.checkpoints.items():
                    if name != CHECKPOINT:
                        writer.checkpoint(name, state)
                self._quarantine(writer)
            writer.checkpoint(CHECKPOINT, {"source": self._source.identity, "seq": seq})

    def _rows(self, view: View, writer: Writer, table: str) -> None:
        """The rows of one table that the view's own commit wrote or deleted."""
        names, before = TABLES[table].key, view.seq - 1
        gone = view.gone(table, before)
        deleted = {key: i for i, key in enumerate(_keys(gone, names))}
        for batch in view.scan(table, after=before):
            if writer.write(table, batch).unchanged:
                # a row that this commit deleted and wrote again as it was: a new version all the same
                writer.delete(table, batch.select(list(names)))
                writer.write(table, batch)
            if deleted:
                for key in _keys(batch, names):
                    deleted.pop(key, None)
            _count(self._report.rows, table, len(batch))
        if deleted:
            writer.delete(table, gone.take(pa.array(deleted.values(), pa.int64())))
            _count(self._report.deleted, table, len(deleted))

    def _runs(self, view: View, writer: Writer) -> None:
        """The runs and findings that the view's own commit recorded."""
        runs = view.runs(after=view.seq - 1)
        findings = view.findings(after=view.seq - 1, superseded=True)
        ids = {run.id for run in runs}
        mine: dict[str, list[Finding]] = {}
        for finding in findings:
            mine.setdefault(finding.run_id if finding.run_id in ids else runs[-1].id, []).append(finding)
        for run in runs:
            writer.add_run(run, mine.pop(run.id, ()))
        self._report.runs += len(runs)
        self._report.findings += len(findings)

    def _update_quarantine(self) -> None:
        if {*self._loads.rejected} != {*self._target.rejected()}:
            with self._target.writer() as writer:  # makes no commit: the target stays a copy
                self._quarantine(writer)

    def _quarantine(self, writer: Writer) -> None:
        """Rows refused since the last copy go in, rows that have left the source's quarantine go out."""
        wanted, there = self._loads.rejected, self._target.rejected()
        kept, known = set(wanted), set(there)
        left = [row.id for row in there if row not in kept]
        new = [row for row in wanted if row not in known]
        if left:
            writer.release(left)
        if new:
            writer.reject(new)
        self._report.released += len(left)
        self._report.rejected += len(new)


def snapshot(source: Store) -> Loads:
    """How far loads have come at the newest commit, though somebody may be writing."""
    for _ in range(_TRIES):
        loads = Loads(source.head(), source.checkpoints(), source.rejected())
        if source.head() == loads.seq:
            return loads
    raise StoreUnavailable(
        "the source is written to without a pause", where=source.url, hint="copy it when the load is done"
    )


def _common(source: Store, target: Store, head: int) -> int:
    """The commit up to which the target is a copy of the source (or the source of the target).

    Raises
    ------
    StoreError
        The target holds something else.
    """
    if source.identity == target.identity:
        raise StoreError(
            "source and target are the same store, or one is a copy of the other's file",
            where=target.url,
            hint="name a store that is empty, or does not exist yet",
        )
    seq = target.head()
    if seq == 0:
        return 0
    copied, back = (store.checkpoints().get(CHECKPOINT, {}) for store in (target, source))
    came_back = (back.get("source"), back.get("seq")) == (target.identity, seq)
    if not came_back and copied.get("source") != source.identity:
        other = "a copy of another store" if copied else "no copy of the source"
        raise StoreError(
            f"the target is not empty ({seq:,} commits) and {other}",
            where=target.url,
            hint="name a store that is empty, or does not exist yet",
        )
    if not came_back and copied["seq"] != seq:
        raise StoreError(
            f"the target has {seq - copied['seq']:,} commits of its own after commit {copied['seq']:,}, "
            "up to which it was copied",
            where=target.url,
            hint="copy into an empty store",
        )
    if seq > head or source.commits()[:seq] != target.commits():
        raise StoreError(
            f"the target is at commit {seq:,} of a history that is not the source's (the source is at {head:,})",
            where=target.url,
            hint="if the source is a backup that was restored: copy it into an empty store",
        )
    return seq


def with_runs(source: Store, after: int, upto: int) -> list[int]:
    """The commits that recorded runs, found by halving: most did not."""
    if after >= upto:
        return []
    with source.view(upto) as view:
        if not view.runs(after=after):
            return []
    if upto - after == 1:
        return [upto]
    middle = (after + upto) // 2
    return with_runs(source, after, middle) + with_runs(source, middle, upto)


def _keys(batch: pa.RecordBatch, names: Sequence[str]) -> list[Hashable]:
    columns = [batch.column(name) for name in names]
    values = [(c.cast(pa.int64()) if c.type == TIME else c).to_pylist() for c in columns]
    return list(zip(*values, strict=True))


def _count(counts: dict[str, int], table: str, rows: int) -> None:
    counts[table] = counts.get(table, 0) + rows
