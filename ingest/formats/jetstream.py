"""Bluesky Jetstream: the network's events, one a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ingest.files import BOM
from ingest.formats.base import Block, Format, Head, Options
from ingest.gather import Gathered, dicts, dig, line_objects, platform_of, words

POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.repost"
LIKE = "app.bsky.feed.like"
FOLLOW = "app.bsky.graph.follow"


class Jetstream(Format):
    """Posts, reposts, likes, follows, deletions, handles and account states.

    Ids are AT URIs and DIDs. Times are the stream's own (``time_us``): ``createdAt`` is whatever the author's
    client says. Other collections are passed over, and so are the deletions of likes and follows, which name nothing.
    """

    name: ClassVar[str] = "jetstream"
    about: ClassVar[str] = "Bluesky Jetstream JSON Lines: commit, identity and account events"
    types: ClassVar[tuple[str, ...]] = ("posts", "interactions", "post_events", "accounts", "account_states")

    def sniff(self, head: Head) -> float:
        """An event's four signs in the first line."""
        first = head.start.removeprefix(BOM).lstrip().partition(b"\n")[0]
        signs = (b'"did"', b'"time_us"', b'"kind"')
        return 0.95 if first.startswith(b"{") and all(s in first for s in signs) else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of lines; an event without its basic fields is bad."""
        out = _Events(platform_of(options, "bluesky"))
        yield from line_objects(path, skip, out, out.take)


class _Events(Gathered):
    """The records of events."""

    def take(self, line: int, event: Mapping[str, Any]) -> None:
        """Take one event."""
        fault = self._event(line, event)
        if fault:
            self.refuse(line, fault, event)

    def _event(self, line: int, event: Mapping[str, Any]) -> str:
        """What is wrong with the event, or an empty text."""
        did, at, kind = event.get("did"), event.get("time_us"), event.get("kind")
        if not isinstance(did, str) or not did or not isinstance(at, int):
            return "not a Jetstream event: did or time_us is missing"
        if kind == "commit":
            return self._commit(line, did, at, event.get("commit"))
        if kind == "identity":
            handle = dig(event, "identity", "handle")
            self.add("accounts", line, {"account_id": did, "handle": handle, "observed_at:us": at})
        elif kind == "account":
            active = dig(event, "account", "active")
            state = "active" if active else dig(event, "account", "status") or "inactive"
            self.add("account_states", line, {"account_id": did, "state": state, "at:us": at})
        else:
            return f"unknown kind of event: {str(kind)[:40]!r}"
        return ""

    def _commit(self, line: int, did: str, at: int, commit: Any) -> str:
        collection, key, what = dig(commit, "collection"), dig(commit, "rkey"), dig(commit, "operation")
        if not isinstance(collection, str) or not isinstance(key, str) or what not in {"create", "update", "delete"}:
            return "a commit without collection, rkey or operation"
        uri = f"at://{did}/{collection}/{key}"
        if what == "delete":
            if collection in {POST, REPOST}:
                self.add("post_events", line, {"post_id": uri, "kind": "deleted", "at:us": at})
            return ""
        record = dig(commit, "record")
        if not isinstance(record, Mapping):
            return f"a commit ({what}) without its record"
        if collection == POST and what == "update":
            event = {"post_id": uri, "kind": "edited", "at:us": at, "text": record.get("text")}
            self.add("post_events", line, event)
        elif collection in {POST, REPOST}:
            self._post(line, {"post_id": uri, "account_id": did, "created_at:us": at}, collection, record)
        elif collection in {LIKE, FOLLOW}:
            self._act(line, {"interaction_id": uri, "account_id": did, "at:us": at}, collection, record)
        return ""

    def _post(self, line: int, row: dict[str, Any], collection: str, record: Mapping[str, Any]) -> None:
        if collection == REPOST:
            self.add("posts", line, {**row, "kind": "repost", "parent_id": dig(record, "subject", "uri")})
            return
        embed = record.get("embed")
        quoted = dig(embed, "record", "record", "uri") or dig(embed, "record", "uri")
        quoted = quoted if isinstance(quoted, str) and f"/{POST}/" in quoted else None
        parent = dig(record, "reply", "parent", "uri")
        features = [f for facet in dicts(record.get("facets")) for f in dicts(facet.get("features"))]
        cards = (dig(embed, "external", "uri"), dig(embed, "media", "external", "uri"))
        tags = record.get("tags")
        langs = record.get("langs")
        row |= {
            "text": record.get("text"),
            "kind": "reply" if parent else "quote" if quoted else "post",
            "parent_id": parent or quoted,
            "links": words(*cards, *(f.get("uri") for f in features)),
            "hashtags": words(*(f.get("tag") for f in features), *(tags if isinstance(tags, list) else ())),
            "lang": langs[0] if isinstance(langs, list) and langs else None,
        }
        self.add("posts", line, row)
        if parent and quoted:  # a post has one parent; the other reference is an act of its own
            share = {"account_id": row["account_id"], "post_id": row["post_id"], "at:us": row["created_at:us"]}
            self.add("interactions", line, {**share, "kind": "share", "target_type": "post", "target_id": quoted})

    def _act(self, line: int, row: dict[str, Any], collection: str, record: Mapping[str, Any]) -> None:
        subject = record.get("subject")
        if collection == FOLLOW:
            self.add("interactions", line, {**row, "kind": "follow", "target_type": "account", "target_id": subject})
            return
        liked = dig(subject, "uri")
        if not isinstance(liked, str) or f"/{POST}/" in liked:  # feeds and lists are liked as well
            self.add("interactions", line, {**row, "kind": "like", "target_type": "post", "target_id": liked})
