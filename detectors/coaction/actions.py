"""What accounts can do together: each action names the trace it is read from and how a meeting reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.model import NodeRef, NodeType

TEXT_SHOWN = 40  # characters of a text that a sentence shows


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
    prompt : bool
        Whether each object begins with a publication that people react to, so that even strangers act on it soon
        after one another.
    same : str
        Several objects that were the same, as a sentence has them.
    """

    trace: str
    about: str
    doing: str
    node: NodeType | None = None
    prompt: bool = False
    same: str = "the same things"

    @property
    def doing_same(self) -> str:
        """The act, where no one object stands for what was done."""
        return self.doing.replace("the text “{}”", "{}").format(self.same)

    def shown(self, thing: str) -> str:
        """The act with its object, short enough for a sentence."""
        if self.node is NodeType.TICKER:
            thing = f"${thing}"
        elif self.node is NodeType.HASHTAG:
            thing = f"#{thing}"
        elif self.node is None and len(thing) > TEXT_SHOWN:
            thing = f"{thing[: TEXT_SHOWN - 1]}…"
        return self.doing.format(thing)


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
    "co_repost": Action(
        "repost", "reposts of the same post", "reposting {}", NodeType.POST, prompt=True, same="the same posts"
    ),
    "co_reply": Action(
        "reply", "replies to the same post", "replying to {}", NodeType.POST, prompt=True, same="the same posts"
    ),
    "co_post": Action("post", "any posts at all, reposts included", "posting anything"),
}
"""Every action by name."""


def node_of(action: Action, thing: str) -> tuple[NodeRef, ...]:
    """The object as a node; nothing where it is none (a text)."""
    return (NodeRef(action.node, thing),) if action.node else ()
