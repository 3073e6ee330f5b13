from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.identity.funding import CHAIN, FAN_IN, FAN_OUT, Funding, FundingGroup, close, fisher, funding_groups
from graph.model import NodeRef, NodeType
from graph.store import open_store
from tests.stores import at, fill

Rows = dict[str, list[dict[str, Any]]]
DAY, MINUTE = 86_400, 60


class Chain:
    """A chain's transfers and whose wallets are whose."""

    def __init__(self, people: int = 80) -> None:
        """People are paid by two exchanges over two months, each in another amount; a few pay a friend."""
        self.rows: Rows = {"transfers": [], "identifiers": []}
        draw = random.Random(4)
        for i in range(people):
            self.owns(f"x:p{i:02}", f"p{i:02}")
            self.pays(f"exchange{i % 2}", f"p{i:02}", draw.randrange(60 * DAY), f"{draw.uniform(20, 900):.2f}")
        for i in range(0, 24, 2):
            self.pays(f"p{i:02}", f"p{i + 1:02}", draw.randrange(60 * DAY), f"{draw.uniform(5, 300):.2f}")

    def owns(self, account: str, address: str) -> None:
        self.rows["identifiers"].append({"account": account, "kind": "wallet", "value": f"chain:{address}"})

    def pays(self, source: str, target: str, when: int | None, amount: str | None = "25.00", **more: Any) -> str:
        key = f"{source}>{target}@{when}"
        row: dict[str, Any] = {
            "source_type": "wallet",
            "target_type": "wallet",
            "asset": "USDT",
            "amount": amount,
            "transfer": key,
        }
        row |= {"source": f"chain:{source}", "target": f"chain:{target}", "at": None if when is None else at(when)}
        self.rows["transfers"].append(row | more)
        return key

    def farm(self, count: int = 7, start: int = 20 * DAY, purse: str = "purse") -> list[str]:
        """Accounts whose wallets one purse pays in turn."""
        members = [f"x:farm{i}" for i in range(count)]
        for i, member in enumerate(members):
            self.owns(member, f"f{i}")
            self.pays(purse, f"f{i}", start + i * MINUTE)
        return members


@pytest.fixture
def chain() -> Chain:
    return Chain()


def groups(folder: Path, rows: Rows, **given: Any) -> Funding:
    with open_store("memory://", folder / "data") as store:
        fill(store, {t: r for t, r in rows.items() if r})
        with store.view() as view:
            found = funding_groups(view, **given)
            keys = {r["transfer"] for r in rows["transfers"]}
            for group in found.groups:
                assert all(view.has(node) for node in group.nodes)
                assert group.hub in group.nodes
                assert set(group.transfers) <= keys
                assert {t for each in group.of for t in each} <= set(group.transfers)
                assert len(group.of) == len(group.accounts)
            return found


def only(found: Funding) -> FundingGroup:
    (group,) = found.groups
    return group


def wallet(address: str) -> NodeRef:
    return NodeRef(NodeType.WALLET, f"chain:{address}")


def test_exchanges_are_recognised_by_their_role_and_tie_nobody(tmp_path: Path, chain: Chain) -> None:
    found = groups(tmp_path, chain.rows)
    assert not found.groups
    assert [s.node for s in found.services] == [wallet("exchange0"), wallet("exchange1")]
    assert all("at all times, in different amounts" in s.why for s in found.services)


def test_a_farm_paid_by_one_purse_is_found_with_its_transfers(tmp_path: Path, chain: Chain) -> None:
    members = chain.farm()
    group = only(groups(tmp_path, chain.rows))
    assert group.kind == FAN_OUT
    assert list(group.accounts) == members
    assert group.hub == wallet("purse")
    assert len(group.transfers) == 7
    assert group.of[0] == (f"purse>f0@{20 * DAY}",)
    assert {a.name for a in group.tests} == {"size", "times", "amounts"}
    assert group.p_value < 1e-6
    assert group.expected < 0.01
    assert (group.first, group.last) == (at(20 * DAY), at(20 * DAY + 6 * MINUTE))


def test_the_purse_may_be_an_accounts_and_transfers_may_be_straight_to_accounts(tmp_path: Path, chain: Chain) -> None:
    chain.owns("x:boss", "purse")
    members = chain.farm(6)
    chain.rows["identifiers"] = [r for r in chain.rows["identifiers"] if "farm" not in r["account"]]
    for row in chain.rows["transfers"]:
        if row["source"] == "chain:purse":
            row.update(target_type="account", target=f"x:farm{row['target'][-1]}")
    group = only(groups(tmp_path, chain.rows))
    assert list(group.accounts) == members
    assert group.hub == NodeRef(NodeType.ACCOUNT, "x:boss")
    assert group.hub_accounts == ("x:boss",)


def test_two_hops_through_wallets_that_are_nobodys_are_one_group(tmp_path: Path, chain: Chain) -> None:
    members = chain.farm(3, purse="middle0")
    for i in range(3, 6):
        chain.owns(f"x:farm{i}", f"f{i}")
        chain.pays("middle1", f"f{i}", 20 * DAY + i * MINUTE)
    for i in range(2):
        chain.pays("root", f"middle{i}", 19 * DAY + i * MINUTE, "80.00")
    group = only(groups(tmp_path, chain.rows))
    assert group.hub == wallet("root")
    assert list(group.accounts) == [*members, "x:farm3", "x:farm4", "x:farm5"]
    assert len(group.transfers) == 8
    assert {wallet("middle0"), wallet("middle1")} < set(group.nodes)


def test_sweeps_to_one_address_are_found(tmp_path: Path, chain: Chain) -> None:
    for i in range(2, 50, 7):
        chain.pays(f"p{i:02}", "sink", 61 * DAY + i * MINUTE, "19.99")
    group = only(groups(tmp_path, chain.rows))
    assert group.kind == FAN_IN
    assert group.hub == wallet("sink")
    assert list(group.accounts) == [f"x:p{i:02}" for i in range(2, 50, 7)]


def test_money_handed_on_along_a_line_is_a_chain_in_its_order(tmp_path: Path, chain: Chain) -> None:
    for i in range(6):
        chain.owns(f"x:link{9 - i}", f"l{i}")
        chain.pays("start" if i == 0 else f"l{i - 1}", f"l{i}", 30 * DAY + i * 600 * MINUTE, f"{60 - 4 * i}.50")
    group = only(groups(tmp_path, chain.rows))
    assert group.kind == CHAIN
    assert group.accounts == tuple(f"x:link{9 - i}" for i in range(6))
    assert group.hub == wallet("start")
    assert len(group.transfers) == 6


def test_who_gives_customers_their_money_back_is_no_funder(tmp_path: Path, chain: Chain) -> None:
    for i in range(30, 38):
        chain.pays(f"p{i}", "small exchange", 61 * DAY + i * MINUTE, f"{100 + i}.00")
        chain.pays("small exchange", f"p{i}", 63 * DAY + i * MINUTE, f"{(100 + i) * (3 if i % 3 else 1)}.00")
    assert not groups(tmp_path, chain.rows).groups


@pytest.mark.parametrize("name", ["chain:purse", "purse"])
def test_a_given_service_is_taken_out_under_either_name(tmp_path: Path, chain: Chain, name: str) -> None:
    chain.farm()
    found = groups(tmp_path, chain.rows, given=[name])
    assert not found.groups
    assert [s.why for s in found.services if s.node == wallet("purse")] == ["in the list of services"]


def test_an_account_labelled_a_service_is_taken_out_unless_the_label_has_ended(tmp_path: Path, chain: Chain) -> None:
    chain.owns("x:faucet", "purse")
    chain.farm()
    label = {"account": "x:faucet", "label": "service", "source": "desk", "at": at(0)}
    found = groups(tmp_path, {**chain.rows, "labels": [label]})
    assert not found.groups
    assert "labelled a service" in [s.why for s in found.services]
    ended = groups(tmp_path / "ended", {**chain.rows, "labels": [{**label, "until": at(1)}]})
    assert only(ended).hub_accounts == ("x:faucet",)


def test_a_wallet_that_many_claim_is_nobodys(tmp_path: Path, chain: Chain) -> None:
    for i in range(12):
        chain.owns(f"x:p{i:02}", "custody")
    chain.pays("custody", "p00", 3 * DAY)
    found = groups(tmp_path, chain.rows)
    assert "many accounts use it" in [s.why for s in found.services if s.node == wallet("custody")]


def test_a_payer_of_thousands_is_a_service_however_it_pays(tmp_path: Path, chain: Chain) -> None:
    for i in range(1005):
        chain.pays("airdrop", f"new{i}", 10 * DAY + i)
    found = groups(tmp_path, chain.rows)
    assert not found.groups
    assert any(s.node == wallet("airdrop") and "more than one operator" in s.why for s in found.services)


def test_size_alone_does_not_make_a_small_service_a_funder(tmp_path: Path, chain: Chain) -> None:
    draw = random.Random(2)
    for i in range(40, 49):  # too few customers to be recognised by its role
        chain.pays("desk", f"p{i}", draw.randrange(60 * DAY), f"{draw.uniform(20, 900):.2f}")
    found = groups(tmp_path, chain.rows)
    assert wallet("desk") not in {s.node for s in found.services}
    assert not found.groups


def test_without_times_and_amounts_size_alone_must_do(tmp_path: Path, chain: Chain) -> None:
    chain.farm(9)
    bare = {**chain.rows, "transfers": [{**r, "at": None, "amount": None} for r in chain.rows["transfers"]]}
    found = groups(tmp_path, bare, given=["exchange0", "exchange1"])
    group = next(g for g in found.groups if g.hub == wallet("purse"))
    assert [a.name for a in group.tests] == ["size"]
    assert (group.first, group.last) == (None, None)
    assert found.notes == (f"{len(bare['transfers'])} of {len(bare['transfers'])} transfers have no time",)


def test_what_cannot_be_asked_is_said(tmp_path: Path, chain: Chain) -> None:
    assert groups(tmp_path / "0", {"transfers": []}).notes == ("no transfers",)
    nobody = groups(tmp_path / "1", {"transfers": chain.rows["transfers"]})
    assert "no wallets of accounts are known" in nobody.notes[0]
    odd = [
        {**chain.rows["transfers"][0], "source": r["source"], "target": r["source"], "transfer": f"{n}"}
        for n, r in enumerate(chain.rows["transfers"][:1])
    ]
    assert groups(tmp_path / "2", {"transfers": odd}).notes == ("no transfers",)


def test_the_order_of_rows_changes_nothing_and_names_change_names(tmp_path: Path, chain: Chain) -> None:
    members = chain.farm()
    plain = groups(tmp_path / "0", chain.rows)
    shuffled = {t: random.Random(1).sample(r, len(r)) for t, r in chain.rows.items()}
    assert groups(tmp_path / "1", shuffled) == plain
    other = {
        **chain.rows,
        "identifiers": [{**r, "account": f"y:{r['account'][::-1]}"} for r in shuffled["identifiers"]],
    }
    renamed = only(groups(tmp_path / "2", other))
    assert set(renamed.accounts) == {f"y:{m[::-1]}" for m in members}
    assert renamed.p_value == only(plain).p_value
    assert renamed.transfers == only(plain).transfers


def test_a_window_in_time_is_kept_to(tmp_path: Path, chain: Chain) -> None:
    chain.farm()
    assert not groups(tmp_path / "0", chain.rows, end=at(20 * DAY)).groups
    assert only(groups(tmp_path / "1", chain.rows, start=at(10 * DAY))).hub == wallet("purse")


def test_fisher_combines_as_chi_square_does() -> None:
    from scipy.stats import combine_pvalues

    for given in ([0.3], [0.05, 0.2], [0.5, 0.01, 0.9], [1.0, 1.0]):
        assert fisher(given) == pytest.approx(float(combine_pvalues(given).pvalue))


def test_closeness_is_a_bound_where_times_are_drawn_from_all() -> None:
    draw = np.random.default_rng(8)
    among = np.sort(draw.integers(0, 1 << 40, 400))
    found = [close(draw.choice(among, 6, replace=False), among) for _ in range(2000)]
    p = np.array([f[1] for f in found if f is not None])
    for level in (0.2, 0.05, 0.01):
        assert (p <= level).mean() <= level + 0.012
    assert close(among[:1], among) is None
    together = close(among[100:106], among)
    assert together is not None
    assert together[1] < 1e-6
