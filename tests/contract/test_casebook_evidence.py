"""Evidence, over each database: captured with its alert, frozen by its hash, kept from who deletes, and who held it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text, update

from cases import alerts, decisions
from cases.audit import canonical, sha256
from cases.casefile import read
from cases.caseload import Track, open_case
from cases.evidence import capture, custody, snapshots
from cases.lifecycles import Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.evidence import captures
from cases.storage.evidence import custody as custody_rows
from cases.storage.evidence import snapshots as frozen
from cases.storage.schema import audit
from cases.sweep import sweep
from graph.errors import CaseError, NotPermitted, StoreError
from graph.store import Store, View, open_store
from tests import casework, flagged
from tests.casework import ANNA, LENA, RUTH, VERA, Work, alert, draft

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
        assert capture.newest(look, [key]) is None
    assert flagged.LINK not in "".join(r["detail"] for r in work.rows(audit))


def test_of_removed_content_nothing_stays_in_the_file_or_its_log(view: View, tmp_path: Path) -> None:
    def careless(connection: Any, _record: object) -> None:
        """As most builds of SQLite are: what is deleted stays where it was."""
        connection.execute("PRAGMA secure_delete = OFF").close()

    def written() -> dict[str, int]:
        return {p.name: p.read_bytes().count(flagged.LINK.encode()) for p in tmp_path.glob("casebook.db*")}

    work = casework.opened(casework.sqlite_url(tmp_path))
    try:
        event.listen(work.book.database.engine, "connect", careless, insert=True)
        key = taken(work, view)
        work.book.database.tidy()
        work.do(ANNA, alerts.dismiss, key, "a campaign")
        assert sweep(work.book).removed == ()
        assert written()["casebook.db"] >= len(flagged.posts())
        work.clock.later(days=30)
        assert len(sweep(work.book).removed) == 1
        assert written() == dict.fromkeys(("casebook.db", "casebook.db-wal", "casebook.db-shm"), 0)
    finally:
        work.book.close()


def test_who_reads_meanwhile_keeps_the_log_until_they_are_done(tmp_path: Path) -> None:
    work = casework.opened(casework.sqlite_url(tmp_path))
    work.case()
    with work.book.database.reading() as connection:
        connection.execute(text("SELECT count(*) FROM cases"))
        work.case()
        sweep(work.book)
        assert (tmp_path / "casebook.db-wal").stat().st_size
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() == 1
    sweep(work.book)
    assert (tmp_path / "casebook.db-wal").stat().st_size == 0
    with work.book.database.reading() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 30_000, "writers wait as before"
    work.book.close()


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
    for other in (Actor("otto"), VERA, Actor("polly", frozenset({Role.POLICY}))):
        with pytest.raises(NotPermitted):
            work.do(other, capture.hold, key, "why")
    assert work.do(ANNA, capture.hold, key, "a court asked for it") == 1
    work.do(ANNA, alerts.dismiss, key, "a campaign")
    work.clock.later(days=400)
    assert work.do(ANNA, capture.expire) == []
    assert work.rows(captures)[0]["content"]
    with pytest.raises(NotPermitted):
        work.do(ANNA, capture.release, key, "the court is done")
    work.do(LENA, capture.release, key, "the court is done")
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
        capture.newest(look, [key])


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
    with pytest.raises(CaseError, match=f"no snapshot '{sha}'"):
        work.do(VERA, snapshots.view_of, sha, "curious")
    with pytest.raises(NotPermitted, match="may not see"):
        work.do(VERA, snapshots.freeze, case_id, view, RING.id)
    hidden = work.case(ready=False, restricted=True)
    with pytest.raises(CaseError, match="no case"):
        work.do(LENA, snapshots.freeze, hidden, view, RING.id)
    with pytest.raises(CaseError, match="no case"):
        work.do(LENA, snapshots.verify, hidden, "curious")
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


def said(network: Store, *events: tuple[str, str | None]) -> None:
    """What the platform told of the ring's first post."""
    told = [{"post": POST, "kind": kind, "at": flagged.START + timedelta(days=3), "text": t} for kind, t in events]
    with network.writer() as writer:
        writer.write("post_events", flagged.table("post_events", told))


def test_what_the_platform_said_of_a_post_is_in_it(work: Work, network: Store) -> None:
    said(network, ("edited", "nothing to see here"), ("deleted", None))
    with network.view() as now:
        _, sha = frozen_in(work, now)
    told = {p["id"]: p["events"] for p in content_of(work, sha)["posts"]}
    at = (flagged.START + timedelta(days=3)).isoformat(timespec="microseconds")
    assert told.pop(POST) == [
        {"kind": "deleted", "at": at, "text": None},
        {"kind": "edited", "at": at, "text": "nothing to see here"},
    ]
    assert set(map(len, told.values())) == {0}


def test_a_post_that_is_gone_is_there_with_what_became_of_it(work: Work, network: Store) -> None:
    with network.view() as then:
        key = taken(work, then)
    said(network, ("deleted", None))
    case_id = work.case(ready=False)
    work.do(ANNA, alerts.promote, key, case_id)
    with edited(network) as now:
        told = content_of(work, work.do(ANNA, snapshots.freeze, case_id, now, RING.id))
    kept = next(p for p in told["posts"] if p["id"] == POST)
    assert (kept["text"], kept["text_now"]) == (flagged.posts()[0]["text"], None)
    assert [e["kind"] for e in kept["events"]] == ["deleted"]


@pytest.mark.parametrize("store", ["another", "none"])
def test_what_no_store_has_any_more_is_frozen_as_it_was_captured(
    work: Work, view: View, store: str, tmp_path: Path
) -> None:
    key = taken(work, view)
    case_id = work.case(ready=False)
    work.do(ANNA, alerts.promote, key, case_id)
    with open_store(f"sqlite:///{tmp_path}/empty.db", tmp_path / "empty") as empty, empty.view() as nothing:
        sha = work.do(ANNA, snapshots.freeze, case_id, nothing if store == "another" else None, RING.id)
        with pytest.raises(CaseError, match="no finding 'other'"):
            work.do(ANNA, snapshots.freeze, case_id, nothing, "other")
    told = content_of(work, sha)
    assert (told["finding"]["id"], told["alert"], len(told["posts"])) == (RING.id, key, len(flagged.posts()))


def test_of_another_finding_of_the_ring_only_what_this_one_names_is_taken(work: Work, network: Store) -> None:
    with network.view() as then:
        key = taken(work, then)
    case_id = work.case(ready=False)
    work.do(ANNA, alerts.promote, key, case_id)
    together = RING.evidence[1]
    members = tuple(replace(m, evidence=(together.ref,)) for m in RING.members[:5])
    narrow = flagged.shilling(
        2, members=members, evidence=(together,), rests_on=(together.ref,), lineage_id=RING.lineage_id
    )
    flagged.flag(network, [narrow])
    with edited(network) as now:
        told = content_of(work, work.do(ANNA, snapshots.freeze, case_id, now, narrow.id))
    assert told["alert"] == key
    assert {p["id"] for p in told["posts"]} == {n.key for n in together.nodes if n.type == "post"}
    assert [p["id"] for p in told["posts"] if p.get("as_captured")] == [POST]
    assert {n["label"] for n in told["nodes"] if n["kind"] == "account"} == {f"moon_{i}" for i in range(5)}


def test_what_is_merged_goes_with_what_it_is_merged_into(work: Work, view: View) -> None:
    key = taken(work, view)
    whole = work.do(ANNA, alerts.take, alert(2, lineage="ring-2"))
    work.do(ANNA, alerts.merge, [key], whole)
    work.clock.later(days=90)
    assert work.do(ANNA, capture.expire) == []
    work.do(ANNA, alerts.dismiss, whole, "a campaign")
    work.do(ANNA, capture.expire)
    work.clock.later(days=30)
    assert len(work.do(ANNA, capture.expire)) == 1


def test_a_case_of_the_market_track_keeps_its_snapshot_and_tells_nothing_by_what_is_kept(
    work: Work, view: View
) -> None:
    key = taken(work, view)
    case_id = work.do(ANNA, open_case, "a pump", Severity.S1, alert_ids=[key], track=Track.MARKET)
    sha = work.do(ANNA, snapshots.freeze, case_id, view, RING.id)
    work.do(ANNA, alerts.dismiss, key, "nothing for the platform")
    work.do(ANNA, capture.expire)
    work.clock.later(days=30)
    assert len(work.do(ANNA, capture.expire)) == 1
    assert content_of(work, sha)["alert"] == key


@pytest.mark.parametrize("place", [(1.0, float("nan")), (float("inf"), 0.0), (1.0,)])
def test_what_is_no_place_is_refused(work: Work, view: View, place: tuple[float, ...]) -> None:
    with pytest.raises(CaseError, match="no places: account/x:100"):
        frozen_in(work, view, layout={"account/x:100": place, "account/x:101": (1.0, 2.0)})


def test_a_case_is_held_against_its_hashes(work: Work, view: View) -> None:
    case_id, sha = frozen_in(work, view)
    assert work.do(RUTH, snapshots.verify, case_id, "before the hearing") == []
    last = work.rows(custody_rows)[-1]
    assert (last["event"], last["item"], last["who"], last["why"]) == (
        "verified", sha, "ruth", "before the hearing: as it was frozen",
    )  # fmt: skip
    assert work.do(RUTH, snapshots.verify, work.case(ready=False), "nothing in it") == []


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE snapshots SET content = replace(content, 'moon_0', 'moon_9')", "snapshot {sha} was changed"),
        ("DELETE FROM custody WHERE seq = 2", "custody record 2 is in the audit trail and gone"),
        ("DELETE FROM custody WHERE seq = 1", "custody records 1 to 1 are gone"),
        ("UPDATE custody SET why = 'nothing' WHERE seq = 1", "custody record 1 was changed"),
        ("UPDATE custody SET hash = 'x' WHERE seq = 2", "custody record 2 is not the one that the audit trail has"),
        ("UPDATE custody SET id = 'x' WHERE seq = 2", "custody record 2 is not the one that the audit trail has"),
    ],
)
def test_what_was_changed_past_the_triggers_is_found(work: Work, view: View, statement: str, wrong: str) -> None:
    case_id, sha = frozen_in(work, view)
    work.do(RUTH, snapshots.view_of, sha, "review")
    with work.book.database.writing() as connection:
        for table in ("snapshots", "custody"):
            if work.book.database.kind == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        connection.execute(text(statement))
    assert any(wrong.format(sha=sha) in said for said in work.do(RUTH, snapshots.verify, case_id, "why"))
    if "snapshots" in statement:
        with work.book.look(ANNA, "snapshot", sha) as look, pytest.raises(CaseError, match="its hash is another"):
            snapshots.read(look, sha)
