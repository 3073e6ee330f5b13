"""Evidence, over each database: captured with its alert, frozen by its hash, kept from who deletes, and who held it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from cases import alerts, decisions
from cases.audit import canonical, sha256
from cases.casefile import read
from cases.evidence import capture, custody, snapshots
from cases.people import Actor
from cases.storage.evidence import captures
from cases.storage.evidence import snapshots as frozen
from cases.storage.schema import audit
from graph.errors import CaseError, NotPermitted, StoreError
from graph.store import Store, View, open_store
from tests import flagged
from tests.casework import ANNA, RUTH, VERA, Work, alert, draft

RING = flagged.shilling()
POST = flagged.post_key(0, 0)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Store]:
    """The small store with its findings."""
    with open_store(f"sqlite:///{tmp_path}/graph.db", tmp_path) as store:
        flagged.load(store)
        flagged.flag(store)
        yield store


@pytest.fixture
def view(network: Store) -> Iterator[View]:
    with network.view() as opened:
        yield opened


def edited(network: Store, **changed: Any) -> View:
    """The graph after a member changed a post, or took it away."""
    with network.writer() as writer:
        if changed:
            rows = [p | changed for p in flagged.posts() if p["post"] == POST]
            writer.write("posts", flagged.table("posts", rows))
        else:
            writer.delete("posts", flagged.table("posts", flagged.posts()[:1]).select(["post"]))
    return network.view()


def taken(work: Work, view: View) -> str:
    """An alert of the ring, with its content captured."""
    key: str = work.do(ANNA, alerts.take, alert(finding=RING.id, lineage=RING.lineage_id))
    work.do(ANNA, capture.capture, key, view, RING)
    return key


def frozen_in(work: Work, view: View, **more: Any) -> tuple[str, str]:
    case_id = work.case(ready=False)
    return case_id, work.do(ANNA, snapshots.freeze, case_id, view, RING.id, **more)


def content_of(work: Work, sha: str) -> dict[str, Any]:
    with work.book.look(ANNA, "snapshot", sha) as look:
        return snapshots.read(look, sha)


def test_a_snapshot_holds_what_the_finding_rests_on(work: Work, view: View) -> None:
    places = {"account/x:100": (1.234, -7.0)}
    case_id, sha = frozen_in(work, view, commands=[["finding", RING.id]], layout=places)
    told = content_of(work, sha)
    assert (told["case"], told["alert"], told["taken_by"], told["format"]) == (case_id, None, "anna", 1)
    assert (told["finding"]["id"], told["finding"]["version"], told["finding"]["params"]) == (RING.id, "1", RING.params)
    assert [e["id"] for e in told["finding"]["evidence"]] == ["E1", "E2"]
    assert told["finding"]["rests_on"] == ["E1"]
    assert {tuple(m["evidence"]) for m in told["finding"]["members"]} == {("E1",), ()}
    assert len(told["posts"]) == len(flagged.posts())
    assert {"id", "account", "text", "created_at", "recorded_at"} <= set(told["posts"][0])
    assert {n["kind"] for n in told["nodes"]} == {"account", "post", "ticker", "link"}
    assert any(e["source"] == "account/x:100" for e in told["edges"])
    assert (told["commands"], told["layout"]) == ([["finding", RING.id]], {"account/x:100": [1.2, -7.0]})
    assert told["store"] == {"data_cut": view.seq}


def test_the_same_is_frozen_once_and_anything_else_is_another(work: Work, view: View) -> None:
    case_id, sha = frozen_in(work, view)
    assert work.do(ANNA, snapshots.freeze, case_id, view, RING.id) == sha
    work.clock.later(minutes=1)
    other = work.do(ANNA, snapshots.freeze, case_id, view, RING.id)
    assert other != sha
    assert sorted(r["id"] for r in work.rows(frozen)) == sorted([sha, other])
    assert all(sha256(r["content"]) == r["id"] for r in work.rows(frozen))


@pytest.mark.parametrize("changed", [{"text": "nothing to see here"}, {}], ids=["edited", "deleted"])
def test_what_was_captured_survives_at_the_source(work: Work, network: Store, changed: dict[str, str]) -> None:
    with network.view() as then:
        key = taken(work, then)
    case_id = work.case(ready=False)
    work.do(ANNA, alerts.promote, key, case_id)
    with edited(network, **changed) as now:
        sha = work.do(ANNA, snapshots.freeze, case_id, now, RING.id)
    told = content_of(work, sha)
    kept = next(p for p in told["posts"] if p["id"] == POST)
    assert kept["text"] == flagged.posts()[0]["text"]
    assert (kept["as_captured"], kept["text_now"]) == (True, changed.get("text"))
    assert told["alert"] == key
    assert [p["id"] for p in told["posts"] if p.get("as_captured")] == [POST]


def test_without_a_capture_a_deletion_is_not_undone(work: Work, network: Store) -> None:
    with edited(network) as now:
        _, sha = frozen_in(work, now)
    assert [p["id"] for p in content_of(work, sha)["posts"] if p["text"] is None] == [POST]


def test_a_capture_goes_with_its_dismissal_and_leaves_its_hash(work: Work, view: View) -> None:
    key = taken(work, view)
    work.do(ANNA, alerts.dismiss, key, "a campaign")
    assert work.do(ANNA, capture.expire) == []
    work.clock.later(days=29)
    assert work.do(ANNA, capture.expire) == []
    work.clock.later(days=1)
    [removed] = work.do(ANNA, capture.expire)
    row = work.row(captures, removed)
    assert (row["content"], row["removed_at"], len(row["hash"])) == (None, work.clock.now, 64)
    with work.book.look(ANNA, "alert", key) as look:
        assert capture.newest(look, key) is None
    assert flagged.LINK not in "".join(r["detail"] for r in work.rows(audit))


def test_an_alert_that_returns_keeps_its_content(work: Work, view: View) -> None:
    key = taken(work, view)
    work.do(ANNA, alerts.dismiss, key, "a campaign")
    work.do(ANNA, capture.expire)
    work.clock.later(days=40)
    work.do(ANNA, alerts.restore, key, "it was none")
    assert work.do(ANNA, capture.expire) == []
    assert work.rows(captures)[0]["expires_at"] is None


def test_what_is_held_stays_and_only_for_a_reason(work: Work, view: View) -> None:
    key = taken(work, view)
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(ANNA, capture.hold, key, " ")
    with pytest.raises(NotPermitted):
        work.do(Actor("otto"), capture.hold, key, "why")
    assert work.do(ANNA, capture.hold, key, "a court asked for it") == 1
    work.do(ANNA, alerts.dismiss, key, "a campaign")
    work.clock.later(days=400)
    assert work.do(ANNA, capture.expire) == []
    assert work.rows(captures)[0]["content"]
    work.do(ANNA, capture.release, key, "the court is done")
    work.do(ANNA, capture.expire)
    work.clock.later(days=30)
    assert len(work.do(ANNA, capture.expire)) == 1
    with pytest.raises(CaseError, match="nothing of it is kept"):
        work.do(ANNA, capture.hold, key, "too late")


def test_the_same_content_is_captured_once(work: Work, view: View) -> None:
    key = taken(work, view)
    sha = work.do(ANNA, capture.capture, key, view, RING)
    assert [r["hash"] for r in work.rows(captures)] == [sha]


def test_changed_content_is_seen_when_it_is_read(work: Work, view: View) -> None:
    key = taken(work, view)
    with work.book.database.writing() as connection:
        connection.execute(update(captures).values(content=captures.c.content + " "))
    with work.book.look(ANNA, "alert", key) as look, pytest.raises(CaseError, match="captured content was changed"):
        capture.newest(look, key)


def test_nothing_of_a_snapshot_or_of_custody_can_be_changed(work: Work, view: View) -> None:
    frozen_in(work, view)
    for statement in ("UPDATE snapshots SET content = ''", "DELETE FROM custody", "UPDATE custody SET who = 'eve'"):
        with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
            connection.execute(text(statement))


def test_who_held_it_is_a_chain(work: Work, view: View) -> None:
    case_id, sha = frozen_in(work, view)
    work.do(RUTH, snapshots.view_of, sha, "review")
    with work.book.look(ANNA, "case", case_id) as look:
        file = read(look, case_id)
    assert [(r["seq"], r["event"], r["who"], r["item"]) for r in file.custody] == [
        (1, "collected", "anna", sha),
        (2, "accessed", "ruth", sha),
    ]
    assert "content" not in file.snapshots[0]
    rows = [dict(r) for r in file.custody]
    assert custody.wrong(rows) == []
    assert custody.wrong(rows[1:]) == [
        "custody records 1 to 1 are gone",
        "custody record 2 does not follow the one before it",
    ]
    for column in ("who", "item", "event", "place", "why", "at", "case_id", "id"):
        changed = rows[0] | {column: rows[0]["at"] + timedelta(seconds=1) if column == "at" else "other"}
        assert "custody record 1 was changed" in custody.wrong([changed, rows[1]])


def test_who_may_not_know_of_the_case_gets_neither(work: Work, view: View) -> None:
    case_id, sha = frozen_in(work, view)
    with pytest.raises(CaseError, match="no case"):
        work.do(VERA, snapshots.view_of, sha, "curious")
    with pytest.raises(CaseError, match="no case"):
        work.do(VERA, snapshots.freeze, case_id, view, RING.id)
    with pytest.raises(CaseError, match="no snapshot"):
        work.do(ANNA, snapshots.view_of, "0" * 64, "curious")
    with pytest.raises(CaseError, match="no finding"):
        work.do(ANNA, snapshots.freeze, case_id, view, "nothing")


def test_a_decision_rests_on_snapshots_of_its_own_case(work: Work, view: View) -> None:
    _, others = frozen_in(work, view)
    case_id = work.case()
    own = work.do(ANNA, snapshots.freeze, case_id, view, RING.id)
    for strange in (others, "ab" * 32):
        with pytest.raises(CaseError, match=f"no snapshot of the case: {strange}"):
            work.do(ANNA, decisions.decide, case_id, draft(snapshots=(own, strange)))
    assert work.do(ANNA, decisions.decide, case_id, draft(snapshots=(own,)))


def test_text_is_the_same_whatever_the_order_of_its_keys() -> None:
    assert canonical({"b": [1, {"y": 2, "x": "ä"}], "a": None}) == canonical({"a": None, "b": [1, {"x": "ä", "y": 2}]})
