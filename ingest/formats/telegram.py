"""Telegram Desktop: the JSON export of one chat or of an account (result.json)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ingest.files import BOM
from ingest.formats.base import Block, Format, Head, Options
from ingest.gather import Gathered, dicts, dig, document_objects, platform_of, words
from ingest.jsonscan import EACH, Value

_ONE = ("messages", EACH)
_MANY = ("chats", "list", EACH, "messages", EACH)
_LEFT = ("left_chats", "list", EACH, "messages", EACH)
_CHATS = {message[:-2] for message in (_ONE, _MANY, _LEFT)}
_JOINS = frozenset({"join_group_by_link", "join_group_by_request", "invite_members"})
_SIGNS = (b'"date_unixtime"', b'"text_entities"', b'"from_id"', b'"type": "service"', b'"type": "message"')


class Telegram(Format):
    """Messages as posts, their senders as accounts, forwards and joins as interactions.

    Messages are numbered by chat, so the chat's id is part of theirs. A forward is a repost of an unknown post and a
    share of the account it came from; an edited message is kept as it reads now, with the time of the edit. Service
    messages other than joins are passed over.
    """

    name: ClassVar[str] = "telegram"
    about: ClassVar[str] = "Telegram Desktop export (result.json), of one chat or of all"
    types: ClassVar[tuple[str, ...]] = ("posts", "accounts", "interactions", "post_events")

    def sniff(self, head: Head) -> float:
        """A document with messages as Telegram writes them."""
        start = head.start.removeprefix(BOM).lstrip()
        if not start.startswith(b"{") or b'"messages"' not in start:
            return 0.0
        return 0.9 if any(sign in start for sign in _SIGNS) else 0.5

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of messages; positions number them through all chats."""
        out = _Messages(platform_of(options, "telegram"))
        yield from document_objects(path, (_ONE, _MANY, _LEFT), skip, out, out.take, note=out.note)


@dataclass
class _Messages(Gathered):
    """The records of messages, and the chat under way."""

    chat: str = ""
    chat_type: str = ""

    def note(self, value: Value) -> None:
        """Hear what is said of the chat before its messages."""
        *chat, name = value.path or ("",)
        if tuple(chat) not in _CHATS:
            return
        if name == "name":  # the first that an export says of a chat
            self.chat = self.chat_type = ""
        elif name == "id":
            self.chat = str(value.value)
        elif name == "type":
            self.chat_type = str(value.value)

    def take(self, number: int, _path: tuple[str, ...], message: Mapping[str, Any]) -> None:
        """Take one message."""
        if not self.chat:
            self.refuse(number, "a message before the id of its chat", message)
        elif message.get("type") == "service":
            self._service(number, message)
        else:
            self._message(number, message)

    def _message(self, number: int, message: Mapping[str, Any]) -> None:
        at = _time(message, "date")
        author = _peer(message.get("from_id"), "user") or (self._chat_account() if self._is_channel() else None)
        post = self._post_id(self.chat, message.get("id"))
        answered = message.get("reply_to_message_id")
        forwarded = message.get("forwarded_from") is not None or message.get("forwarded_from_id") is not None
        where = str(message.get("reply_to_peer_id") or self.chat).lstrip("abcdefghijklmnopqrstuvwxyz")
        text, entities = _text(message)
        row = {
            "post_id": post,
            "account_id": author,
            "created_at": at,
            "text": text,
            "kind": "reply" if answered is not None else "repost" if forwarded else "post",
            "parent_id": self._post_id(where, answered),
            "links": words(*(e.get("href") for e in entities), *(e.get("text") for e in entities if _is(e, "link"))),
            "hashtags": words(*(e.get("text") for e in entities if _is(e, "hashtag"))),
            "tickers": words(*(e.get("text") for e in entities if _is(e, "cashtag"))),
            "likes": _reactions(message),
        }
        self.add("posts", number, row)
        if author and isinstance(message.get("from"), str):
            self.add("accounts", number, {"account_id": author, "handle": message["from"]})
        if source := _peer(message.get("forwarded_from_id"), "user"):
            share = {"account_id": author, "kind": "share", "target_type": "account", "target_id": source}
            self.add("interactions", number, {**share, "at": at, "post_id": post})
        if (edited := _time(message, "edited")) is not None:
            self.add("post_events", number, {"post_id": post, "kind": "edited", "at": edited, "text": text})

    def _service(self, number: int, message: Mapping[str, Any]) -> None:
        """Who joined when is how bought members show."""
        if message.get("action") not in _JOINS or not (who := _peer(message.get("actor_id"), "user")):
            return
        join = {"account_id": who, "kind": "join", "target_type": "account", "target_id": self._chat_account()}
        at = _time(message, "date")
        self.add(
            "interactions", number, {**join, "at": at, "interaction_id": self._post_id(self.chat, message.get("id"))}
        )
        if isinstance(message.get("actor"), str):
            self.add("accounts", number, {"account_id": who, "handle": message["actor"]})

    def _is_channel(self) -> bool:
        return self.chat_type.endswith("channel")

    def _chat_account(self) -> str:
        """The chat as Telegram names it where it acts itself."""
        return f"{'channel' if self._is_channel() or 'supergroup' in self.chat_type else 'chat'}{self.chat}"

    @staticmethod
    def _post_id(chat: str, message: Any) -> str | None:
        return None if message is None else f"{chat}/{message}"


def _peer(value: Any, kind: str) -> str | None:
    """The id of who acts; exports before 2021 give users as bare numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{kind}{value}"
    return value if isinstance(value, str) and value else None


def _time(message: Mapping[str, Any], name: str) -> Any:
    """Seconds since 1970; else the text as it is, which has no zone and will be refused for it."""
    exact = message.get(f"{name}_unixtime")
    if isinstance(exact, str) and exact.isdecimal() and len(exact) < 19:
        return int(exact)
    return message.get(name) if exact is None else exact


def _text(message: Mapping[str, Any]) -> tuple[str | None, list[Mapping[str, Any]]]:
    """The text, and its marked parts."""
    raw = message.get("text")
    parts = raw if isinstance(raw, list) else [raw]
    pieces = [p if isinstance(p, str) else dig(p, "text") for p in parts]
    text = "".join(p for p in pieces if isinstance(p, str))
    return text or None, [*dicts(parts), *dicts(message.get("text_entities"))]


def _is(entity: Mapping[str, Any], kind: str) -> bool:
    return entity.get("type") == kind


def _reactions(message: Mapping[str, Any]) -> int | None:
    counts = [r.get("count") for r in dicts(message.get("reactions"))]
    return sum(c for c in counts if isinstance(c, int)) if counts else None
