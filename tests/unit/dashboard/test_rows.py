"""Checking, exporting, triage, profiles, pairs and jobs, as rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard import checklist, exporting, pairs, profiles, triage, work
from detectors.alerting.echoes import Echoes
from detectors.checking.answers import State, check
from detectors.checking.entries import entries
from graph.findings import Reason, finding_from_json
from graph.model import NodeRef, NodeType, Rejected
from graph.store import View, open_store
from ingest.links import canonical_link
from tests import flagged

A, B = flagged.shilling(), flagged.sybil()
ACCOUNT = NodeRef(NodeType.ACCOUNT, flagged.ACCOUNTS[0])


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    folder = tmp_path_factory.mktemp("rows")
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        flagged.load(store)
        flagged.flag(store)
        with store.writer() as writer:
            more = {"account": ACCOUNT.key, "observed_at": flagged.START, "handle": "moon_new", "followers": 5}
            writer.write("accounts", flagged.table("accounts", [more]))
            state = {"account": ACCOUNT.key, "at": flagged.START, "state": "limited"}
            writer.write("account_states", flagged.table("account_states", [state]))
        with store.view() as view:
            yield view


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\n=1"])
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    header, row = csv.reader(io.StringIO(exporting.to_csv([{"=a": cell, "n": -1.5}]).decode()))
    assert header == ["'=a", "n"]
    assert row == ["'" + cell, "-1.5"]
    assert exporting.to_csv([]) == b"\r\n"


def test_findings_are_exported_whole() -> None:
    lines = exporting.to_jsonl([A, B]).splitlines()
    assert [finding_from_json(line) for line in lines] == [A, B]


def test_a_pasted_list_is_answered_entry_by_entry(view: View) -> None:
    text = f"@moon_1; @nobody\n\n{flagged.LINK} @moon_2,  @moon_7"
    assert [n for n, _ in checklist.lines(text)] == [1, 1, 3, 3, 3]
    found = check(view, entries(checklist.lines(text), canonical_link))
    rows = {str(r["Entry"]): r for r in checklist.rows(found.answers)}
    assert rows["@nobody"]["Answer"] == State.ABSENT
    assert rows["@moon_1"]["Findings"] == 2
    assert rows["@moon_1"]["Priority"] == "high"
    assert "labelled verified by platform" in str(rows["@moon_7"]["Labels"])
    assert checklist.tally(found)[0] == "4 in a finding"
    assert [a.entry.text for a in checklist.kept(found.answers, [State.ABSENT])] == ["@nobody"]
    assert {r["finding"] for r in checklist.export_rows(found)} == {A.id, B.id, ""}
    assert "shilling on commit 1" in checklist.stands_on(found)
    assert [r["As what"] for r in checklist.involved_rows(found.answers[0])] == ["core", "core"]


def test_the_list_is_filtered_and_ordered() -> None:
    grown = flagged.shilling(version="2", supersedes=A.id, lineage_id=A.id, tickers=("NEW",), score=0.3)
    found = [A, B, grown, flagged.shadow()]
    alert = {"finding": B.id, "reason": "returned"}
    standing = triage.standings(found, [flagged.run(alerts=(alert,))])
    assert list(standing.values()) == ["new", "returned", "grown", "new"]

    def kept(**chosen: object) -> list[str]:
        return [f.id for f in triage.listed(found, triage.Wanted.of(chosen), standing)]

    assert kept() == [A.id, grown.id, B.id]
    assert kept(shadow=True)[-1] == flagged.shadow().id
    assert kept(standings=["returned"]) == kept(detectors=["sybil"]) == kept(priorities=["medium"]) == [B.id]
    assert kept(kinds=["shilling_cluster"], tickers=["NEW"]) == [grown.id]
    assert kept(words="DEVICE 3") == [B.id]
    assert kept(words="x:107 xyz") == [A.id, grown.id], "members and tickers are looked through"
    day = flagged.START.date()
    assert kept(days=(day + timedelta(days=1),)) == [A.id, grown.id]
    assert kept(days=(day - timedelta(days=9), day - timedelta(days=1))) == []
    assert kept(order="members")[-1] == B.id
    assert kept(order="score") == [A.id, B.id, grown.id]


def test_every_action_says_what_it_would_do() -> None:
    many = [flagged.shilling(version=str(i)) for i in range(triage.OPENED + 2)]
    said = {a.name: a.would([*many, flagged.shadow()]) for a in triage.ACTIONS}
    assert said["picture"][1] == f"The other 3 are left out: a picture takes {triage.OPENED}."
    assert "33 findings, which name 8 accounts" in said["csv"][0]
    assert any("Shadow" in line for line in said["jsonl"])
    assert all(any("Nothing in the store changes" in line for line in lines) for lines in said.values())
    assert len(triage.opening(many)) == triage.OPENED
    assert triage.export_rows([A], {})[0]["standing"] == "new"


def test_an_account_is_known_by_facts_acts_and_what_others_say(view: View) -> None:
    facts = {r["What"]: r["Value"] for r in profiles.facts(view, ACCOUNT, "Asia/Tokyo")}
    assert facts["Handle"] == "@moon_new"
    assert facts["Devices, addresses, wallets it uses"] == "1"
    seen = profiles.observations(view, ACCOUNT.key, None)
    assert [r["Observed"] for r in seen] == ["2026-03-03 14:00:00 UTC", "undated"]
    assert seen[0]["Changed"] == "handle, verified, followers"
    assert profiles.said_of(view, ACCOUNT.key) == ["the platform says “limited” since 2026-03-03 14:00:00 UTC"]
    acts = profiles.activity(view, ACCOUNT)
    assert acts.said() == "6 posts, by day (UTC)."
    assert [r["Posts"] for r in profiles.by_day(acts.times)] == [2, 4]
    assert profiles.by_day([]) == []
    gap = profiles.by_day([flagged.START, flagged.START + timedelta(days=3)])
    assert [r["Posts"] for r in gap] == [1, 0, 0, 1]


def test_findings_that_name_an_account_come_with_the_evidence_of_its_own(view: View) -> None:
    found = profiles.involved(ACCOUNT, view.findings())
    rows = profiles.finding_rows(ACCOUNT, found)
    assert {r["Finding"] for r in rows} == {A.id, B.id, flagged.shadow().id}
    assert str(rows[0]["Evidence of its own"]).startswith("E1: posting $XYZ within 60 s")
    last = NodeRef(NodeType.ACCOUNT, flagged.ACCOUNTS[-1])
    assert profiles.finding_rows(last, [A])[0]["Evidence of its own"] == "none: member only"
    assert profiles.involved(NodeRef(NodeType.TICKER, "XYZ"), [A, B]) == [A]
    assert profiles.involved(NodeRef(NodeType.LINK, flagged.LINK), [A, B]) == [A]


def test_neighbours_say_how_many_there_are(view: View) -> None:
    scores = profiles.suspicion_of([A, B])
    far, rows, said = profiles.neighbours(view, NodeRef(NodeType.TICKER, "XYZ"), "accounts", scores)
    assert said == "8 of 8, the strongest first."
    assert {n.key for n in far} == set(flagged.ACCOUNTS)
    assert {r["Times"] for r in rows} == {"6"}
    assert rows[[n.key for n in far].index("x:100")]["Highest score"] == "0.97"


def test_two_rings_and_one_ring_at_two_dates() -> None:
    assert pairs.said(A, B) == "3 of 8 and 3 accounts are in both"
    later = flagged.shilling(version="2", supersedes=A.id, lineage_id=A.id, members=A.members[1:], priority=B.priority)
    assert "1 account left" in pairs.said(A, later)
    assert "priority was high" in pairs.said(A, later)
    rows = pairs.member_rows(A, later, {flagged.ACCOUNTS[0]: "moon_0"})
    assert [r["In"] for r in rows] == ["both"] * 7 + ["A alone"]
    assert rows[-1]["Handle"] == "moon_0"
    beside = {r["What"]: r for r in pairs.beside_rows(A, B, ["device:d7"])}
    assert beside["tickers"]["A alone"] == "1: XYZ"
    assert str(beside["accounts"]["In both"]).startswith("3: x:100")
    both = str(beside["rare identifiers used by members of both"]["In both"])
    assert re.fullmatch(r"1: device #[0-9a-f]{6}", both), "its value, or the hash of it, is nobody's business"


def test_rings_are_similar_by_what_they_share_or_how_they_behave(view: View) -> None:
    users = pairs.users_of(view, A.accounts)
    assert users == {"device:d7": frozenset(flagged.ACCOUNTS[:3])}
    found = pairs.similar(A, [A, B], users)
    assert [(x.finding.id, x.accounts, x.identifiers, x.behaviour) for x in found] == [(B.id, 3, 1, None)]
    near_it = tuple(Reason(f"f{i}", v, 1.0, 0.0) for i, v in enumerate((1.0, 2.0, 3.0)))
    base = flagged.shilling(version="b", members=A.members[:1], reasons=near_it, tickers=("A",), links=())
    near = flagged.shilling(version="n", members=A.members[4:5], reasons=near_it, tickers=("B",), links=())
    away = tuple(Reason(f"f{i}", v, 1.0, 0.0) for i, v in enumerate((9.0, 9.0, 9.0)))
    far = flagged.shilling(version="f", members=A.members[5:6], reasons=away, tickers=("C",), links=())
    alike = pairs.similar(base, [near, far], {})
    assert [(x.finding.id, x.behaviour) for x in alike] == [(near.id, 1.0)]
    assert pairs.measure_rows(base, A)[0] == {"Feature": "f0", "A": "1", "B": "unknown", "A high value says": ""}
    measured = pairs.likeness_rows(Echoes(view).between(A, B))
    assert {r["Measure"] for r in measured} >= {"identifiers", "links", "accounts"}


def test_a_run_tells_stages_counts_and_parameters() -> None:
    run = flagged.run(seconds=2.0, stages={"sweep": 1.5, "judge": 0.5}, counts={"posts_swept": 48}, params={"w": 60})
    assert work.stage_rows(run)[0] == {"Stage": "sweep", "Seconds": 1.5, "Part": "75%"}
    assert work.count_rows(run) == [{"Counted": "posts swept", "Number": "48"}]
    assert {"What": "Parameter w", "Value": "60"} in work.about_rows(run)


def test_loads_and_quarantine_are_told() -> None:
    assert work.load_rows({"f.jsonl": {"rows": 12_000, "done": True}}) == [
        {"Load": "f.jsonl", "State": "rows: 12,000; done: True"}
    ]
    rows = [Rejected("f", i, "posts", "created_at", "no time", "<b>\u202e") for i in (3, 4)]
    rows.append(Rejected("f", 9, "", "", "no JSON", "{"))
    assert [(r["Rows"], r["Reason"]) for r in work.reason_rows(rows)] == [(2, "no time"), (1, "no JSON")]
    assert work.rejected_rows(rows)[0]["As read"] == "<b>⟨U+202E⟩"
