"""How a node is drawn and what it is called: by its type, a member by its role. Texts are data and shown as such."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from dashboard.canvas import grammar
from dashboard.times import utc
from dashboard.untrusted import one_line, visible
from graph.explore import short_identifier
from graph.findings import Member
from graph.model import Account, NodeRef, NodeType, Post, unscoped

_NAME = 22  # characters of a label


def colours(look: grammar.Look) -> dict[str, Any]:
    """A node keeps its colour under the pointer: colour says what it is."""
    plain = {"background": look.fill, "border": look.outline}
    return {**plain, "hover": plain, "highlight": plain}


def look_of(node: NodeRef, members: Mapping[str, Member]) -> grammar.Look:
    """How a node is drawn: a member by its role, anything else by its type."""
    if node.type is NodeType.ACCOUNT and node.key in members:
        return grammar.ROLES[members[node.key].role]
    return grammar.NODES[node.type]


def named(node: NodeRef, most: int = 300) -> str:
    """A node's key for people; of an identifier its kind and a short name of it, never the value or its hash.

    What is told apart are the identifiers, not what they say: two accounts with ``device #3f09ac`` share a device.
    Wallets and referral codes are public and shown as they are.
    """
    if node.type is NodeType.IDENTIFIER and (short := short_identifier(node.key)):
        return f"{one_line(short[0], 30)} #{short[1]}"
    return one_line(node.key, most)


def label_of(node: NodeRef, accounts: Mapping[str, Account]) -> str:
    """Short name beside a node; posts have none, their text is in the pop-up."""
    if node.type is NodeType.POST:
        return ""
    if node.type is NodeType.ACCOUNT:
        known = accounts.get(node.key)
        return _short(f"@{known.handle}" if known and known.handle else unscoped(node.key)[1] or node.key)
    if node.type is NodeType.IDENTIFIER:
        return _short(named(node))
    prefix = {NodeType.TICKER: "$", NodeType.HASHTAG: "#"}.get(node.type, "")
    key = node.key.partition("://")[2] if node.type is NodeType.LINK and "://" in node.key else node.key
    return _short(prefix + key)


def title_of(
    node: NodeRef, accounts: Mapping[str, Account], posts: Mapping[str, Post], member: Member | None = None
) -> str:
    """Lines of the pop-up; plain text."""
    lines = [f"{node.type}: {named(node, 200)}"]
    if node.type is NodeType.ACCOUNT:
        known = accounts.get(node.key)
        if known and known.handle:
            lines.append(f"@{one_line(known.handle, 60)}")
        if known and known.created_at:
            lines.append(f"created {utc(known.created_at)}")
        if member:
            own = "evidence of its own" if member.evidence else "no evidence of its own"
            lines.append(f"{member.role}, uncalibrated rank {member.score:.2f}, {own}")
    post = posts.get(node.key) if node.type is NodeType.POST else None
    if post:
        lines += [utc(post.created_at), *_wrapped(visible(post.text or "(not loaded, or removed)", 280))]
    return "\n".join(lines)


def _short(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"


def _wrapped(text: str, width: int = 60) -> list[str]:
    return [part for row in text.splitlines() for part in textwrap.wrap(row, width)]
