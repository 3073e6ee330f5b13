from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest

from graph.schema import MARKET_TABLES, TABLES
from ingest.formats.base import Bad, Block, Records
from ingest.masking import WITHHELD
from ingest.records import RECORDS, modifiers, settle_type, type_of
from ingest.validate import Context, Valid, last_of_each, validate, validate_block
from lockstep.config import nearest

T = "2024-01-01T00:00:00Z"
MINIMAL: dict[str, dict[str, Any]] = {
    "accounts": {"account_id": "a"},
    "posts": {"post_id": "1", "account_id": "a", "created_at": T},
    "interactions": {"account_id": "a", "kind": "like", "target_id": "1", "target_type": "post"},
    "identifiers": {"account_id": "a", "kind": "wallet", "value": "0x1"},
    "transfers": {"source": "a", "target": "b"},
    "labels": {"account_id": "a", "label": "sybil"},
    "campaigns": {"campaign_id": "c", "start": T, "end": T},
    "verdicts": {"subject": "local:a", "outcome": "upheld", "at": T},
    "account_states": {"account_id": "a", "state": "suspended", "at": T},
    "post_events": {"post_id": "1", "kind": "edited", "at": T},
    "events": {"ticker": "btc", "at": T, "kind": "pump"},
    "candles": {
        "venue": "x", "base": "btc", "quote": "usdt", "interval": "1m", "open_time": T,
        "open": 2, "high": 3, "low": 1, "close": 2, "volume": 0,
    },
    "trades": {"venue": "x", "base": "BTC", "quote": "USDT", "time": T, "price": 1, "quantity": 1, "side": "buy"},
}  # fmt: skip


def run(record: str, *rows: dict[str, Any], **context: Any) -> Valid:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return validate(Records(record, columns, list(range(1, len(rows) + 1))), Context("file", **context))


def rows_of(valid: Valid, table: str) -> list[dict[str, Any]]:
    return [row for name, batch in valid.tables if name == table for row in batch.to_pylist()]


def only(record: str, table: str | None = None, /, **changes: Any) -> dict[str, Any]:
    valid = run(record, {**MINIMAL[record], **changes}, secret=b"key")
    assert valid.rejected == []
    (row,) = rows_of(valid, table or record)
    return row


def fault(record: str, **changes: Any) -> tuple[str, str]:
    valid = run(record, {**MINIMAL[record], **changes}, secret=b"key")
    assert valid.tables == []
    (row,) = valid.rejected
    return row.field, row.reason


def test_every_type_is_known_here() -> None:
    assert MINIMAL.keys() == RECORDS.keys()


@pytest.mark.parametrize("record", RECORDS)
def test_required_columns_suffice_and_give_the_tables_schema(record: str) -> None:
    valid = run(record, MINIMAL[record])
    assert valid.rejected == []
    ((table, batch),) = valid.tables
    assert table == record
    assert batch.schema.equals((TABLES.get(table) or MARKET_TABLES[table]).schema)
    batch.validate(full=True)
    assert all(batch.column(f.name).null_count == 0 for f in batch.schema if not f.nullable)


@pytest.mark.parametrize(("record", "name"), [(r, n) for r, t in RECORDS.items() for n in t.required])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_value_is_named(record: str, name: str, value: str | None) -> None:
    assert fault(record, **{name: value}) == (name, "missing")


@pytest.mark.parametrize("record", RECORDS)
def test_arrow_and_python_columns_give_the_same(record: str) -> None:
    plain = run(record, MINIMAL[record])
    columns = {name: pa.chunked_array([pa.array([value])]) for name, value in MINIMAL[record].items()}
    assert validate(Records(record, columns, [1]), Context("file")).tables == plain.tables


def test_ids_are_scoped_by_row_or_file() -> None:
    valid = run("posts", MINIMAL["posts"], {**MINIMAL["posts"], "platform": "x"}, platform="tg")
    assert [(r["post"], r["account"]) for r in rows_of(valid, "posts")] == [("tg:1", "tg:a"), ("x:1", "x:a")]
    assert fault("posts", platform="No Spaces")[0] == "platform"


def test_posts_take_objects_from_text_and_columns() -> None:
    row = only(
        "posts", text="$BTC #Moon https://a.example/x", tickers=["eth"], links="https://b.example", hashtags="up"
    )
    assert row["tickers"] == ["BTC", "ETH"]
    assert row["links"] == ["https://a.example/x", "https://b.example/"]
    assert row["hashtags"] == ["moon", "up"]


def test_verbatim_objects_stay_as_they_are() -> None:
    given: dict[str, Any] = {"links:verbatim": ["url_id_1", "url_id_1"], "links": ["https://b.example"]}
    row = only("posts", **given)
    assert row["links"] == ["https://b.example/", "url_id_1"]


def test_values_that_are_no_ticker_are_counted() -> None:
    valid = run("posts", {**MINIMAL["posts"], "tickers": ["BTC", "1.50"]})
    assert rows_of(valid, "posts")[0]["tickers"] == ["BTC"]
    assert valid.dropped == {"posts.tickers": 1}


def test_post_kinds() -> None:
    assert only("posts")["kind"] == "post"
    row = only("posts", kind="Repost", parent_id=7)
    assert (row["kind"], row["parent"]) == ("repost", "local:7")
    assert fault("posts", parent_id="7")[0] == "kind"
    assert fault("posts", parent_id="7", kind="post") == ("kind", "a plain post has no parent")
    assert "none of post, repost" in fault("posts", kind="boost")[1]


def test_counts_of_posts_become_engagements() -> None:
    assert rows_of(run("posts", MINIMAL["posts"]), "engagements") == []
    row = only("posts", "engagements", likes=3)
    assert (row["post"], row["likes"], row["views"]) == ("local:1", 3, None)
    assert fault("posts", likes=-1) == ("likes", "below 0")


def test_interactions_have_an_id_or_a_hash() -> None:
    assert only("interactions", interaction_id="9")["interaction"] == "local:9"
    first, again = only("interactions")["interaction"], only("interactions")["interaction"]
    assert first == again
    assert only("interactions", at=T)["interaction"] != first


@pytest.mark.parametrize(
    ("type_", "value", "key"),
    [
        ("account", "b", "local:b"),
        ("post", "1", "local:1"),
        ("ticker", "$btc", "BTC"),
        ("hashtag", "#Up", "up"),
        ("domain", "A.Example", "a.example"),
        ("wallet", "eth:0x1", "eth:0x1"),
        ("identifier", "ip:abc", "ip:abc"),
        ("link", "https://a.example", "https://a.example/"),
    ],
)
def test_targets_are_canonical_for_their_type(type_: str, value: str, key: str) -> None:
    assert only("interactions", target_type=type_, target_id=value)["target"] == key


def test_targets_that_cannot_be() -> None:
    assert fault("interactions", target_type="wallet", target_id="0x1") == ("target_id", "not a wallet")
    assert fault("interactions", target_type="ticker", target_id="1.5") == ("target_id", "not a ticker")
    assert fault("interactions", target_type="finding")[0] == "target_type"


def test_verbatim_targets() -> None:
    base = {**MINIMAL["interactions"], "target_id": None, "target_id:verbatim": "url_id_1", "kind": "Share"}
    (row,) = rows_of(run("interactions", {**base, "target_type": "link"}), "interactions")
    assert (row["kind"], row["target"]) == ("share", "url_id_1")
    (row,) = rows_of(run("interactions", {**base, "target_type": "post"}), "interactions")
    assert row["target"] == "local:url_id_1"


def test_transfers_name_wallets_by_chain() -> None:
    row = only("transfers", source_type="wallet", source="0x1", chain="eth", amount="1.50", tx="t", position=2)
    assert (row["source"], row["target"], row["amount"]) == ("eth:0x1", "local:b", "1.50")
    assert row["transfer"] == "eth:t:2"
    assert only("transfers", tx="t")["transfer"] != only("transfers", tx="u")["transfer"]
    assert fault("transfers", source_type="wallet") == ("chain", "missing: the source is a wallet")


def test_campaigns() -> None:
    row = only("campaigns", tickers="btc eth", participants=["a", "b"], disclosure_required="yes")
    assert row["tickers"] == ["BTC", "ETH"]
    assert row["participants"] == ["local:a", "local:b"]
    assert fault("campaigns", start="2024-01-02T00:00:00Z") == ("end", "before start")


def test_identifiers_are_masked_in_rows_and_quarantine() -> None:
    row = only("identifiers", kind="email", value="me@example.org")
    assert row["kind"] == "email_hash"
    assert len(row["value"]) == 64
    valid = run("identifiers", {"account_id": None, "kind": "email", "value": "me@example.org"}, secret=b"key")
    assert "me@" not in valid.rejected[0].raw
    assert fault("identifiers", first_seen=T, last_seen="2023-01-01T00:00:00Z") == ("last_seen", "before first_seen")
    bad = Block(1, bad=[Bad(1, "not JSON", "me@example.org", type="identifiers")])
    assert validate_block(bad, Context("f")).rejected[0].raw == WITHHELD


def test_raw_identifiers_that_are_no_json_are_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "raw", lambda *_: "{")
    valid = run("identifiers", {"account_id": None, "kind": "email", "value": "me@example.org"}, secret=b"key")
    assert valid.rejected[0].raw == WITHHELD


def test_market_data() -> None:
    row = only("candles")
    assert (row["base"], row["quote"]) == ("BTC", "USDT")
    assert only("candles", base="1000PEPE")["base"] == "1000PEPE"
    assert fault("candles", low=2.5)[0] == "low"
    assert fault("candles", high=1.5)[0] == "high"
    assert fault("candles", open=0) == ("open", "not a finite number > 0")
    assert only("trades", trade_id=5)["trade_id"] == "5"
    assert len(only("trades")["trade_id"]) == 32
    assert fault("trades", side="both")[0] == "side"


def test_venue_may_come_from_the_options() -> None:
    rows = [{k: v for k, v in MINIMAL["trades"].items() if k != "venue"}, {**MINIMAL["trades"], "trade_id": "1"}]
    valid = run("trades", rows[0], rows[1], venue="binance")
    assert [r["venue"] for r in rows_of(valid, "trades")] == ["binance", "x"]
    assert rows_of(run("trades", rows[0], venue="binance"), "trades")[0]["venue"] == "binance"
    assert run("trades", rows[0]).rejected[0].field == "venue"


def test_events_need_a_symbol() -> None:
    assert only("events")["ticker"] == "BTC"
    assert fault("events", ticker="1.5") == ("ticker", "not a symbol: '1.5'")


def test_one_bad_row_leaves_the_others_and_is_replayable() -> None:
    rows = [{**MINIMAL["posts"], "post_id": str(i), "created_at": 1_700_000_000 + i} for i in range(3)]
    rows[1]["created_at"] *= 1000
    valid = run("posts", *rows, platform="x", options={"format": "jsonl"})
    assert [r["post"] for r in rows_of(valid, "posts")] == ["x:0", "x:2"]
    (bad,) = valid.rejected
    assert (bad.source, bad.line, bad.type, bad.field) == ("file", 2, "posts", "created_at")
    assert "epoch in ms" in bad.reason
    assert orjson.loads(bad.raw)["post_id"] == "1"
    how = orjson.loads(bad.options)
    assert how == {"format": "jsonl", "platform": "x", "units": {"posts.created_at": "s"}, "venue": None}


def test_bad_rows_do_not_reach_engagements() -> None:
    good = {**MINIMAL["posts"], "likes": 1}
    valid = run("posts", good, {**good, "post_id": None}, {**good, "post_id": "2", "likes": None})
    assert [r["post"] for r in rows_of(valid, "engagements")] == ["local:1"]


def test_unknown_columns_and_modifiers_are_reported() -> None:
    valid = run("posts", {**MINIMAL["posts"], "mood": 1, "lang:verbatim": "en"})
    assert valid.ignored == {"posts.mood", "posts.lang:verbatim"}


def test_long_raw_rows_are_cut() -> None:
    valid = run("accounts", {"account_id": None, "handle": "x" * 100_000})
    assert len(valid.rejected[0].raw) < 70_000


def test_no_rows() -> None:
    assert run("posts").tables == []


def test_same_id_with_other_content_is_a_correction() -> None:
    first = {**MINIMAL["posts"], "text": "a"}
    valid = run("posts", first, {**first, "text": "b"}, {**first, "post_id": "2"}, {**first, "post_id": "2"})
    assert [(r["post"], r["text"]) for r in rows_of(valid, "posts")] == [("local:1", "b"), ("local:2", "a")]
    assert valid.corrections == ["posts local:1"]


def test_last_of_each_with_keys_of_several_columns_and_nulls() -> None:
    batch = pa.RecordBatch.from_pydict({"a": ["x", "x", "x"], "b": [None, 1, None], "c": [1, 2, 3]})
    kept, changed = last_of_each(batch, ("a", "b"))
    assert kept.to_pylist() == [{"a": "x", "b": 1, "c": 2}, {"a": "x", "b": None, "c": 3}]
    assert changed == ["x"]
    assert last_of_each(kept, ("a", "b")) == (kept, [])


def test_type_of_a_file_is_the_beginning_of_its_name() -> None:
    assert type_of("posts.jsonl") == "posts"
    assert type_of("Account_States-2024.csv") == "account_states"
    assert type_of("postscript.txt") is None
    assert settle_type("events", "posts.csv") == "events"
    assert settle_type(None, "x") is None


def test_hints_name_the_nearest() -> None:
    assert nearest("pots", RECORDS) == "did you mean 'posts'?"
    assert nearest("zzz", ["a", "b"]) == "known: a, b"
    assert modifiers("posts", RECORDS["posts"].by_name["text"]) == ()
