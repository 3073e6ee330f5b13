"""X API v2: response documents, or posts one a line as collecting tools write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ingest.files import BOM, head
from ingest.formats.base import Block, Format, Head, Options
from ingest.gather import Gathered, dicts, dig, document_objects, line_objects, parse, platform_of, words
from ingest.jsonscan import EACH

_ENVELOPE = frozenset({"data", "includes", "meta", "errors"})
_PARTS = frozenset(
    {("data",), ("data", EACH), ("includes", "tweets", EACH), ("includes", "users", EACH), ("errors", EACH), (EACH,)}
)
_ATTRIBUTES = ("name", "description", "location", "protected", "verified_type", "url")
_COUNTS = ("following_count", "tweet_count", "listed_count")
_SIGNS = (b'"author_id"', b'"edit_history_tweet_ids"', b'"referenced_tweets"', b'"result_count"', b'"newest_id"')
_KINDS = {"retweeted": "repost", "replied_to": "reply", "quoted": "quote"}


class XApi2(Format):
    """Posts with what they refer to, accounts, counts; errors that the API reported go to the quarantine.

    A short link in a text is replaced by the address that X shows in its place.
    """

    name: ClassVar[str] = "xapi2"
    about: ClassVar[str] = "X API v2 JSON: response documents (data, includes), or posts one a line"
    types: ClassVar[tuple[str, ...]] = ("posts", "accounts", "interactions")

    def sniff(self, head: Head) -> float:
        """Fields that only this API has."""
        start = head.start.removeprefix(BOM).lstrip()
        if not start.startswith((b"{", b"[")):
            return 0.0
        if any(sign in start for sign in _SIGNS):
            return 0.9
        return 0.6 if b'"data"' in start and b'"includes"' in start else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of lines, or of objects where the file is one document over several lines."""
        out = _Answers(platform_of(options, "x"))
        start = head(path).start.removeprefix(BOM).lstrip()
        first, line_end, _ = start.partition(b"\n")
        if line_end and parse(first)[0] is not None:
            yield from line_objects(path, skip, out, out.answer)
        else:
            yield from document_objects(path, _wanted(start), skip, out, out.item)


def _wanted(start: bytes) -> frozenset[tuple[str, ...]]:
    """Paths of objects; the document itself is one unless it begins like an answer."""
    key = start.removeprefix(b"{").lstrip()
    answer = any(key.startswith(f'"{name}"'.encode()) for name in _ENVELOPE)
    return _PARTS if answer or start.startswith(b"[") else frozenset({()})


class _Answers(Gathered):
    """The records of answers of the API."""

    def answer(self, number: int, value: Mapping[str, Any]) -> None:
        """Take a whole answer, or a single post."""
        if not value.keys() & _ENVELOPE:
            self._post(number, value)
            return
        data = value.get("data")
        for post in [data] if isinstance(data, Mapping) else dicts(data):
            self._post(number, post)
        for post in dicts(dig(value, "includes", "tweets")):
            self._post(number, post)
        for user in dicts(dig(value, "includes", "users")):
            self._user(number, user, dig(value, "__twarc", "retrieved_at"))
        for error in dicts(value.get("errors")):
            self._error(number, error)

    def item(self, number: int, path: tuple[str, ...], value: dict[str, Any]) -> None:
        """Take one object of an answer."""
        if path == ():
            self.answer(number, value)
        elif path[:1] == ("errors",):
            self._error(number, value)
        elif "users" in path:
            self._user(number, value, None)
        else:
            self._post(number, value)

    def _error(self, number: int, error: Mapping[str, Any]) -> None:
        about = error.get("detail") or error.get("title") or "no detail"
        self.refuse(number, f"the API reported: {str(about)[:500]}", error)

    def _post(self, number: int, post: Mapping[str, Any]) -> None:
        long = post.get("note_tweet")
        text = dig(long, "text") or post.get("text")
        entities = [e for e in (post.get("entities"), dig(long, "entities")) if isinstance(e, Mapping)]
        urls = [u for e in entities for u in dicts(e.get("urls"))]
        parents = {str(r.get("type")): r.get("id") for r in dicts(post.get("referenced_tweets"))}
        kind = next((k for k in _KINDS if k in parents), None)
        counts = post.get("public_metrics")
        row = {
            "post_id": post.get("id"),
            "account_id": post.get("author_id"),
            "created_at": post.get("created_at"),
            "text": _as_shown(text, urls),
            "kind": _KINDS[kind] if kind else "post",
            "parent_id": parents[kind] if kind else None,
            "links": words(*(u.get("unwound_url") or u.get("expanded_url") for u in urls)),
            "tickers": words(*(t.get("tag") for e in entities for t in dicts(e.get("cashtags")))),
            "hashtags": words(*(t.get("tag") for e in entities for t in dicts(e.get("hashtags")))),
            "lang": post.get("lang"),
            "views": dig(counts, "impression_count"),
            "likes": dig(counts, "like_count"),
            "reposts": dig(counts, "retweet_count"),
            "observed_at": dig(post, "__twarc", "retrieved_at"),
        }
        self.add("posts", number, row)
        if kind == "replied_to" and "quoted" in parents:  # a post has one parent; the other is an act of its own
            share = {"account_id": row["account_id"], "post_id": row["post_id"], "at": row["created_at"]}
            target = {"kind": "share", "target_type": "post", "target_id": parents["quoted"]}
            self.add("interactions", number, {**share, **target})
        if isinstance(author := post.get("author"), Mapping):  # posts written one a line carry their author
            self._user(number, author, row["observed_at"])

    def _user(self, number: int, user: Mapping[str, Any], observed_at: Any) -> None:
        counts = user.get("public_metrics")
        about = {name: user[name] for name in _ATTRIBUTES if user.get(name) not in {None, ""}}
        about |= {name: dig(counts, name) for name in _COUNTS if dig(counts, name) is not None}
        row = {
            "account_id": user.get("id"),
            "handle": user.get("username"),
            "created_at": user.get("created_at"),
            "verified": user.get("verified"),
            "followers": dig(counts, "followers_count"),
            "observed_at": observed_at,
            "attributes": about or None,
        }
        self.add("accounts", number, row)


def _as_shown(text: Any, urls: list[Mapping[str, Any]]) -> Any:
    if isinstance(text, str):
        for url in urls:
            short, long = url.get("url"), url.get("unwound_url") or url.get("expanded_url")
            if isinstance(short, str) and short and isinstance(long, str):
                text = text.replace(short, long)
    return text
