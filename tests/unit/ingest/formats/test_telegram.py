from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest.formats.base import Options
from tests.reading import Outcome, outcome

CHAT = {"name": "Calls", "type": "public_channel", "id": 55}


def message(key: int, **fields: Any) -> dict[str, Any]:
    base = {"id": key, "type": "message", "date": "2024-01-01T00:00:00", "date_unixtime": "1704067200", "from": "Ann"}
    return {**base, "from_id": "user9", "text": "gm", **fields}


def read(folder: Path, *messages: Any, chat: dict[str, Any] | None = None, options: Options | None = None) -> Outcome:
    path = folder / "result.json"
    export = {**(CHAT if chat is None else chat), "messages": list(messages)}
    path.write_bytes(orjson.dumps(export, option=orjson.OPT_INDENT_2))
    return outcome(path, options, wanted="telegram")


def test_text_in_parts_with_entities(tmp_path: Path) -> None:
    text = [
        "buy ",
        {"type": "cashtag", "text": "$BTC"},
        " ",
        {"type": "hashtag", "text": "#Pump"},
        " ",
        {"type": "text_link", "text": "here", "href": "https://a.example/?utm_source=x"},
        " or ",
        {"type": "link", "text": "b.example/x"},
        {"type": "bold"},
    ]
    result = read(tmp_path, message(1, text=text, reactions=[{"count": 2}, {"count": 3}, {"count": "x"}]))
    post = result.tables["posts"][0]
    assert (post["post"], post["account"], post["kind"]) == ("telegram:55/1", "telegram:user9", "post")
    assert post["text"] == "buy $BTC #Pump here or b.example/x"
    assert (post["tickers"], post["hashtags"]) == (["BTC"], ["pump"])
    assert post["links"] == ["https://a.example/", "https://b.example/x"]
    assert result.rows("accounts", "account", "handle") == [("telegram:user9", "Ann")]
    assert result.rows("engagements", "likes") == [(5,)]


def test_newer_exports_repeat_entities_beside_a_plain_text(tmp_path: Path) -> None:
    entities = [{"type": "plain", "text": "see "}, {"type": "text_link", "text": "it", "href": "https://a.example/"}]
    result = read(tmp_path, message(1, text="see it", text_entities=entities))
    assert result.rows("posts", "text", "links") == [("see it", ["https://a.example/"])]


def test_replies_forwards_and_edits(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        message(1, reply_to_message_id=7),
        message(2, reply_to_message_id=7, reply_to_peer_id="channel66"),
        message(3, forwarded_from="Other", forwarded_from_id="channel66"),
        message(4, forwarded_from="A hidden name"),
        message(5, edited="2024-01-01T00:01:00", edited_unixtime="1704067260"),
    )
    assert result.rows("posts", "kind", "parent") == [
        ("reply", "telegram:55/7"),
        ("reply", "telegram:66/7"),
        ("repost", None),
        ("repost", None),
        ("post", None),
    ]
    assert result.rows("interactions", "kind", "target_type", "target", "post") == [
        ("share", "account", "telegram:channel66", "telegram:55/3")
    ]
    assert result.rows("post_events", "post", "kind", "text") == [("telegram:55/5", "edited", "gm")]


def test_service_messages_are_joins_or_nothing(tmp_path: Path) -> None:
    join = message(1, type="service", action="join_group_by_link", actor="Bob", actor_id="user3")
    result = read(
        tmp_path,
        join,
        {**join, "id": 2, "actor": None},
        {**join, "id": 3, "actor_id": None},
        {**join, "id": 4, "action": "pin_message"},
        chat={"name": "G", "type": "private_supergroup", "id": 5},
    )
    assert result.rejected == []
    assert "posts" not in result.tables
    assert result.rows("interactions", "interaction", "account", "kind", "target") == [
        ("telegram:5/1", "telegram:user3", "join", "telegram:channel5"),
        ("telegram:5/2", "telegram:user3", "join", "telegram:channel5"),
    ]
    assert result.rows("accounts", "handle") == [("Bob",)]
    group = read(tmp_path, join, chat={"name": "G", "type": "private_group", "id": 5})
    assert group.rows("interactions", "target") == [("telegram:chat5",)]


def test_authors_of_older_exports_and_of_channels(tmp_path: Path) -> None:
    result = read(tmp_path, message(1, from_id=12), message(2, from_id=None), message(3, from_id=True))
    assert [a for (a,) in result.rows("posts", "account")] == [
        "telegram:user12",
        "telegram:channel55",
        "telegram:channel55",
    ]
    group = read(tmp_path, message(1, from_id=None), chat={**CHAT, "type": "private_group"})
    assert [(r.field, r.reason) for r in group.rejected] == [("account_id", "missing")]


def test_a_full_export_numbers_messages_by_chat(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    chats = [{**CHAT, "id": n, "messages": [message(1), message(2)]} for n in (55, 66)]
    left = [{"name": "L", "type": "private_group", "id": 77, "messages": [message(1)]}]
    export = {
        "about": "an export",
        "personal_information": {"user_id": 1, "messages": [{"id": 1}]},
        "contacts": {"list": [{"user_id": 3, "id": 9}]},
        "chats": {"about": "y", "list": chats},
        "left_chats": {"about": "z", "list": left},
    }
    path.write_bytes(orjson.dumps(export))
    result = outcome(path)
    assert result.format == "telegram"
    keys = ["telegram:55/1", "telegram:55/2", "telegram:66/1", "telegram:66/2", "telegram:77/1"]
    assert [p for (p,) in result.rows("posts", "post")] == keys
    assert outcome(path, skip=5).tables == {}


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    old = {k: v for k, v in message(1).items() if k != "date_unixtime"}
    result = read(tmp_path, old, message(2))
    assert result.rows("posts", "post") == [("telegram:55/2",)]
    assert "no zone offset" in result.reasons()[0]


def test_the_chats_id_must_come_before_its_messages(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(orjson.dumps({"name": "C", "messages": [message(1)], "id": 5}))
    assert outcome(path).reasons() == ["a message before the id of its chat"]
    # the id of the chat before does not leak into the next
    chats = [{"name": "A", "id": 1, "messages": []}, {"name": "B", "messages": [message(1)]}]
    path.write_bytes(orjson.dumps({"chats": {"list": chats}}))
    assert outcome(path).reasons() == ["a message before the id of its chat"]


@pytest.mark.parametrize(
    "hostile",
    [
        message(1, date_unixtime="1" * 40),
        message(1, date_unixtime="never"),
        message(1, date_unixtime=True),
        {"type": "message"},
        {**message(1), "id": None},
        {**message(1), "id": {"a": 1}, "date_unixtime": ""},
    ],
)
def test_hostile_messages_cost_themselves_only(hostile: Any, tmp_path: Path) -> None:
    result = read(tmp_path, hostile, message(2, text=[5, None, {"text": 7}], reactions="many", text_entities={}))
    assert result.rows("posts", "post") == [("telegram:55/2",)]
    assert {r.line for r in result.rejected} == {1}


def test_a_broken_message_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    good = orjson.dumps(message(2))
    head = b'{"name": "C", "id": 5, "messages": ['
    path.write_bytes(
        head + b'{"id": 1, "from": nobody},' + good + b',{"text": "' + b"x" * 5_000_000 + b'"},' + good + b"]}"
    )
    result = outcome(path, wanted="telegram")
    assert len(result.tables["posts"]) == 1
    assert [r.line for r in result.rejected] == [1, 3]
    assert "larger than" in result.reasons()[1]


def test_cut_off_export_keeps_what_is_whole(tmp_path: Path) -> None:
    read(tmp_path, *(message(i) for i in range(10)))
    path = tmp_path / "result.json"
    path.write_bytes(path.read_bytes()[:-300])
    result = outcome(path)
    assert 7 <= len(result.tables["posts"]) < 10
    assert result.error is not None


def test_the_platform_can_be_named(tmp_path: Path) -> None:
    assert read(tmp_path, message(1), options=Options(platform="tg")).rows("posts", "post") == [("tg:55/1",)]


def test_other_json_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"messages": []}', encoding="utf-8")
    assert outcome(path).format == "telegram"
    path.write_text('[{"messages": []}]', encoding="utf-8")
    with pytest.raises(Exception, match="no format recognises"):
        outcome(path)
