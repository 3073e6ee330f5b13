"""The made network: its files, its shape, and that the truth is true of it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ConfigError, IngestError
from ingest.records import RECORDS
from lockstep.demo.files import LAYOUT
from lockstep.demo.generate import generate
from lockstep.demo.names import MAJORS
from lockstep.demo.truth import PLATFORM, Truth, truth_file
from tests.network import Rows, content, fingerprints, rows


class Network(NamedTuple):
    folder: Path
    truth: Truth
    files: dict[str, Rows]

    def good(self, kind: str) -> Rows:
        """Rows that were not spoilt."""
        bad = {r.line for r in self.truth.bad_rows if r.file == LAYOUT[kind][0]}
        made = self.files[kind]
        if kind == "posts":
            return [r for r in made if not r["post_id"].startswith("broken")]
        return [r for n, r in enumerate(made, 2) if n not in bad]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("net") / "data"
    truth = generate(folder, size=3000, seed=1, days=14)
    return Network(folder, truth, {kind: rows(folder, kind) for kind in LAYOUT})


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_record_type_has_a_file_of_its_declared_columns(network: Network) -> None:
    assert set(LAYOUT) == set(RECORDS)
    for kind, record in RECORDS.items():
        made = network.good(kind)
        assert made, kind
        assert len(made) == network.truth.rows[kind]
        for row in made:
            assert set(row) <= set(record.by_name), kind
            assert all(row.get(name) not in {None, ""} for name in record.required), (kind, row)


def test_the_folder_holds_data_alone_and_the_truth_lies_beside(network: Network) -> None:
    assert {p.name for p in network.folder.iterdir()} == set(network.truth.files)
    assert Truth.load(truth_file(network.folder)) == network.truth


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, size=500, seed=3, days=10)
    generate(tmp_path / "c", size=500, seed=4, days=10)
    assert fingerprints(tmp_path / "a") == fingerprints(tmp_path / "b")
    assert truth_file(tmp_path / "a").read_bytes() == truth_file(tmp_path / "b").read_bytes()
    same = {k for k, v in fingerprints(tmp_path / "c").items() if v == fingerprints(tmp_path / "a")[k]}
    assert not same


def test_neither_hash_seed_nor_locale_nor_time_zone_matters(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from lockstep.demo.generate import generate;"
        "generate(pathlib.Path(sys.argv[1]), size=500, days=10)"
    )
    for number, zone in enumerate(("UTC", "Asia/Kolkata")):
        env = {**os.environ, "PYTHONHASHSEED": str(number + 1), "TZ": zone, "LC_ALL": ("C", "C.UTF-8")[number]}
        root = Path(__file__).parents[4]
        subprocess.run([sys.executable, "-c", code, str(tmp_path / str(number))], check=True, env=env, cwd=root)
    assert fingerprints(tmp_path / "0") == fingerprints(tmp_path / "1")


def test_the_network_is_frozen(tmp_path: Path) -> None:
    """Detectors are judged on this network: whoever changes it has to say so by changing this line."""
    generate(tmp_path / "net", size=500, seed=1, days=10)
    whole = hashlib.sha256("".join(fingerprints(tmp_path / "net").values()).encode()).hexdigest()
    assert whole == FROZEN


FROZEN = "dcaae60e043e0884eb05384cc402c0e9c408040d61ae8433085838d14fc84409"


def test_bad_rows_are_where_the_truth_says(network: Network) -> None:
    kinds = {name: kind for kind, (name, _) in LAYOUT.items()}
    assert len(network.truth.bad_rows) == 5
    for bad in network.truth.bad_rows:
        line = content(network.folder, kinds[bad.file]).splitlines()[bad.line - 1].decode()
        assert "broken-" in line or "leapling" in line or "referral,,," in line, bad


def test_activity_has_a_heavy_tail(network: Network) -> None:
    counts = sorted(Counter(r["account_id"] for r in network.good("posts")).values(), reverse=True)
    top = sum(counts[: len(counts) // 100])
    assert top > 0.12 * sum(counts)
    assert counts[0] > 30 * counts[len(counts) // 2]


def test_the_best_known_coin_has_one_mention_in_seven_and_most_have_few(network: Network) -> None:
    mentions = Counter(
        ticker
        for r in network.good("posts")
        if r["kind"] != "repost"
        for ticker in set(re.findall(r"\$([A-Z][A-Z0-9]+)", r["text"]))
    )
    assert [t for t, _ in mentions.most_common(2)] == list(MAJORS[:2])
    assert 0.11 < mentions["BTC"] / mentions.total() < 0.17
    assert sum(n <= 12 for n in mentions.values()) > len(mentions) / 2


def test_posts_vary_in_language_kind_and_hour(network: Network) -> None:
    posts = network.good("posts")
    kinds, langs = Counter(r["kind"] for r in posts), Counter(r["lang"] for r in posts)
    hours = Counter(r["created_at"][11:13] for r in posts)
    assert set(kinds) == {"post", "repost", "quote", "reply"}
    assert len(langs) == 10
    assert min(langs.values()) > 40
    assert len(hours) == 24
    assert max(hours.values()) > 1.5 * min(hours.values())
    own = [r["text"] for r in posts if r["kind"] == "post" and r["lang"] == "en"]
    assert len(set(own)) > 0.85 * len(own)


def test_what_posts_and_rows_refer_to_exists_and_came_first(network: Network) -> None:
    accounts = {r["account_id"]: r for r in network.good("accounts")}
    posts = {r["post_id"]: r for r in network.good("posts")}
    assert len(posts) == len(network.good("posts"))
    for post in posts.values():
        assert accounts[post["account_id"]]["created_at"] <= post["created_at"]
        assert (post["kind"] == "post") == ("parent_id" not in post)
        if "parent_id" in post:
            assert posts[post["parent_id"]]["created_at"] < post["created_at"]
    for row in network.good("interactions"):
        known = accounts if row["target_type"] == "account" else posts
        assert row["account_id"] in accounts
        assert row["target_id"] in known
        assert known[row["target_id"]]["created_at"] < row["at"]
    for kind in ("identifiers", "labels", "account_states"):
        assert {r["account_id"] for r in network.good(kind)} <= set(accounts)
    assert {r["post_id"] for r in network.good("post_events")} <= set(posts)
    assert {r["subject"] for r in network.good("verdicts")} <= {f"{PLATFORM}:{a}" for a in accounts}
    assert set(network.good("campaigns")[0]["participants"]) <= set(accounts)


def test_nobody_posts_after_being_suspended_or_deleted(network: Network) -> None:
    gone = {r["account_id"]: r["at"] for r in network.good("account_states") if r["state"] in {"suspended", "deleted"}}
    assert gone
    assert all(r["created_at"] < gone.get(r["account_id"], "9999") for r in network.good("posts"))


def test_times_lie_within_the_network_and_in_order(network: Network) -> None:
    start, end = (f"{t.isoformat()[:19]}.000Z" for t in (network.truth.start, network.truth.end))
    times = [r["created_at"] for r in network.good("posts")]
    assert times == sorted(times)
    assert start <= times[0]
    assert times[-1] < end
    for kind, column in (("events", "at"), ("account_states", "at"), ("post_events", "at"), ("trades", "time")):
        assert all(start <= r[column] < end for r in network.good(kind)), kind
    for row in network.good("identifiers"):
        assert row["first_seen"] <= row["last_seen"] <= end


def _groups(truth: Truth, prefix: str) -> list[str]:
    return [g.id for g in truth.groups if g.id.startswith(prefix)]


def test_the_truth_is_true_of_the_files(network: Network) -> None:
    accounts = {f"{PLATFORM}:{r['account_id']}" for r in network.good("accounts")}
    posts = {f"{PLATFORM}:{r['post_id']}": r for r in network.good("posts")}
    for group in network.truth.groups:
        assert len(set(group.members)) == len(group.members) >= 3
        assert set(group.members) <= accounts
        assert group.start <= group.end <= network.truth.end
        assert set(group.hijacked) <= set(group.members)
        assert group.why
        times = [_at(posts[p]["created_at"]) for p in group.posts]
        assert times == sorted(times)
        assert all(group.start <= t <= group.end for t in times), group.id
        authors = {f"{PLATFORM}:{posts[p]['account_id']}" for p in group.posts}
        assert authors <= set(group.members), group.id
    assert len({g.id for g in network.truth.groups}) == len(network.truth.groups)


def test_everything_that_was_asked_for_is_planted(network: Network) -> None:
    truth = network.truth
    assert len(_groups(truth, "sybil-")) == 3
    assert len(_groups(truth, "shill-")) == 7
    assert len(_groups(truth, "pump-")) == 2
    assert Counter(g.kind for g in truth.planted) == {"sybil_ring": 3, "shilling_cluster": 7, "coordinated_pump": 3}
    assert {g.id.rsplit("-", 1)[0] for g in truth.lookalikes} == {
        *("fan-club", "fan-party", "news-bot", "rally", "listing", "campaign", "agency", "airdrop", "family", "cafe"),
        "owner",
    }
    assert sum(bool(g.hidden) for g in truth.planted) == 1
    assert sum(bool(g.hijacked) for g in truth.planted) == 1
    back = next(g for g in truth.planted if g.returns)
    first = next(g for g in truth.planted if g.id == back.returns)
    assert not set(back.members) & set(first.members)
    assert first.end < back.start
    members = [m for g in truth.planted for m in g.members]
    assert len(members) == len(set(members)) <= 0.03 * truth.size
    assert not set(members) & {m for g in truth.lookalikes for m in g.members}


def test_the_returning_ring_uses_its_old_devices(network: Network) -> None:
    used: dict[str, set[str]] = {}
    for row in network.good("identifiers"):
        if row["kind"] == "device":
            used.setdefault(row["account_id"], set()).add(row["value"])
    groups = {g.id: g for g in network.truth.groups}
    first, back = (
        {d for m in groups[name].members for d in used[m.partition(":")[2]]}
        for name in ("shill-first-1", "shill-return-1")
    )
    assert first == back
    family = [used[m.partition(":")[2]] for m in groups["family-1"].members]
    assert len(set.intersection(*family)) == 1


def test_size_adds_scenarios(tmp_path: Path) -> None:
    truth = generate(tmp_path / "net", size=10_000, seed=2, days=10)
    assert len(_groups(truth, "shill-copied")) == 2
    assert sum(len(g.members) for g in truth.planted) <= 0.03 * truth.size
    tickers = [t for g in truth.planted if not g.returns for t in g.tickers]
    assert len(tickers) == len(set(tickers))


@settings(max_examples=6)
@given(st.integers(500, 900), st.integers(0, 2**63 - 1), st.integers(10, 16))
def test_any_size_seed_and_length(tmp_path_factory: pytest.TempPathFactory, size: int, seed: int, days: int) -> None:
    folder = tmp_path_factory.mktemp("any") / "data"
    truth = generate(folder, size=size, seed=seed, days=days)
    accounts = rows(folder, "accounts")
    assert len(accounts) == size + 1  # one is spoilt
    assert len({r["handle"] for r in accounts}) == size + 1
    posts = {f"{PLATFORM}:{r['post_id']}" for r in rows(folder, "posts")}
    assert {p for g in truth.groups for p in g.posts} <= posts
    assert len(truth.groups) == 24


def test_ordinary_posts_are_never_held_longer_than_a_day(tmp_path: Path) -> None:
    def peak(days: int) -> int:
        tracemalloc.start()
        generate(tmp_path / str(days), size=500, seed=1, days=days)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    short, long = peak(10), peak(25)
    held = (tmp_path / "25" / "posts.jsonl.gz").stat().st_size
    assert held > 2 * (tmp_path / "10" / "posts.jsonl.gz").stat().st_size
    assert long < 1.8 * short


@pytest.mark.parametrize("wrong", [{"size": 499}, {"days": 9}, {"seed": -1}, {"size": 10**7}])
def test_values_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))) as caught:
        generate(tmp_path / "net", **wrong)
    assert "between" in caught.value.hint
    assert not (tmp_path / "net").exists()


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IngestError, match="cannot be written") as caught:
        generate(tmp_path / "file" / "net", size=500, days=10)
    assert caught.value.hint
