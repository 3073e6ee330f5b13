"""Allow-lists: every entry says what, why, until when and by whom; what it explains is said, and nothing is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import Scope
from detectors.coaction.allowlist import COLUMNS, Allowed, read
from detectors.run import RunResult, run
from graph.errors import ConfigError
from graph.findings import Checked, Priority
from graph.store import open_store
from tests.coactions import planted
from tests.stores import at, fill
from tests.unit.detectors.test_shilling import MEMBERS, Tables, clear, pumped

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNTIL = at(1e6)
HEAD = ",".join(COLUMNS)


def written(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "allow.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


# -- the file ----------------------------------------------------------------------------------------------------------


def test_entries_are_read_as_the_graph_names_things(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "ticker,$btc,the daily thread,2027-03-01,anna,desk 12",
        'group,x:b  x:a x:b,"one owner, who says so",2027-01-31T12:00:00+02:00,anna,',
        "hashtag,#GoodMorning,everybody's greeting,2026-12-01,bo,",
        "domain,Example.COM,ours,2027-11-25,bo,",
        "link,https://Example.com/A,ours,2027-01-01,bo,",
        "account,x:press,the press office,2026-11-24,bo,",
    )
    found = read(path, NOW)
    assert [(e.kind, e.values) for e in found.entries] == [
        ("ticker", ("BTC",)),
        ("group", ("x:a", "x:b")),
        ("hashtag", ("goodmorning",)),
        ("domain", ("example.com",)),
        ("link", ("https://Example.com/A",)),
    ]
    assert found.entries[1].until == datetime(2027, 1, 31, 10, tzinfo=UTC)
    assert found.entries[1].reason == "one owner, who says so"
    assert found.entries[0].shown == "ticker BTC (the daily thread; until 2027-03-01)"
    assert (found.entries[0].source, found.entries[0].added_by) == ("desk 12", "anna")
    assert [e.values for e in found.expired] == [("x:press",)]
    assert [e.values for e in found.expiring] == [("goodmorning",)]
    assert found.entries[0].where == f"{path}: line 2"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("coin,BTC,why,2027-01-01,anna,", "kind is 'coin'"),
        ("ticker,BTC,,2027-01-01,anna,", "reason is missing"),
        ("ticker,BTC,why,,anna,", "until is missing"),
        ("ticker,BTC,why,2027-01-01,,", "added_by is missing"),
        ("ticker,,why,2027-01-01,anna,", "value is missing"),
        ("ticker,BTC,why,soon,anna,", "no date"),
        ("ticker,BTC,why,2028-01-01,anna,", "more than a year ahead"),
        ("group,x:a x:a,why,2027-01-01,anna,", "a group of one account"),
        ("ticker,BTC,why,2027-01-01,anna", "not 6 columns"),
        ("ticker,BTC,why, really,2027-01-01,anna,", "not 6 columns"),
    ],
)
def test_an_entry_that_lacks_something_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    path = written(tmp_path, "ticker,ETH,why,2027-01-01,anna,", line)
    with pytest.raises(ConfigError, match=said) as error:
        read(path, NOW)
    assert error.value.where == f"{path}: line 3"
    assert error.value.hint


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.csv", NOW)
    with pytest.raises(ConfigError, match="columns are what,why"):
        read(written(tmp_path, head="what,why"), NOW)
    (tmp_path / "allow.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "allow.csv", NOW)
    assert read(written(tmp_path), NOW).entries == ()


# -- what it does ------------------------------------------------------------------------------------------------------


def entry(kind: str, *values: str) -> Allowed:
    return Allowed(kind, values, "agreed", UNTIL, "anna")


def ran(tables: Tables, folder: Path, *allow: Allowed, **params: Any) -> RunResult:
    with open_store("memory://", folder / "data") as store:
        fill(store, tables)
        (result,) = run(store, ["shilling"], {"shilling": params}, Scope(allow=allow))
    assert result.run.error is None
    return result


def words(tables: Tables) -> Tables:
    """The same, the ring's texts being each member's own."""
    for i, post in enumerate(pumped(tables)):
        post["text"] = f"word{i} other{i} third{i} $PUMP"
    return tables


def test_what_is_allowed_is_explained_and_the_run_says_so(tmp_path: Path) -> None:
    tables = words(planted())
    assert len(ran(tables, tmp_path).findings) == 1
    result = ran(tables, tmp_path, entry("ticker", "PUMP"))
    assert result.findings == ()
    assert result.run.summary.endswith("; allow-list: ticker PUMP (agreed; until 2026-03-12) explained 40 posts")
    other = ran(tables, tmp_path, entry("ticker", "NONE"))
    assert len(other.findings) == 1
    assert "allow-list" not in other.run.summary


@pytest.mark.parametrize(("kind", "value"), [("link", "https://pump.example/join"), ("domain", "pump.example")])
def test_links_and_domains_explain_the_posts_that_carry_them(tmp_path: Path, kind: str, value: str) -> None:
    tables = words(planted())
    for post in pumped(tables):
        post["links"] = ["https://pump.example/join"]
    assert ran(tables, tmp_path, entry(kind, value)).findings == ()


def test_copied_texts_remain_and_the_finding_says_how_much_was_explained(tmp_path: Path) -> None:
    (ring,) = ran(planted(), tmp_path, entry("ticker", "PUMP")).findings
    assert [layer.name for layer in ring.layers] == ["co_text"]
    said = clear(ring, "an allow-list entry")
    assert said.state is Checked.PRESENT
    assert said.detail == "ticker PUMP (agreed; until 2026-03-12) covers 40 of 40 posts"
    assert ring.priority is Priority.NOTE


def test_an_allowed_account_makes_no_ring_and_the_others_still_do(tmp_path: Path) -> None:
    result = ran(planted(), tmp_path, entry("account", MEMBERS[0]))
    (ring,) = result.findings
    assert sorted(ring.accounts) == MEMBERS[1:]
    assert f"allow-list: account {MEMBERS[0]}" in result.run.summary
    assert ran(planted(), tmp_path, *(entry("account", m) for m in MEMBERS[:3])).findings == ()


def test_a_group_may_act_with_each_other_but_not_with_others(tmp_path: Path) -> None:
    result = ran(planted(), tmp_path, entry("group", *MEMBERS))
    assert result.findings == ()
    assert result.run.summary.endswith("explained 10 pairs of accounts")
    (ring,) = ran(planted(), tmp_path, entry("group", *MEMBERS[:3])).findings
    assert sorted(ring.accounts) == MEMBERS
    assert clear(ring, "an allow-list entry").detail.endswith("covers 24 of 40 posts")
    assert ring.rests_on
    assert clear(ran(planted(), tmp_path).findings[0], "an allow-list entry").state is Checked.EXCLUDED


def test_who_it_does_not_name_is_judged_as_ever(tmp_path: Path) -> None:
    plain = ran(planted(), tmp_path).findings[0]
    allowed = ran(planted(), tmp_path, entry("group", "x:person00", "x:person01"), entry("hashtag", "gm")).findings[0]
    assert allowed.accounts == plain.accounts
    assert allowed.score == plain.score
    assert clear(allowed, "an allow-list entry").detail == "no entry in force covers these posts"


def test_an_entry_that_comes_later_changes_what_is_recorded(tmp_path: Path) -> None:
    tables = planted()
    with open_store("memory://", tmp_path / "data") as store:
        fill(store, tables)
        ((first,), (second,), (third,)) = [
            run(store, ["shilling"], {"shilling": {"layers": "co_text"}}, Scope(allow=allow))[0].findings
            for allow in ((), (entry("ticker", "PUMP"),), (entry("ticker", "PUMP"),))
        ]
        with store.view() as view:
            assert [f.id for f in view.findings()] == [second.id]
    assert second.id != first.id
    assert (second.supersedes, second.lineage_id) == (first.id, first.lineage_id)
    assert second.priority is Priority.NOTE
    assert third == second


def test_until_is_the_first_moment_that_counts_no_more(tmp_path: Path) -> None:
    path = written(tmp_path, "ticker,BTC,why,2026-11-24T12:00:00Z,anna,")
    assert read(path, NOW).entries == ()
    assert len(read(path, NOW - timedelta(seconds=1)).entries) == 1
