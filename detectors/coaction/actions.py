"""What accounts can do together: each action names the trace it is read from and how a meeting reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from detectors.coaction.similar import Similar
from detectors.coaction.sweep import Sweep
from detectors.text import THRESHOLD
from graph.model import NodeRef, NodeType
from graph.projection import events
from graph.store import View

TEXT_SHOWN = 40  # characters of a text that a sentence shows
QUOTED = re.compile("(the text|texts like) “{}”")
NODE_TYPES = frozenset(map(str, NodeType))


@dataclass(frozen=True, slots=True)
class Action:
    """One way of acting on the same thing.

    Parameters
    ----------
    trace : str
        Name in :data:`graph.projection.TRACES`.
    about : str
        Which messages count and what must be equal.
    doing : str
        The act as a sentence has it, with ``{}`` for the object.
    node : NodeType or None
        What the object is, where it is a node.
    typed : bool
        Whether objects are nodes of several types, named ``type/key``.
    prompt : bool
        Whether each object begins with a publication that people react to, so that even strangers act on it soon
        after one another.
    same : str
        Several objects that were the same, as a sentence has them.
    near : bool
        Whether texts that are nearly the same are the same object (:mod:`detectors.coaction.similar`).
    """

    trace: str
    about: str
    doing: str
    node: NodeType | None = None
    typed: bool = False
    prompt: bool = False
    same: str = "the same things"
    near: bool = False

    @property
    def doing_same(self) -> str:
        """The act, where no one object stands for what was done."""
        return QUOTED.sub("{}", self.doing).format(self.same)

    def of(self, thing: str) -> tuple[NodeType | None, str]:
        """An object's node type, None where it is no node, and its key."""
        if not self.typed:
            return self.node, thing
        kind, _, key = thing.partition("/")
        return (NodeType(kind), key) if kind in NODE_TYPES else (None, thing)

    def named(self, node: NodeType, keys: Iterable[str]) -> list[str]:
        """Names that nodes of a type have as objects of this action; empty where they are none of its objects."""
        if self.typed:
            return [f"{node}/{key}" for key in keys]
        return list(keys) if self.node is node else []

    def shown(self, thing: str) -> str:
        """The act with its object, short enough for a sentence."""
        return self.doing.format(self.called(thing))

    def called(self, thing: str) -> str:
        """An object as people read it."""
        if "{}" not in self.doing:
            return "everything"
        node, thing = self.of(thing)
        if node is NodeType.TICKER:
            return f"${thing}"
        if node is NodeType.HASHTAG:
            return f"#{thing}"
        return f"{thing[: TEXT_SHOWN - 1]}…" if node is None and len(thing) > TEXT_SHOWN else thing


ACTIONS: Mapping[str, Action] = {
    "co_ticker": Action(
        "ticker",
        "posts that name the same ticker, reposts excluded",
        "posting {}",
        NodeType.TICKER,
        same="the same tickers",
    ),
    "co_link": Action(
        "link", "posts with the same link, reposts excluded", "sharing {}", NodeType.LINK, same="the same links"
    ),
    "co_domain": Action(
        "domain", "posts with links to the same domain", "linking to {}", NodeType.DOMAIN, same="the same domains"
    ),
    "co_hashtag": Action(
        "hashtag", "posts with the same hashtag", "using {}", NodeType.HASHTAG, same="the same hashtags"
    ),
    "co_text": Action(
        "text",
        "posts whose texts are equal but for case, white space and mentions; a text that is then empty is none",
        "posting the text “{}”",
        same="the same texts",
    ),
    "co_similar": Action(
        "text",
        "posts whose texts, links and mentions left out, are nearly the same: Jaccard similarity of character shingles",
        "posting texts like “{}”",
        same="texts that are nearly the same",
        near=True,
    ),
    "co_repost": Action(
        "repost", "reposts of the same post", "reposting {}", NodeType.POST, prompt=True, same="the same posts"
    ),
    "co_quote": Action(
        "quote", "quotes of the same post", "quoting {}", NodeType.POST, prompt=True, same="the same posts"
    ),
    "co_reply": Action(
        "reply", "replies to the same post", "replying to {}", NodeType.POST, prompt=True, same="the same posts"
    ),
    "co_post": Action("post", "any posts at all, reposts included", "posting anything"),
    "co_like": Action("like", "likes of the same thing", "liking {}", typed=True, prompt=True),
    "co_follow": Action(
        "follow",
        "follows of the same account, which may be days apart",
        "following {}",
        typed=True,
        same="the same accounts",
    ),
}
"""Every action by name."""


def node_of(action: Action, thing: str) -> tuple[NodeRef, ...]:
    """The object as a node; nothing where it is none (a text)."""
    node, key = action.of(thing)
    return (NodeRef(node, key),) if node else ()


def sweep_of(
    view: View,
    action: str,
    window_s: float,
    *,
    similarity: float = THRESHOLD,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[Sweep | Similar, tuple[str, ...]]:
    """An action's events ready to be counted in a window, and in words what of them is left out.

    Parameters
    ----------
    similarity : float
        Least Jaccard similarity of two texts that are nearly the same (only ``co_similar``).
    """
    return swept(events(view, ACTIONS[action].trace, start=start, end=end), action, window_s, similarity=similarity)


def swept(
    table: pa.Table, action: str, window_s: float, *, similarity: float = THRESHOLD
) -> tuple[Sweep | Similar, tuple[str, ...]]:
    """The same of an event table, wherever it is from; an action that is none of :data:`ACTIONS` names its objects."""
    known = ACTIONS.get(action)
    if known is not None and known.near:
        found = Similar(table, window_s, similarity)
        return found, (*_undated(table), *found.limits)
    sweep = Sweep(table, window_s)
    hubs = (hub.sentence(hub.key if known is None else known.called(hub.key)) for hub in sweep.hubs)
    return sweep, (*_undated(table), *hubs)


def events_of(
    view: View,
    action: str,
    window_s: float,
    *,
    similarity: float = THRESHOLD,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[pa.Table, tuple[str, ...]]:
    """An action's events as accounts acting on objects, for chance, rings and evidence; and what is left out.

    For ``co_similar`` the objects are clusters of similar texts (:meth:`detectors.coaction.similar.Similar.clusters`),
    which depend on the window: only texts used within one of each other are compared.
    """
    return clustered(events(view, ACTIONS[action].trace, start=start, end=end), action, window_s, similarity=similarity)


def clustered(
    table: pa.Table, action: str, window_s: float, *, similarity: float = THRESHOLD
) -> tuple[pa.Table, tuple[str, ...]]:
    """The same of an event table, wherever it is from."""
    if ACTIONS[action].near:
        found = Similar(table, window_s, similarity, hubs=None)  # who counts on the clusters has hubs of its own
        return found.clusters(), (*_undated(table), *found.limits)
    return table, _undated(table)


def _undated(table: pa.Table) -> tuple[str, ...]:
    count = int((table.schema.metadata or {}).get(b"undated", b"0"))
    return (f"{count} without a time {'was' if count == 1 else 'were'} left out",) if count else ()
