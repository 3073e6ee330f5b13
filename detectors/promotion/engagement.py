"""Engagement that looks bought: reposts and likes of members' posts by members and a narrow set of others, at once.

A post that people like finds an audience of strangers, over hours. Bought engagement comes from few accounts, the same
ones each time, within minutes. Fans of one source look like that as well, so that this never decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.base import Scope
from detectors.coaction.context import named
from graph.model import NodeType
from graph.projection import events
from graph.store import View

SOON = 300_000_000  # µs: what comes within five minutes of a post came at once
FEW = 10  # acts of engagement, and posts with counts, from which something is said
SEEN = 10  # views from which a ratio means something
TRACES = ("repost", "reply", "quote", "like")


@dataclass(frozen=True)
class Engagement:
    """Who reacted to a ring's posts.

    Attributes
    ----------
    acts : int
        Reposts, replies, quotes and likes, of members' posts, by others than the author.
    inner : int
        Those by members.
    expected : float
        How many would be by members if the same acts were dealt out by how much each account reacts to anything.
    narrow : float
        Share of the acts by the tenth of reacting accounts (at least one) that react most.
    soon : int
        Acts within five minutes of the post.
    keys : tuple of str
        Messages of the inner acts.
    """

    acts: int
    inner: int
    expected: float
    narrow: float
    soon: int
    keys: tuple[str, ...]


class Reactions:
    """All reactions of a view to posts, by what was reacted to.

    Parameters
    ----------
    view : View
        The graph.
    posts : pyarrow.Table
        Events of the trace ``post``: who wrote what, and when.
    scope : Scope
        Time to look at.
    """

    def __init__(self, view: View, posts: pa.Table, scope: Scope) -> None:
        self.posts = posts
        traces = TRACES if view.count("interactions") else TRACES[:-1]
        tables = [(events(view, t, start=scope.start, end=scope.end), t == "like") for t in traces]
        self.tables = [(table, typed) for table, typed in tables if table.num_rows]
        self.total = sum(table.num_rows for table, _ in self.tables)

    def to(self, members: Sequence[str]) -> Engagement | None:
        """Reactions to the posts of some accounts; None where there are fewer than :data:`FEW`."""
        mine = self.posts.filter(named(self.posts, "actor", members))
        if not mine.num_rows:
            return None
        own = dict(
            zip(mine["message"].to_pylist(), zip(mine["actor"].to_pylist(), _us(mine), strict=True), strict=True)
        )
        inside, who, late, keys = set(members), [], [], []
        for table, typed in self.tables:
            names = [f"{NodeType.POST}/{k}" for k in own] if typed else list(own)
            rows = table.filter(named(table, "object", names))
            for actor, thing, at, key in zip(
                rows["actor"].to_pylist(),
                rows["object"].to_pylist(),
                _us(rows),
                rows["message"].to_pylist(),
                strict=True,
            ):
                author, wrote = own[thing.partition("/")[2] if typed else thing]
                if actor != author:
                    who.append(actor)
                    late.append(at - wrote)
                    keys.append(key)
        if len(who) < FEW:
            return None
        inner = [k for k, actor in zip(keys, who, strict=True) if actor in inside]
        _, often = np.unique(np.array(who), return_counts=True)
        top = np.sort(often)[::-1][: max(1, len(often) // 10)].sum() / len(who)
        share = sum(t.filter(named(t, "actor", members)).num_rows for t, _ in self.tables) / max(self.total, 1)
        soon = int((np.array(late) <= SOON).sum())
        return Engagement(len(who), len(inner), share * len(who), float(top), soon, tuple(sorted(set(inner))))

    def share_of(self, account: str) -> float:
        """Share of all reactions to posts of known authors that go to one account's posts."""
        mine = self.posts.filter(named(self.posts, "actor", [account]))["message"].to_pylist()
        typed_names = [f"{NodeType.POST}/{k}" for k in mine]
        got = sum(t.filter(named(t, "object", typed_names if typed else mine)).num_rows for t, typed in self.tables)
        return float(got / max(self.total, 1))


class Counts:
    """Likes and reposts a view that posts are said to have, where counts are loaded.

    Parameters
    ----------
    view : View
        The graph. Of several observations of a post the one with most views counts.
    """

    def __init__(self, view: View) -> None:
        batches = list(view.scan("engagements", columns=["post", "views", "likes", "reposts"]))
        table = pa.Table.from_batches(batches) if batches else None
        if table is None or not table.num_rows:
            self.rows = pa.table({"post": pa.array([], pa.string()), "views": [], "acts": []})
            return
        acts = pc.add(pc.fill_null(table["likes"], 0), pc.fill_null(table["reposts"], 0))
        rows = pa.table({"post": table["post"], "views": table["views"], "acts": acts})
        rows = (
            rows.filter(pc.greater_equal(rows["views"], SEEN))
            .group_by("post")
            .aggregate([("views", "max"), ("acts", "max")])
        )
        self.rows = rows.rename_columns(["post", "views", "acts"])

    def of(self, posts: Sequence[str] | None = None) -> tuple[float, int] | None:
        """Mean likes and reposts a view of some posts (of all), and of how many; None for fewer than :data:`FEW`."""
        rows = self.rows
        if posts is not None:
            rows = rows.filter(pc.is_in(rows["post"], pa.array(sorted(posts), pa.string())))
        if rows.num_rows < FEW:
            return None
        return float(np.mean(rows["acts"].to_numpy() / rows["views"].to_numpy())), rows.num_rows


def _us(table: pa.Table) -> list[int]:
    found: list[int] = pc.cast(table["at"], pa.int64()).to_pylist()
    return found
