from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest.formats.base import Options
from tests.reading import Outcome, outcome

AT = 1_725_911_162_329_308
POST = "app.bsky.feed.post"


def commit(
    collection: str, key: str, record: Any = None, operation: str = "create", did: str = "did:plc:a"
) -> dict[str, Any]:
    inner = {"rev": "r", "operation": operation, "collection": collection, "rkey": key, "record": record}
    return {"did": did, "time_us": AT, "kind": "commit", "commit": inner}


def uri(key: str, did: str = "did:plc:a", collection: str = POST) -> str:
    return f"at://{did}/{collection}/{key}"


def read(folder: Path, *events: Any, options: Options | None = None) -> Outcome:
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(orjson.dumps(e) + b"\n" for e in events))
    return outcome(path, options, wanted="jetstream")


def test_posts_with_reply_quote_links_and_tags(tmp_path: Path) -> None:
    facets = [
        {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Sol"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/?utm_source=x"}]},
    ]
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://b.example/x"}}
    quote = {"$type": "app.bsky.embed.record", "record": {"uri": uri("q", "did:plc:q")}}
    both = {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": {"uri": uri("q")}}, "media": card}
    reply = {"parent": {"uri": uri("p", "did:plc:p")}, "root": {"uri": uri("r")}}
    result = read(
        tmp_path,
        commit(POST, "1", {"text": "gm $ETH", "facets": facets, "embed": card, "langs": ["en"], "tags": ["Pump"]}),
        commit(POST, "2", {"text": "so", "reply": reply, "embed": quote}),
        commit(POST, "3", {"text": "look", "embed": both}),
        commit(
            POST, "4", {"text": "a feed", "embed": {"record": {"uri": uri("f", collection="app.bsky.feed.generator")}}}
        ),
        commit("app.bsky.feed.repost", "5", {"subject": {"uri": uri("1")}}),
    )
    assert result.rejected == []
    assert result.rows("posts", "post", "kind", "parent") == [
        ("bluesky:" + uri("1"), "post", None),
        ("bluesky:" + uri("2"), "reply", "bluesky:" + uri("p", "did:plc:p")),
        ("bluesky:" + uri("3"), "quote", "bluesky:" + uri("q")),
        ("bluesky:" + uri("4"), "post", None),
        ("bluesky:" + uri("5", collection="app.bsky.feed.repost"), "repost", "bluesky:" + uri("1")),
    ]
    first, third = result.tables["posts"][0], result.tables["posts"][2]
    assert (first["tickers"], first["links"]) == (["ETH"], ["https://a.example/", "https://b.example/x"])
    assert (first["hashtags"], first["lang"]) == (["pump", "sol"], "en")
    assert third["links"] == ["https://b.example/x"]
    assert int(first["created_at"].timestamp() * 1e6) == AT
    assert result.rows("interactions", "kind", "target", "post") == [
        ("share", "bluesky:" + uri("q", "did:plc:q"), "bluesky:" + uri("2"))
    ]


def test_likes_and_follows(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        commit("app.bsky.feed.like", "1", {"subject": {"uri": uri("p", "did:plc:b")}}),
        commit("app.bsky.feed.like", "2", {"subject": {"uri": uri("g", "did:plc:b", "app.bsky.feed.generator")}}),
        commit("app.bsky.graph.follow", "3", {"subject": "did:plc:z"}),
        commit("app.bsky.graph.block", "4", {"subject": "did:plc:z"}),
    )
    assert result.rows("interactions", "kind", "target_type", "target") == [
        ("like", "post", "bluesky:" + uri("p", "did:plc:b")),
        ("follow", "account", "bluesky:did:plc:z"),
    ]
    assert result.rejected == []


def test_deletions_edits_handles_and_states(tmp_path: Path) -> None:
    account = {"did": "did:plc:a", "time_us": AT, "kind": "account"}
    result = read(
        tmp_path,
        commit(POST, "1", operation="delete"),
        commit("app.bsky.feed.like", "1", operation="delete"),
        commit(POST, "2", {"text": "new"}, operation="update"),
        {"did": "did:plc:a", "time_us": AT, "kind": "identity", "identity": {"handle": "a.example"}},
        {**account, "account": {"active": False, "status": "takendown"}},
        {**account, "did": "did:plc:b", "account": {"active": True}},
        {**account, "did": "did:plc:c", "account": {"active": False}},
    )
    assert result.rows("post_events", "post", "kind", "text") == [
        ("bluesky:" + uri("1"), "deleted", None),
        ("bluesky:" + uri("2"), "edited", "new"),
    ]
    assert result.rows("accounts", "account", "handle") == [("bluesky:did:plc:a", "a.example")]
    assert [s for (s,) in result.rows("account_states", "state")] == ["takendown", "active", "inactive"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"kind": "commit"}, "did or time_us is missing"),
        ({"did": 5, "time_us": AT, "kind": "commit"}, "did or time_us is missing"),
        ({"did": "d", "time_us": "now", "kind": "commit"}, "did or time_us is missing"),
        ({"did": "d", "time_us": AT, "kind": "party"}, "unknown kind of event: 'party'"),
        ({"did": "d", "time_us": AT, "kind": "commit", "commit": None}, "without collection"),
        (commit(POST, "1", operation="explode"), "without collection"),
        (commit(POST, "1", None), "a commit (create) without its record"),
        ([1], "not a JSON object"),
        (commit("app.bsky.graph.follow", "1", {"subject": {"a": 1}}), "not text but an object"),
        (commit("app.bsky.feed.like", "1", {}), "missing"),
    ],
)
def test_hostile_events_cost_themselves_only(event: Any, reason: str, tmp_path: Path) -> None:
    result = read(
        tmp_path, event, commit(POST, "9", {"text": "ok", "facets": 7, "embed": [], "langs": "en", "tags": {}})
    )
    assert len(result.rejected) == 1
    assert reason in result.reasons()[0]
    assert result.rejected[0].line == 1
    assert len(result.tables["posts"]) == 1


def test_the_platform_can_be_named(tmp_path: Path) -> None:
    result = read(tmp_path, commit(POST, "1", {"text": "gm"}), options=Options(platform="atproto"))
    assert result.rows("posts", "account") == [("atproto:did:plc:a",)]
