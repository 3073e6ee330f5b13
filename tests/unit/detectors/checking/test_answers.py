"""What a list's entries come to, on every store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.checking.answers import Answer, Checked, State, check
from detectors.checking.entries import entries
from graph.findings import Evidence, Finding, Member, Role, Status
from graph.model import NodeRef, NodeType
from graph.store import Store
from ingest.links import canonical_link
from tests.stores import STORES, Backend, at, finding, put, run

LINK = "https://moon.example/presale"
WALLET = "0x" + "ab" * 20


def ring(name: str = "ring", **changed: object) -> Finding:
    """A finding on two accounts that names a link, by itself and in its evidence, and a wallet."""
    nodes = (NodeRef(NodeType.LINK, LINK), NodeRef(NodeType.WALLET, f"eth:{WALLET}"))
    evidence = Evidence("sharing a link", 3.0, 0.1, 0.01, "posts", nodes)
    members = (Member("x:1", 0.9, Role.CORE, (evidence.ref,)), Member("x:2", 0.5, Role.FRINGE))
    values: dict[str, object] = {"members": members, "links": (LINK,), "evidence": (evidence,), "run_id": "run-1"}
    return finding(name, **{**values, **changed})


@pytest.fixture(params=STORES, ids=lambda backend: backend.name)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    backend: Backend = request.param
    with backend.open(tmp_path) as opened:
        put(
            opened,
            "accounts",
            {"account": "x:1", "handle": "Anna", "observed_at": at(9)},
            {"account": "x:1", "handle": "anna_old", "observed_at": at(1)},
            {"account": "x:2", "handle": "bo"},
            {"account": "x:3", "handle": "cleo"},
            {"account": "y:3", "handle": "Cleo"},
            {"account": "x:4", "handle": "dan"},
        )
        put(opened, "posts", {"post": "x:77", "account": "x:1", "links": [LINK]})
        put(
            opened,
            "identifiers",
            {"account": "x:2", "kind": "device", "value": "d1"},
            {"account": "x:4", "kind": "device", "value": "d1"},
            {"account": "x:3", "kind": "wallet", "value": f"eth:{WALLET}"},
            *({"account": f"x:{n}", "kind": "ip", "value": "carrier"} for n in (1, 3, *range(100, 125))),
        )
        put(
            opened,
            "transfers",
            {"transfer": "t1", "source_type": "wallet", "source": "eth:0x" + "cd" * 20, "chain": "eth",
             "target_type": "wallet", "target": f"eth:{WALLET}"},
        )  # fmt: skip
        yield opened


def answers(store: Store, *lines: str) -> Checked:
    with store.view() as view:
        return check(view, entries(enumerate(lines, 1), canonical_link))


def answer(store: Store, line: str) -> Answer:
    (found,) = answers(store, line).answers
    return found


def record(store: Store, *findings: Finding) -> None:
    with store.writer() as writer:
        writer.add_run(run(), findings)


def test_a_member_is_told_with_whom_and_since_when(store: Store) -> None:
    record(store, ring())
    found = answer(store, "@ANNA")
    assert found.state is State.FLAGGED
    (involved,) = found.involved
    assert (involved.as_what, involved.beside, involved.since) == ("core", ("@bo",), at(0))
    assert involved.found_at == run().started_at


@pytest.mark.parametrize("line", ["x:1", "https://x.com/anna", "anna_old", "1", LINK, f"{LINK}?utm_source=a"])
def test_other_ways_to_name_it(store: Store, line: str) -> None:
    record(store, ring())
    assert answer(store, line).state is State.FLAGGED


def test_an_earlier_handle_says_so(store: Store) -> None:
    assert [n.by for n in answer(store, "anna_old").accounts] == ["an earlier handle; now Anna"]


def test_a_post_leads_to_its_author(store: Store) -> None:
    record(store, ring())
    found = answer(store, "https://x.com/anna/status/77")
    assert [(n.account, n.by) for n in found.accounts] == [("x:1", "author of the post")]
    assert found.state is State.FLAGGED


def test_a_handle_on_two_platforms_is_two_accounts(store: Store) -> None:
    found = answer(store, "cleo")
    assert [n.account for n in found.accounts] == ["x:3", "y:3"]
    assert found.state is State.KNOWN


def test_a_wallet_is_its_users_and_those_it_paid(store: Store) -> None:
    record(store, ring())
    assert answer(store, WALLET.upper().replace("0X", "0x")).state is State.FLAGGED
    funder = answer(store, "0x" + "cd" * 20)
    assert [(n.account, n.by) for n in funder.accounts] == [("x:3", "uses a wallet that moved assets with it")]


def test_a_rare_identifier_is_near_and_a_carrier_is_not(store: Store) -> None:
    record(store, ring())
    near = answer(store, "dan")
    assert near.state is State.NEAR
    assert near.near == (f"shares a device with 1 of {ring().id[:10]}'s members (2 accounts in all use it)",)
    assert answer(store, "y:3").state is State.KNOWN
    assert not answer(store, "x:3").near  # it shares the carrier's address with a member


def test_not_found_is_not_known(store: Store) -> None:
    found = answers(store, "@nobody", "0x" + "ee" * 20, "not a name")
    assert [a.state for a in found.answers] == [State.ABSENT, State.ABSENT, State.UNREAD]
    assert found.counts[str(State.ABSENT)] == 2


def test_shadow_findings_flag_nobody(store: Store) -> None:
    record(store, ring(status=Status.SHADOW))
    assert answer(store, "@anna").state is State.KNOWN


def test_since_reaches_back_to_the_lineages_first_finding(store: Store) -> None:
    first = ring("a")
    with store.writer() as writer:
        writer.add_run(run(started_at=at(5)), [first])
    later = ring("b", lineage_id=first.lineage_id, supersedes=first.id, run_id="run-2",
                 members=(Member("x:1", 0.9, Role.CORE),))  # fmt: skip
    with store.writer() as writer:
        writer.add_run(run("run-2", started_at=at(50)), [later])
    (involved,) = answer(store, "@anna").involved
    assert (involved.finding, involved.found_at) == (later.id, at(5))
    gone = answer(store, "@bo")
    assert gone.state is State.EARLIER
    assert [(i.finding, i.current) for i in gone.involved] == [(first.id, False)]


def test_decisions_and_labels_are_told_as_their_sources_word_them(store: Store) -> None:
    found = ring()
    record(store, found)
    put(store, "verdicts", {"subject": "x:1", "outcome": "violation", "at": at(3), "policy": "P 2",
                            "finding_id": found.id, "reversed_at": at(9)})  # fmt: skip
    put(store, "labels", {"account": "x:2", "label": "official", "source": "desk", "at": at(0)})
    one, other = answers(store, "@anna", "@bo").answers
    assert [(d.outcome, d.reversed_at) for d in one.decided] == [("violation", at(9))]
    assert other.decided == ()  # what was decided of another member is not said of this one
    assert other.involved[0].decided == "1 violation, reversed"
    assert other.labels == ("labelled official by desk on 2026-03-01",)


def test_findings_that_entries_share_and_what_the_answers_stand_on(store: Store) -> None:
    record(store, ring())
    with store.writer() as writer:
        writer.add_run(run("run-9", detector="sybil", error="broke"))
    found = answers(store, "@anna", "@bo", "@cleo")
    assert found.shared == ((ring().id, 2, 2),)
    assert [r.detector for r in found.runs] == ["shilling"]  # one that failed looked at nothing
