"""coordination-network-toolkit: the CSV file that it imports."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from ingest.files import BOM
from ingest.formats.base import Block, Format, Head, Options, Records
from ingest.formats.delimited import Delimited
from ingest.links import canonical_link

COLUMNS = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")

_POST = {"type": "posts", "post_id": "message_id", "account_id": "user_id", "created_at": "timestamp"}
_URLS = {"column": "urls", "split": " ", "verbatim": True}
# A mapping knows one parent a post, the toolkit two columns of them: the second record brings the other one.
MAPPING: dict[str, Any] = {
    "record": [
        {**_POST, "text": "message", "links": _URLS, "parent_id": "repost_id"},
        {**_POST, "parent_id": "reply_id"},
        {"type": "accounts", "only_if": "username", "account_id": "user_id", "handle": "username"},
    ]
}


class CoordinationNetworkToolkit(Format):
    """Posts with their author's name, what they repost or reply to, and URLs separated by spaces.

    An address in ``urls`` that is no URL is kept as it stands: the toolkit counts it as well. An empty ``urls`` is no
    link here, though the toolkit's own import makes one of it.
    """

    name: ClassVar[str] = "cnt"
    about: ClassVar[str] = "coordination-network-toolkit CSV: message_id, user_id, username, repost_id, reply_id, …"
    types: ClassVar[tuple[str, ...]] = ("posts", "accounts")

    def sniff(self, head: Head) -> float:
        """Its header."""
        first = head.start.removeprefix(BOM).partition(b"\n")[0].decode(errors="replace").strip()
        header = {cell.strip() for cell in next(csv.reader([first]), [])} if first.isprintable() else set()
        return 0.95 if header >= set(COLUMNS) else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of rows; a mapping that the user gives goes before the format's own."""
        if options.mapping is not None:
            yield from Delimited().read(path, options, skip)
            return
        for block in Delimited().read(path, dataclasses.replace(options, type=None, mapping=MAPPING), skip):
            if block.records:
                posts, replies, accounts = block.records
                block.records = [_with_parents(posts, replies), accounts]
            yield block


def _with_parents(posts: Records, replies: Records) -> Records:
    columns = dict(posts.columns)
    reposted, replied = columns["parent_id"], replies.columns["parent_id"]
    columns["kind"] = ["repost" if a else "reply" if b else "post" for a, b in zip(reposted, replied, strict=True)]
    columns["parent_id"] = [a or b for a, b in zip(reposted, replied, strict=True)]
    urls = columns.pop("links:verbatim")
    columns["links:verbatim"] = [None if u is None else [canonical_link(w) or w for w in u] for u in urls]
    return Records("posts", columns, posts.lines)
