"""What graph/store.py promises of runs, findings, checkpoints and the quarantine, held against every store."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from graph.findings import Checked, Explanation, Layer, Priority, Status
from graph.model import Rejected
from graph.store import Store
from tests.stores import batch, finding, put, run


def record(store: Store, name: str, *names: str, supersedes: str | None = None) -> None:
    with store.writer() as writer:
        writer.add_run(run(name), [finding(n, run_id=name, supersedes=supersedes) for n in names])


# runs and findings


def test_a_finding_comes_back_whole(store: Store) -> None:
    full = finding(
        "whole",
        rests_on=(finding("whole").evidence[0].ref,),
        would_clear=(Explanation("a campaign", Checked.EXCLUDED, "none loaded"),),
        tickers=("PEPE",),
        links=("https://a.example/",),
        run_id="run-1",
        lineage_id="line",
        status=Status.SHADOW,
        layers=(Layer("co_ticker", 2.0, 0.01), Layer("co_text", 1.0)),
        limits=("$BTC skipped: 13.8 % of all posts",),
    )
    made = run(counts={"pairs": 3}, findings=1, error="then it failed")
    with store.writer() as writer:
        writer.add_run(made, [full])
    assert store.head() == 1
    with store.view() as view:
        assert view.findings() == [full]
        assert view.finding(full.id) == full
        assert view.runs() == [made]


def test_a_run_that_found_nothing_is_recorded(store: Store) -> None:
    for name in ("run-2", "run-1", "run-3"):
        record(store, name)
    with store.view() as view, store.view(2) as past:
        assert [r.id for r in view.runs()] == ["run-2", "run-1", "run-3"]
        assert [r.id for r in past.runs()] == ["run-2", "run-1"]
        assert view.findings() == []


def test_findings_come_by_priority_score_and_id(store: Store) -> None:
    made = [
        finding(f"f{i}", priority=priority, score=score)
        for i, (priority, score) in enumerate((p, s) for p in Priority for s in (0.2, 0.8, 0.2))
    ]
    with store.writer() as writer:
        writer.add_run(run(), made[::-1])
    with store.view() as view:
        found = view.findings()
    assert [f.id for f in found] == [f.id for f in sorted(made, key=lambda f: (f.priority.rank, -f.score, f.id))]
    assert [f.priority for f in found[:3]] == [Priority.HIGH] * 3


def test_findings_are_chosen_by_kind_detector_and_run(store: Store) -> None:
    with store.writer() as writer:
        writer.add_run(run("r1"), [finding("a", run_id="r1"), finding("b", run_id="r1", kind="sybil_ring")])
        writer.add_run(run("r2"), [finding("c", run_id="r2", detector="sybil")])
    with store.view() as view:
        assert [f.kind for f in view.findings(kind="sybil_ring")] == ["sybil_ring"]
        assert [f.detector for f in view.findings(detector="sybil")] == ["sybil"]
        assert len(view.findings(run="r1")) == 2
        assert view.findings(run="r1", detector="sybil") == []
        assert view.findings(kind="other") == []


def test_findings_are_only_ever_appended(store: Store) -> None:
    first = finding("a", run_id="r1")
    with store.writer() as writer:
        writer.add_run(run("r1"), [first])
    with store.writer() as writer:
        writer.add_run(run("r2"), [replace(first, summary="said otherwise", run_id="r2")])
    with store.view() as view:
        assert view.findings() == [first]
        assert [r.id for r in view.runs()] == ["r1", "r2"]


def test_a_superseded_finding_steps_back_but_stays(store: Store) -> None:
    record(store, "r1", "old", "other")
    old, other, new = finding("old").id, finding("other").id, finding("new").id
    record(store, "r2", "new", supersedes=old)
    with store.view() as view, store.view(1) as past:
        assert {f.id for f in view.findings()} == {new, other}
        assert {f.id for f in view.findings(run="r1")} == {other}
        assert {f.id for f in past.findings()} == {old, other}
        kept = view.finding(old)
        assert kept is not None
        assert kept.supersedes is None
        assert past.finding(new) is None


def test_runs_and_findings_of_some_commits_and_superseded_ones_may_be_asked_for(store: Store) -> None:
    record(store, "r1", "old", "other")
    old, other, new = finding("old").id, finding("other").id, finding("new").id
    put(store, "posts", {"post": "x:p1"})
    record(store, "r2", "new", supersedes=old)
    with store.view() as view, store.view(2) as past:
        assert [r.id for r in view.runs(after=1)] == ["r2"]
        assert [r.id for r in view.runs(after=3)] == [r.id for r in past.runs(after=1)] == []
        assert {f.id for f in view.findings(after=1)} == {new}
        assert {f.id for f in view.findings(superseded=True)} == {old, other, new}
        assert {f.id for f in view.findings(superseded=True, run="r1")} == {old, other}
        assert {f.id for f in past.findings(superseded=True)} == {old, other}
        assert view.findings(after=3, superseded=True) == []


def test_a_finding_superseded_by_its_own_commit_may_be_asked_for(store: Store) -> None:
    old = finding("old")
    with store.writer() as writer:
        writer.add_run(run(), [finding("new", supersedes=old.id), old])
    with store.view() as view:
        assert [f.id for f in view.findings()] == [finding("new").id]
        assert [f.id for f in view.findings(after=0, superseded=True)] == sorted([finding("new").id, old.id])


def test_a_finding_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    with store.writer() as writer:
        writer.add_run(run(), [finding("a", id="abc1"), finding("b", id="abc2"), finding("c", id="abc")])
        writer.add_run(run("r2"), [finding("d", id="d%_*")])
    with store.view() as view:
        ids = {text: getattr(view.finding(text), "id", None) for text in ("abc1", "abc", "ab", "x", "d", "%", "_", "*")}
    assert ids == {
        "abc1": "abc1",
        "abc": "abc",
        "ab": None,
        "x": None,
        "d": "d%_*",
        "%": None,
        "_": None,
        "*": None,
    }


def test_a_rolled_back_run_was_never_there(store: Store) -> None:
    with contextlib.suppress(KeyError), store.writer() as writer:
        writer.add_run(run(), [finding()])
        raise KeyError
    with store.view() as view:
        assert (view.runs(), view.findings(), store.head()) == ([], [], 0)


# checkpoints


def test_checkpoints_are_remembered_by_name(store: Store) -> None:
    state = {"line": 3, "unit": "ms", "nested": {"list": [1, None, "ü"]}}
    with store.writer() as writer:
        writer.checkpoint("a'b", {"line": 1})
        writer.checkpoint("a'b", state)
        writer.checkpoint("other", {})
    state["line"] = 99
    assert store.checkpoints() == {"a'b": {"line": 3, "unit": "ms", "nested": {"list": [1, None, "ü"]}}, "other": {}}
    with store.writer() as writer:
        writer.checkpoint("other", {"line": 2})
    assert store.checkpoints()["other"] == {"line": 2}
    assert store.head() == 2


# the quarantine

BAD = Rejected("posts.jsonl", 7, "posts", "created_at", "not a time: 'soon'", '{"post_id": "1\x00"}', '{"type": null}')


def reject(store: Store, *rows: Rejected) -> None:
    with store.writer() as writer:
        writer.reject(rows)


def test_rejected_rows_come_back_whole_and_in_order(store: Store) -> None:
    rows = [replace(BAD, line=line) for line in (9, 1, 5)]
    reject(store, *rows[:2])
    reject(store, rows[2])
    found = store.rejected()
    assert found == rows
    assert len({row.id for row in found}) == 3
    assert all(row.id > 0 for row in found)


def test_a_row_is_in_the_quarantine_once(store: Store) -> None:
    others = [replace(BAD, source="other.jsonl"), replace(BAD, line=8), replace(BAD, raw="{}")]
    reject(store, BAD, BAD)
    reject(store, replace(BAD, reason="the reason may be worded otherwise"), *others)
    assert store.rejected() == [BAD, *others]


def test_released_rows_leave_and_may_come_back(store: Store) -> None:
    reject(store, BAD, replace(BAD, line=8))
    gone = store.rejected()[0].id
    with store.writer() as writer:
        writer.release([gone, 12345])
    assert [row.line for row in store.rejected()] == [8]
    reject(store, BAD)
    assert [row.line for row in store.rejected()] == [8, 7]
    assert store.rejected()[1].id != store.rejected()[0].id


def test_a_rollback_leaves_quarantine_and_checkpoints_alone(store: Store) -> None:
    reject(store, BAD)
    with contextlib.suppress(KeyError), store.writer() as writer:
        writer.reject([replace(BAD, line=8)])
        writer.release([store.rejected()[0].id])
        writer.checkpoint("file", {"line": 8})
        raise KeyError
    assert store.rejected() == [BAD]
    assert store.checkpoints() == {}


@pytest.mark.parametrize("with_rows", [True, False])
def test_rejected_rows_are_kept_with_or_without_good_ones(store: Store, with_rows: bool) -> None:
    with store.writer() as writer:
        if with_rows:
            writer.write("posts", batch("posts", {"post": "x:p1"}))
        writer.reject([BAD])
    assert store.rejected() == [BAD]
    put(store, "posts", {"post": "x:p2"})
    with store.view() as view:
        assert view.count("posts") == 1 + with_rows


def test_findings_that_name_no_account_are_kept(store: Store) -> None:
    made = finding(kind="market_anomaly", members=(), tickers=("PEPE",))
    with store.writer() as writer:
        writer.add_run(run(), [made])
    with store.view() as view:
        assert view.findings() == [made]
        assert view.finding(made.id) == made
