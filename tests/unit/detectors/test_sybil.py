from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import Findings, Scope, resolve
from detectors.coaction.allowlist import Allowed
from detectors.sybil import Sybil
from graph.findings import Checked, Finding, Priority, Role
from graph.model import NodeType
from graph.store import open_store
from tests.farms import DAY, Platform, Rows
from tests.stores import at, fill

SYBIL = Sybil()


@pytest.fixture
def platform() -> Platform:
    return Platform()


def detect(folder: Path, rows: Rows, scope: Scope | None = None, **given: Any) -> Findings:
    with open_store("memory://", folder / "data") as store:
        fill(store, {t: r for t, r in rows.items() if r})
        with store.view() as view:
            found = SYBIL.detect(view, resolve(SYBIL, given, "test"), scope or Scope())
            assert isinstance(found, Findings)
            for finding in found:
                assert all(view.has(node) for e in finding.evidence for node in e.nodes)
                assert all(view.account(a) is not None for a in finding.accounts)
                roles = {m.role for m in finding.members if not m.evidence}
                assert not roles & {Role.CORE, Role.AMPLIFIER}
            return found


def scores(folder: Path, rows: Rows) -> dict[str, float]:
    with open_store("memory://", folder / "data") as store:
        fill(store, {t: r for t, r in rows.items() if r})
        with store.view() as view:
            table = SYBIL.scores(view, resolve(SYBIL, {}, "test"), Scope())
            return dict(zip(table["account"].to_pylist(), table["score"].to_pylist(), strict=True))


def without(rows: Rows, table: str, *columns: str) -> Rows:
    gone = dict.fromkeys(columns)
    return {**rows, table: [{**r, **gone} for r in rows[table]]}


def state(finding: Finding, start: str) -> Checked:
    return next(e.state for e in finding.would_clear if e.text.startswith(start))


def test_a_farm_is_found_whole_with_what_ties_it(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    (found,) = detect(tmp_path, platform.rows)
    assert set(found.accounts) == set(members)
    assert all(m.role is Role.CORE for m in found.members)
    assert found.priority is Priority.HIGH
    assert "6 accounts created within 17 minutes from 9 February 2026 (UTC)" in found.summary
    assert "used 2 devices that no other account used" in found.summary
    assert "handles from one template (“dusty_quill_####”)" in found.summary
    assert found.summary.endswith("likely common control.")
    assert {layer.name for layer in found.layers} >= {"device", "ip", "births", "handles", "acting"}
    by_ref = {e.ref: e for e in found.evidence}
    for member in found.members:
        (own,) = (by_ref[r] for r in member.evidence)
        assert (NodeType.ACCOUNT, member.account) in own.nodes
        assert own.value == 5
        assert own.p_value is not None
        assert own.p_value < 1e-6
    assert found.rests_on


def test_people_who_share_what_people_share_are_let_be(tmp_path: Path, platform: Platform) -> None:
    platform.household()
    platform.cafe()
    found = detect(tmp_path, platform.rows)
    assert list(found) == []
    assert found.notes == ("let be: 1 group like people who know each other, with no trace of one hand",)


def test_friends_who_act_together_are_let_be_where_friends_do(tmp_path: Path, platform: Platform) -> None:
    first, *_ = [platform.friends(start) for start in range(140, 188, 6)]
    found = detect(tmp_path, platform.rows)
    assert list(found) == []
    assert found.notes[0].startswith("let be: ")
    phones = [f"phone-{who}" for who in first]
    bare = [r for r in platform.rows["identifiers"] if r["value"] not in phones]
    bare += [{**bare[0], "account": who, "kind": "device", "value": "laptop-140-0"} for who in first[2:]]
    (one_hand,) = detect(tmp_path / "bare", {**platform.rows, "identifiers": bare})
    assert set(one_hand.accounts) == set(first)
    assert state(one_hand, "people who live") is Checked.EXCLUDED


def test_what_has_no_time_is_known_whatever_the_end(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    rows = without(without(platform.rows, "identifiers", "first_seen", "last_seen"), "accounts", "created_at")
    (found,) = detect(tmp_path, rows, Scope(end=at(-70 * DAY)))
    assert set(found.accounts) == set(members)


def test_a_household_is_not_drawn_into_the_farm_next_door(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    for who in platform.household():
        platform.uses(who, "ip", "farm-address")
    (found,) = detect(tmp_path, platform.rows)
    assert set(members) <= {m.account for m in found.members if m.role is Role.CORE}
    assert all(m.role is Role.FRINGE for m in found.members if m.account not in members)


def test_it_works_with_what_is_loaded(tmp_path: Path, platform: Platform) -> None:
    members = set(platform.farm())
    bare = without(platform.rows, "accounts", "created_at", "handle", "attributes")
    for n, rows in enumerate(
        (
            bare,
            without(platform.rows, "identifiers", "first_seen", "last_seen"),
            {**platform.rows, "interactions": [], "posts": []},
            {"identifiers": platform.rows["identifiers"]},
        )
    ):
        (found,) = detect(tmp_path / str(n), rows)
        assert set(found.accounts) == members
    no_identifiers = {**platform.rows, "identifiers": []}
    (found,) = detect(tmp_path / "none", no_identifiers)
    assert set(found.accounts) == members
    assert any(limit.startswith("no identifiers are loaded") for limit in found.limits)
    assert state(found, "an address of many") is Checked.NOT_CHECKABLE
    assert detect(tmp_path / "empty", {"accounts": bare["accounts"]}) == []


def test_names_and_orders_do_not_matter(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    platform.household()
    (found,) = detect(tmp_path / "a", platform.rows)
    rng = random.Random(1)
    shuffled = {t: rng.sample(r, len(r)) for t, r in platform.rows.items()}
    assert list(detect(tmp_path / "b", shuffled)) == [found]
    accounts = sorted(r["account"] for r in platform.rows["accounts"])
    names = dict(zip(accounts, [f"x:new{i:04}" for i in reversed(range(len(accounts)))], strict=True))
    renamed = {t: [{**r, "account": names[r["account"]]} for r in rows] for t, rows in platform.rows.items()}
    (again,) = detect(tmp_path / "c", renamed)
    assert sorted(again.accounts) == sorted(names[a] for a in found.accounts)
    assert (again.summary, again.score, again.window) == (found.summary, found.score, found.window)
    assert sorted((e.measure, e.value, e.expected, e.p_value) for e in again.evidence) == sorted(
        (e.measure, e.value, e.expected, e.p_value) for e in found.evidence
    )


def test_one_owner_who_says_so_is_a_note(tmp_path: Path, platform: Platform) -> None:
    for i in range(3):
        who = platform.account(
            f"x:owned{i}", made=-400 * DAY * (i + 1), handle=f"art{'xyz'[i]}", attributes='{"bio": "accounts of @artx"}'
        )
        platform.uses(who, "device", "owner-machine")
        platform.uses(who, "ip", "owner-address")
    (found,) = detect(tmp_path, platform.rows)
    assert found.priority is Priority.NOTE
    assert state(found, "one owner") is Checked.PRESENT


def test_labels_and_states_are_heeded(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    stolen = {"account": members[0], "state": "hijacked", "at": at(0)}
    (found,) = detect(tmp_path / "a", {**platform.rows, "account_states": [stolen]})
    assert {m.account: m.role for m in found.members}[members[0]] is Role.COMPROMISED
    labels = [{"account": m, "label": "official", "source": "desk"} for m in members]
    nothing = detect(tmp_path / "b", {**platform.rows, "labels": labels})
    assert list(nothing) == []
    assert nothing.notes == ("let be: 1 group of official or service accounts",)


@pytest.mark.parametrize("kind", ["group", "account"])
def test_an_allow_list_entry_lets_accounts_be(tmp_path: Path, platform: Platform, kind: str) -> None:
    members = tuple(platform.farm())
    until = datetime(2027, 1, 1, tzinfo=UTC)
    values: Mapping[str, list[tuple[str, ...]]] = {"group": [members], "account": [(m,) for m in members]}
    entries = tuple(Allowed(kind, v, "our own", until, "anna") for v in values[kind])
    found = detect(tmp_path, platform.rows, Scope(allow=entries))
    assert list(found) == []
    assert any("our own" in note for note in found.notes) == (kind == "group")


def test_a_device_with_more_users_than_any_other_stands_alone(tmp_path: Path, platform: Platform) -> None:
    shared = []
    for i in range(9):
        who = platform.account(f"x:many{i}", made=-37 * DAY * (i + 1))
        platform.uses(who, "device", "one-for-all")
        shared.append(who)
    (found,) = detect(tmp_path, platform.rows)
    assert set(found.accounts) == set(shared)
    assert "9 accounts used one device that no other account used" in found.summary


def test_the_end_of_the_window_is_the_end_of_what_is_known(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    assert len(detect(tmp_path / "a", platform.rows, Scope(end=at(-19 * DAY)))) == 1
    assert detect(tmp_path / "b", platform.rows, Scope(end=at(-70 * DAY))) == []


def test_rings_smaller_than_asked_for_are_not_looked_for(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    assert detect(tmp_path, platform.rows, min_ring=7) == []


def test_signals_can_be_chosen(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    (found,) = detect(tmp_path, platform.rows, signals="identifiers")
    assert {layer.name for layer in found.layers} <= {"device", "ip", "follows", "rhythm"}


def test_every_account_has_a_score_and_the_farm_the_highest(tmp_path: Path, platform: Platform) -> None:
    members = set(platform.farm())
    family = platform.household()
    found = scores(tmp_path, platform.rows)
    assert set(found) == {r["account"] for r in platform.rows["accounts"]}
    assert min(found[m] for m in members) > 0.5
    assert max(score for a, score in found.items() if a not in members) <= 0.1
    assert found[family[0]] > 0


def paid(source: str, target: str, when: float, amount: str = "25.00") -> dict[str, Any]:
    wallet = {"source_type": "wallet", "target_type": "wallet", "asset": "USDT", "amount": amount}
    return {"transfer": f"{source}>{target}", "source": source, "target": target, "at": at(when), **wallet}


def test_money_from_one_hand_stands_alone_and_the_exchange_does_not(tmp_path: Path, platform: Platform) -> None:
    transfers = []
    for i in range(240):
        platform.uses(f"x:person{i:03}", "wallet", f"chain:w{i}")
        if i >= 8:
            transfers.append(paid("chain:exchange", f"chain:w{i}", -50 * DAY + i * 9000, f"{20 + 3.7 * i:.2f}"))
    transfers += [paid("chain:purse", f"chain:w{i}", -9 * DAY + 60 * i) for i in range(8)]
    (found,) = detect(tmp_path, {**platform.rows, "transfers": transfers})
    assert sorted(found.accounts) == [f"x:person{i:03}" for i in range(8)]
    assert "8 accounts were first funded by one party (chance of any such ring at most 1e-06)" in found.summary
    assert state(found, "a service that pays many") is Checked.EXCLUDED
    assert {layer.name for layer in found.layers} >= {"funding"}
    assert [e.measure for e in found.evidence if e.ref in found.rests_on] == ["accounts first funded by one party"]


def test_profiles_alike_and_follows_among_members_are_evidence(tmp_path: Path, platform: Platform) -> None:
    bio = '{"bio": "early supporter of everything, dm open"}'
    members = [platform.account(f"x:clone{i}", made=-99 * DAY * (i + 1), attributes=bio) for i in range(5)]
    for i, who in enumerate(members):
        platform.uses(who, "device", "clones")
        for other in members:
            if other != who:
                platform.follows(who, other)
        for k in range(15):
            platform.post(who, k * DAY + 3600 * 9 + i)
    for i in range(40):
        for k in range(3):
            platform.follows(f"x:person{i:03}", f"x:person{(7 * i + 11 * k + 1) % 240:03}")
        for k in range(15):
            platform.post(f"x:person{i:03}", k * DAY + 3600.0 * platform.rng.randrange(24) + k * i)
    (found,) = detect(tmp_path, platform.rows)
    assert set(found.accounts) == set(members)
    assert "have the same words in their profiles (“early supporter of everything, dm open”)" in found.summary
    measures = {layer.name: layer.value for layer in found.layers}
    assert measures["follows"] == 20
    assert measures["rhythm"] > 0.9
    assert state(found, "an address of many") is Checked.EXCLUDED
    assert state(found, "a device of a school") is Checked.NOT_CHECKABLE


def test_an_agency_named_by_all_and_an_address_of_many_are_seen(tmp_path: Path, platform: Platform) -> None:
    for i in range(4):
        bio = f'{{"bio": "shop {i} downtown, posts by @agency"}}'
        who = platform.account(f"x:client{i}", made=-99 * DAY * (i + 1), handle=f"{'qrst'[i]}shop", attributes=bio)
        platform.uses(who, "device", "agency-desk")
        platform.uses(who, "ip", "agency-office")
    for i in range(30, 39):
        platform.uses(f"x:person{i:03}", "ip", "agency-office")
    (found,) = detect(tmp_path, platform.rows)
    assert found.priority is Priority.NOTE
    said = {e.text: (e.state, e.detail) for e in found.would_clear}
    assert said["one owner or agency that says so"][0] is Checked.PRESENT
    state_, detail = next(v for k, v in said.items() if k.startswith("an address of many"))
    assert state_ is Checked.EXCLUDED
    assert detail.startswith("1 of 1 addresses were used by more accounts")


def test_many_addresses_are_shown_in_part_and_it_is_said(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    for k in range(20):
        for who in members:
            platform.uses(who, "ip", f"exit-{k}")
    (found,) = detect(tmp_path, platform.rows)
    assert "ip: 12 of 21 groups that members share are shown" in found.limits
    assert len([e for e in found.evidence if e.measure.startswith("accounts on one address")]) == 12


def test_where_nothing_is_dated_the_window_is_when_it_was_recorded(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    rows = without(without(platform.rows, "identifiers", "first_seen", "last_seen"), "accounts", "created_at")
    (found,) = detect(tmp_path, {"identifiers": rows["identifiers"], "accounts": rows["accounts"]})
    assert found.window.start == found.window.end
    assert found.window.end.year >= 2026


def test_trust_from_labels_is_part_of_scores(tmp_path: Path) -> None:
    """Two crowds that follow among themselves; ten of each are labelled, and the labels reach the others."""
    rng = random.Random(2)
    crowds = [[f"x:{side}{i:02}" for i in range(40)] for side in ("good", "bad")]
    follows = [
        {"interaction": f"{a}-{b}", "account": a, "kind": "follow", "target_type": "account", "target": b}
        for crowd in crowds
        for a in crowd
        for b in rng.sample(crowd, 12)
        if a != b
    ]
    words = (("benign", crowds[0]), ("sybil", crowds[1]))
    labels = [{"account": a, "label": word, "source": "desk"} for word, crowd in words for a in crowd[:10]]
    over = [{"account": "x:bad11", "label": "benign", "source": "old", "until": at(-DAY)}]
    found = scores(tmp_path / "a", {"interactions": follows, "labels": labels + over})
    assert min(found[a] for a in crowds[1]) > 0.5 > max(found[a] for a in crowds[0])
    few = scores(tmp_path / "b", {"interactions": follows, "labels": labels[:5]})
    assert set(few.values()) == {0.0}


def test_shifting_all_times_shifts_findings(tmp_path: Path, platform: Platform) -> None:
    platform.farm()
    by = timedelta(days=3, hours=1, minutes=7, seconds=13)
    moved = {
        t: [{k: v + by if isinstance(v, datetime) else v for k, v in r.items()} for r in rows]
        for t, rows in platform.rows.items()
    }
    (before,), (after,) = detect(tmp_path / "a", platform.rows), detect(tmp_path / "b", moved)
    assert (after.window.start - by, after.window.end - by) == (before.window.start, before.window.end)
    assert (after.evidence, after.score, after.members) == (before.evidence, before.score, before.members)


def test_posts_on_which_many_act_are_left_out_where_there_are_many(
    tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.identity.acting.PAIRS", 100)
    platform.farm()
    (found,) = detect(tmp_path, platform.rows)
    assert "acting: posts on which more than 3 accounts act were left out" in found.limits


def test_a_ring_near_labelled_sybils_says_so(tmp_path: Path, platform: Platform) -> None:
    members = platform.farm()
    bad, good = [f"x:person{i:03}" for i in range(20)], [f"x:person{i:03}" for i in range(60, 100)]
    for crowd in (bad + members, good):
        for k, who in enumerate(crowd):
            for step in (1, 2, 3, 5, 8):
                platform.follows(who, crowd[(k + step) % len(crowd)])
    words = (("sybil", bad[:12]), ("verified", good[:12]))
    labels = [{"account": a, "label": word, "source": "desk"} for word, some in words for a in some]
    (found,) = detect(tmp_path, {**platform.rows, "labels": labels})
    layer = next(layer for layer in found.layers if layer.name == "trust")
    assert layer.value > 0.5
    assert layer.p_value is None
