"""A copy tells what its source tells, at every commit, whatever kinds of stores the two are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.comparing import CHECKPOINT
from graph.copying import Step, copy, verify
from graph.errors import StoreConflict, StoreError, StoreUnavailable
from graph.findings import Status
from graph.model import Rejected
from graph.schema import TABLES
from graph.store import Store
from tests.copies import PAIRS, explored, name, told
from tests.stores import FULL, at, batch, drop, fill, finding, keys, put, random_rows, run

BAD = Rejected("posts.jsonl", 7, "posts", "created_at", "not a time", '{"post_id": "1\x00"}', '{"type": null}')


@pytest.fixture(params=PAIRS, ids=name)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A source and an empty target, of every pair of kinds."""
    with request.param[0].open(tmp_path / "source") as source, request.param[1].open(tmp_path / "target") as target:
        yield source, target


def live(store: Store) -> None:
    """A past of all that can happen to a store."""
    fill(store, random_rows(1))
    with store.writer(recorded_at=at(100)) as writer:  # before the commit before it: recorded with that
        for table, row in FULL.items():
            writer.write(table, batch(table, row))
        writer.checkpoint("ingest:a", {"line": 3, "nested": {"units": [1, None, "ü"]}})
        writer.reject([BAD, replace(BAD, line=8)])
    with store.writer() as writer:
        writer.checkpoint("ingest:b", {})  # a commit without rows
    drop(store, "posts", FULL["posts"], {"post": "x:p3"})
    put(store, "posts", FULL["posts"], {"post": "x:p4", "text": "corrected"})
    old, shadow = finding("old", run_id="r1"), finding("shadow", run_id="r1", status=Status.SHADOW)
    with store.writer() as writer:
        writer.add_run(run("r1", findings=3), [finding("new", run_id="r1", supersedes=old.id), old, shadow])
        writer.add_run(run("r2", error="it failed"), [finding("other", run_id="elsewhere")])
    with store.writer() as writer:  # deleted and written again at once, one as it was and one changed
        rows: list[dict[str, Any]] = [{"post": "x:p1"}, {"post": "x:p5"}, {"post": "x:p6"}]
        with store.view() as view:
            there = [
                dict(zip(p.__slots__, (getattr(p, n) for n in p.__slots__), strict=True)) for p in view.posts(["x:p5"])
            ]
        assert writer.delete("posts", keys("posts", *rows)) == 3
        writer.write("posts", batch("posts", *there, {"post": "x:p6", "text": "other"}))
    with store.writer() as writer:
        writer.add_run(run("r3"), [finding("late", run_id="r3", supersedes=shadow.id)])


def test_a_copy_tells_what_its_source_tells(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)
    report = copy(source, target)
    assert told(target) == told(source)
    assert explored(target) == explored(source)
    head = source.head()
    assert target.checkpoints()[CHECKPOINT] == {"source": source.identity, "seq": head}
    assert (report.source, report.target) == (source.url, target.url)
    assert (report.after, report.seq, report.runs, report.findings, report.rejected) == (0, head, 3, 5, 2)
    assert report.deleted == {"posts": 3}
    assert set(report.rows) == {*TABLES}
    assert report.verified is not None
    assert report.verified.commits == [1, (head + 1) // 2, head - 2, head - 1, head]
    assert report.verified == verify(source, target)


def test_a_store_without_a_commit_is_copied(stores: tuple[Store, Store]) -> None:
    source, target = stores
    assert copy(source, target).seq == 0
    with source.writer() as writer:
        writer.reject([BAD])
    assert copy(source, target).rejected == 1
    put(source, "posts", {"post": "x:p1"})
    copy(source, target)
    assert told(target) == told(source)


def test_copied_again_only_what_is_new_comes(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)
    copy(source, target)
    assert copy(source, target).rows == {}
    assert target.head() == source.head()
    gone, kept = source.rejected()
    with source.writer() as writer:
        writer.release([gone.id])
        writer.reject([replace(BAD, line=9)])
    report = copy(source, target)
    assert (report.rejected, report.released, report.rows) == (1, 1, {})
    assert [row.line for row in target.rejected()] == [kept.line, 9]
    put(source, "posts", {"post": "x:p1", "text": "grown"})
    with source.writer() as writer:
        writer.checkpoint("ingest:a", {"line": 9})
        writer.release([kept.id])
    with pytest.raises(StoreError, match=r"lacks the newest 2 of the source's .* commits"):
        verify(source, target)
    report = copy(source, target)
    assert (report.seq - report.after, report.rows, report.released) == (2, {"posts": 1}, 1)
    assert told(target) == told(source)


def test_an_interrupted_copy_goes_on(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)
    for seq in (1, 2, 5):
        with contextlib.suppress(KeyboardInterrupt):
            copy(source, target, progress=stop_at(seq - target.head()))
        assert target.head() == seq
        assert target.checkpoints() == {CHECKPOINT: {"source": source.identity, "seq": seq}}
    assert copy(source, target).after == 5
    assert told(target) == told(source)


def stop_at(done: int) -> Any:
    def tell(step: Step) -> None:
        if (step.stage, step.done) == ("copying", done):
            raise KeyboardInterrupt

    return tell


def test_what_was_written_to_the_copy_comes_back(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)
    copy(source, target)
    put(target, "posts", {"post": "x:p1", "text": "written to the copy"})
    with pytest.raises(StoreError, match="1 commits of its own"):
        copy(source, target)
    report = copy(target, source)
    assert (report.rows, report.seq - report.after) == ({"posts": 1}, 1)
    assert told(source) == told(target)
    put(source, "posts", {"post": "x:p2", "text": "and there again"})
    assert copy(source, target).seq == source.head()
    assert told(target) == told(source)


def test_what_is_written_to_the_source_meanwhile_is_left_for_the_next_copy(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)
    before = told(source)

    def load(step: Step) -> None:
        if (step.stage, step.done) in {("copying", 2), ("verifying", 0)}:
            with source.writer() as writer:
                writer.write("posts", batch("posts", {"post": f"x:late {step.stage}"}))
                writer.checkpoint("ingest:c", {"done": True})
                writer.reject([replace(BAD, source=step.stage)])

    copy(source, target, progress=load)
    assert told(target) == before
    assert copy(source, target).rows == {"posts": 2}
    assert told(target) == told(source)


def test_a_target_with_something_else_in_it_is_refused(stores: tuple[Store, Store]) -> None:
    source, target = stores
    put(source, "posts", {"post": "x:p1"})
    put(target, "posts", {"post": "x:p1"})
    for act in (copy, verify):
        with pytest.raises(StoreError, match=r"not empty .1 commits. and no copy of the source") as error:
            act(source, target)
        assert error.value.where == target.url
        assert "empty" in error.value.hint
    with target.writer() as writer:
        writer.checkpoint(CHECKPOINT, {"source": "another", "seq": 2})
    with pytest.raises(StoreError, match="a copy of another store"):
        copy(source, target)
    with pytest.raises(StoreError, match="same store"):
        copy(source, source)


def test_a_source_put_back_to_an_earlier_state_is_refused(stores: tuple[Store, Store]) -> None:
    """As a backup that was restored: it has the name that the target remembers, and another past."""
    source, target = stores
    put(source, "posts", {"post": "x:p1"})
    with target.writer() as writer:
        writer.checkpoint(CHECKPOINT, {"source": source.identity, "seq": 1})
    with pytest.raises(StoreError, match="not the source's"):
        copy(source, target)
    with target.writer() as writer:
        writer.checkpoint(CHECKPOINT, {"source": source.identity, "seq": 2})
    with pytest.raises(StoreError, match=r"not the source's .the source is at 1"):
        copy(source, target)


def test_somebody_elses_commit_in_the_target_stops_the_copy(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)

    def meddle(step: Step) -> None:
        if (step.stage, step.done) == ("copying", 2):
            put(target, "posts", {"post": "x:p1", "text": "meddled"})

    with pytest.raises(StoreConflict, match="something else wrote") as error:
        copy(source, target, progress=meddle)
    assert error.value.hint.endswith(
        f"commit 2 of {source.head()} has arrived, and the same command goes on from there"
    )
    assert target.head() == 3
    with pytest.raises(StoreError, match="1 commits of its own after commit 2"):
        copy(source, target)


def test_a_second_copy_at_the_same_time_does_no_harm(stores: tuple[Store, Store]) -> None:
    source, target = stores
    live(source)

    def second(step: Step) -> None:
        if (step.stage, step.done) == ("copying", 2):
            copy(source, target)

    with pytest.raises(StoreConflict):
        copy(source, target, progress=second)
    copy(source, target)
    assert told(target) == told(source)


def test_a_source_that_never_rests_is_not_copied(stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = stores
    heads = iter(range(1000))
    monkeypatch.setattr(source, "head", lambda: next(heads))
    with pytest.raises(StoreUnavailable, match="without a pause"):
        copy(source, target)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_lost_on_the_way_is_noticed(
    stores: tuple[Store, Store], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = stores
    fill(source, {name: [row] for name, row in FULL.items()})
    begin = target.writer

    def losing(**how: Any) -> Any:
        writer = begin(**how)
        write = writer.write
        monkeypatch.setattr(writer, "write", lambda name, rows: write(name, rows[:0] if name == table else rows))
        return writer

    monkeypatch.setattr(target, "writer", losing)
    with pytest.raises(StoreError, match=f"{table}, counted: 1 rows in the source, 0 rows in the target") as error:
        copy(source, target)
    assert error.value.where == target.url
    assert "empty store" in error.value.hint
