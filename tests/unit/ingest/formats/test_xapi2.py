from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest.formats.base import Options
from tests.reading import Outcome, outcome

POST: dict[str, Any] = {
    "id": "1",
    "author_id": "9",
    "text": "gm $SOL https://t.co/a",
    "created_at": "2024-01-01T00:00:00.000Z",
    "lang": "en",
    "entities": {
        "urls": [{"url": "https://t.co/a", "expanded_url": "https://site.example/p?utm_source=x"}],
        "cashtags": [{"tag": "BTC"}],
        "hashtags": [{"tag": "Pump"}],
    },
    "public_metrics": {"like_count": 3, "impression_count": 7, "retweet_count": 1},
}
USER: dict[str, Any] = {
    "id": "9",
    "username": "ann",
    "name": "Ann",
    "created_at": "2020-01-01T00:00:00.000Z",
    "verified": True,
    "public_metrics": {"followers_count": 4, "following_count": 2},
}
ANSWER: dict[str, Any] = {
    "data": [POST],
    "includes": {"users": [USER], "tweets": [{**POST, "id": "2", "author_id": "8"}]},
    "errors": [{"title": "Not Found", "detail": "Could not find tweet with id [77]", "resource_id": "77"}],
    "meta": {"result_count": 1},
}


def read(folder: Path, *answers: Any, indent: bool = False, options: Options | None = None) -> Outcome:
    path = folder / "answers.json"
    option = orjson.OPT_INDENT_2 if indent else 0
    path.write_bytes(b"\n".join(orjson.dumps(a, option=option) for a in answers) + (b"\n" if not indent else b""))
    return outcome(path, options)


@pytest.mark.parametrize("indent", [False, True], ids=["line", "document"])
def test_an_answer_gives_posts_accounts_and_errors(indent: bool, tmp_path: Path) -> None:
    result = read(tmp_path, ANSWER, indent=indent)
    assert result.format == "xapi2"
    assert result.rows("posts", "post", "account") == [("x:1", "x:9"), ("x:2", "x:8")]
    post = result.tables["posts"][0]
    assert post["text"] == "gm $SOL https://site.example/p?utm_source=x"
    assert post["links"] == ["https://site.example/p"]
    assert (post["tickers"], post["hashtags"], post["lang"]) == (["BTC", "SOL"], ["pump"], "en")
    assert result.rows("engagements", "post", "views", "likes", "reposts")[0] == ("x:1", 7, 3, 1)
    account = result.tables["accounts"][0]
    assert (account["handle"], account["verified"], account["followers"]) == ("ann", True, 4)
    assert orjson.loads(account["attributes"]) == {"name": "Ann", "following_count": 2}
    assert result.reasons() == ["the API reported: Could not find tweet with id [77]"]
    assert "77" in result.rejected[0].raw


def test_several_answers_one_a_line(tmp_path: Path) -> None:
    second = {**ANSWER, "data": {**POST, "id": "3"}, "__twarc": {"retrieved_at": "2024-02-01T00:00:00Z"}}
    result = read(tmp_path, ANSWER, second)
    assert {key for (key,) in result.rows("posts", "post")} == {"x:1", "x:2", "x:3"}
    assert [str(at)[:10] for (at,) in result.rows("accounts", "observed_at")] == ["None", "2024-02-01"]


def test_several_documents_one_after_another(tmp_path: Path) -> None:
    result = read(tmp_path, ANSWER, {**ANSWER, "data": {**POST, "id": "3"}}, indent=True)
    assert {key for (key,) in result.rows("posts", "post")} == {"x:1", "x:2", "x:3"}
    assert result.ends == [8]


def test_posts_one_a_line_with_their_author(tmp_path: Path) -> None:
    result = read(tmp_path, {**POST, "author": USER, "__twarc": {"retrieved_at": "2024-02-01T00:00:00Z"}}, POST)
    assert result.rows("accounts", "account", "handle") == [("x:9", "ann")]
    assert str(result.tables["engagements"][0]["observed_at"])[:10] == "2024-02-01"


def test_a_single_post_over_several_lines_and_an_array(tmp_path: Path) -> None:
    assert read(tmp_path, POST, indent=True).rows("posts", "post") == [("x:1",)]
    assert read(tmp_path, [POST, {**POST, "id": "5"}], indent=True).rows("posts", "post") == [("x:1",), ("x:5",)]


@pytest.mark.parametrize(
    ("references", "kind", "parent"),
    [
        ([{"type": "retweeted", "id": "5"}], "repost", "x:5"),
        ([{"type": "quoted", "id": "5"}], "quote", "x:5"),
        ([{"type": "replied_to", "id": "5"}], "reply", "x:5"),
        ([{"type": "quoted", "id": "6"}, {"type": "replied_to", "id": "5"}], "reply", "x:5"),
        ([{"type": "new_thing", "id": "5"}], "post", None),
        ([], "post", None),
        (None, "post", None),
        ("odd", "post", None),
    ],
)
def test_references(references: Any, kind: str, parent: str | None, tmp_path: Path) -> None:
    result = read(tmp_path, {**POST, "referenced_tweets": references})
    assert result.rows("posts", "kind", "parent") == [(kind, parent)]
    shares = [("share", "x:6", "x:1")] if references and len(references) == 2 else []
    assert result.rows("interactions", "kind", "target", "post") == shares


def test_long_posts_have_their_whole_text(tmp_path: Path) -> None:
    note = {
        "text": "long $ETH https://t.co/b",
        "entities": {"urls": [{"url": "https://t.co/b", "unwound_url": "https://b.example/"}]},
    }
    result = read(tmp_path, {**POST, "note_tweet": note})
    assert result.tables["posts"][0]["text"] == "long $ETH https://b.example/"
    assert "https://b.example/" in result.tables["posts"][0]["links"]


def test_posts_with_the_default_fields_only_are_refused_with_the_reason(tmp_path: Path) -> None:
    result = read(tmp_path, {"data": [{"id": "1", "text": "x", "edit_history_tweet_ids": ["1"]}], "meta": {}})
    assert [(r.field, r.reason) for r in result.rejected] == [("account_id", "missing")]


@pytest.mark.parametrize(
    "post",
    [
        {**POST, "text": ["x"]},
        {**POST, "created_at": "yesterday"},
        {**POST, "public_metrics": {"like_count": -1}},
        {**POST, "public_metrics": {"like_count": "many"}},
    ],
)
def test_hostile_posts_cost_themselves_only(post: dict[str, Any], tmp_path: Path) -> None:
    result = read(tmp_path, {"data": [post, {**POST, "id": "4"}, "no post", 7]}, indent=True)
    assert result.rows("posts", "post") == [("x:4",)]
    assert len(result.rejected) == 1


def test_odd_shapes_are_survived(tmp_path: Path) -> None:
    odd = {**POST, "entities": [], "public_metrics": "x", "note_tweet": 1, "author": "ann"}
    urls = {"urls": [{"url": "", "expanded_url": "https://a.example"}, {"url": 3}, 5], "cashtags": {"tag": 1}}
    result = read(tmp_path, odd, {**POST, "id": "2", "entities": urls}, {"data": 5, "includes": [], "errors": {}})
    assert result.rows("posts", "post") == [("x:1",), ("x:2",)]
    assert result.rejected == []


def test_cut_off_document_keeps_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    whole = orjson.dumps(
        {"data": [{**POST, "id": str(i)} for i in range(10)], "meta": {"result_count": 10}}, option=orjson.OPT_INDENT_2
    )
    path.write_bytes(whole[: len(whole) // 2])
    result = outcome(path)
    assert 3 <= len(result.tables["posts"]) < 10
    assert result.error is not None
    assert "cut off" in result.error.message
    again = outcome(path, skip=result.ends[-1])
    assert again.tables == {}
    assert again.error is not None


def test_the_platform_can_be_named(tmp_path: Path) -> None:
    result = read(tmp_path, POST, options=Options(platform="twitter"))
    assert result.rows("posts", "post") == [("twitter:1",)]


def test_other_json_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"data": [1], "includes": {}}', encoding="utf-8")
    assert outcome(path).format == "xapi2"
    path.write_text('{"hello": 1}\n', encoding="utf-8")
    assert outcome(path, Options(type="posts")).format == "jsonl"
