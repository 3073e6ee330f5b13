"""Referral codes: in the links that members share, and among the identifiers that are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from graph.model import Post

NAMES = re.compile(
    r"ref(?:er|erer|erral|errer|_?id|_?code|link|erral_?code)?|r|inviter?|invite_?code|invited_by|aff(?:iliate)?(?:_?id)?|aid"
    r"|partner|promo(?:_?code)?|code|coupon|start(?:app)?|rcode|vipcode",
    re.IGNORECASE,
)
PATH = re.compile(r"/(?:ref|refer|referral|r|invite|inv|join|register|signup|aff|partner)/([A-Za-z0-9_-]{3,64})/?$")
CODE = re.compile(r"[\w.:-]{2,64}")
WORDS = re.compile(r"home|index|page|latest|about|news|help|contact|login|en|us", re.IGNORECASE)


def code_of(link: str) -> str | None:
    """The referral code in a link, as ``host:code``; None where there is none that is recognised.

    Examples
    --------
    >>> code_of("https://swap.example/trade?ref=a1b2"), code_of("https://swap.example/invite/Xy12")
    ('swap.example:a1b2', 'swap.example:Xy12')
    >>> code_of("https://news.example/2026/story") is None
    True
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    host = parts.hostname or ""
    for name, value in parse_qsl(parts.query):
        if NAMES.fullmatch(name) and CODE.fullmatch(value) and (name.lower() != "r" or any(map(str.isdigit, value))):
            return f"{host}:{value}"
    found = PATH.search(parts.path)
    return f"{host}:{found[1]}" if found and not WORDS.fullmatch(found[1]) and _mixed(found[1]) else None


def _mixed(code: str) -> bool:
    """Whether it looks made by a machine: digits among its characters, or capitals after the first."""
    return any(map(str.isdigit, code)) or any(map(str.isupper, code[1:]))


def codes(posts: Iterable[Post]) -> dict[str, set[str]]:
    """Referral codes in the links of some posts, and the posts that carry each."""
    found: dict[str, set[str]] = {}
    for post in posts:
        for link in post.links:
            code = code_of(link)
            if code is not None:
                found.setdefault(code, set()).add(post.post)
    return found
