"""What an analyst may have written in a list: handles, ids, web addresses, wallets; some can be read in two ways."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from detectors.text import UNSEEN
from graph.model import PLATFORM

Canonical = Callable[[str], str | None]
"""The one spelling of a web address, None for what is none."""

LONGEST = 2048
"""Characters of an entry; what is longer names nobody."""


class Reading(enum.StrEnum):
    """What an entry may be meant as."""

    HANDLE = "handle"
    KEY = "key"  # platform:id
    ID = "id"
    LINK = "link"
    POST = "post"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a list.

    Attributes
    ----------
    text : str
        As written, without space around it.
    lines : tuple of int
        Where it stands, from 1; repeated entries are one.
    readings : tuple of (Reading, str)
        What it may be meant as, in the form in which the graph is asked; empty: not understood.
    """

    text: str
    lines: tuple[int, ...]
    readings: tuple[tuple[Reading, str], ...]

    def of(self, reading: Reading) -> list[str]:
        """What it says, read so."""
        return [value for kind, value in self.readings if kind is reading]


PROFILES: dict[str, str] = {
    "x.com": r"/(?P<handle>\w{1,15})(?:/status/(?P<post>\d+))?(?:/.*)?",
    "twitter.com": r"/(?P<handle>\w{1,15})(?:/status/(?P<post>\d+))?(?:/.*)?",
    "t.me": r"/(?:s/)?(?P<handle>\w{3,32})(?:/(?P<message>\d+))?/?",
    "telegram.me": r"/(?:s/)?(?P<handle>\w{3,32})(?:/(?P<message>\d+))?/?",
    "bsky.app": r"/profile/(?P<handle>[^/]+)(?:/post/(?P<post>\w+))?/?",
    "farcaster.xyz": r"/(?P<handle>[^/]+)(?:/(?P<post>0x[0-9a-f]+))?/?",
    "warpcast.com": r"/(?P<handle>[^/]+)(?:/(?P<post>0x[0-9a-f]+))?/?",
    "binance.com": r"/(?:[a-z-]+/)?square/(?:profile/(?P<handle>[^/]+)|post/(?P<post>\d+))/?",
    "reddit.com": r"/(?:u|user)/(?P<handle>[\w-]+)/?",
}
"""Hosts whose addresses name accounts and posts, and how; ``www.``, ``m.`` and ``mobile.`` before them too."""

_FRONT = re.compile(r"^(?:www|m|mobile)\.")
_WEB = re.compile(r"[a-z][a-z0-9+.-]*://|www\.|[^\s/@]+\.[^\s/@.]{2,}/", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+", re.IGNORECASE)
_HEX = re.compile(r"0x[0-9a-fA-F]{40,64}")
_LONG = re.compile(r"[a-zA-Z0-9]{25,90}")
_AT = "@＠"


def entries(lines: Iterable[tuple[int, str]], canonical: Canonical) -> list[Entry]:
    """The entries of a list in its order, each once; empty lines are none.

    Parameters
    ----------
    lines : iterable of (int, str)
        Number and text of each line.
    canonical : callable
        The graph's spelling of a web address.

    Examples
    --------
    >>> [e.readings for e in entries([(1, "@Moon_Fan"), (2, "")], lambda url: None)]
    [((<Reading.HANDLE: 'handle'>, 'moon_fan'),)]
    """
    places: dict[str, list[int]] = {}
    for number, line in lines:
        text = UNSEEN.sub("", line).strip().strip("\"'<>,;").strip()
        if text:
            places.setdefault(text, []).append(number)
    return [Entry(text, tuple(where), tuple(_read(text, canonical))) for text, where in places.items()]


def wallet(text: str) -> str:
    """An address as it is compared: without its chain, hexadecimal ones in lower case."""
    address = text.rpartition(":")[2]
    return address.lower() if _HEX.fullmatch(address) else address


def folded(handle: str) -> str:
    """A handle as it is compared."""
    return handle.strip().lstrip(_AT).lower()


def _read(text: str, canonical: Canonical) -> list[tuple[Reading, str]]:
    """All that a text may be meant as, the likeliest first."""
    if len(text) > LONGEST or any(c.isspace() for c in text) or text[0] in "#$":
        return []
    if text[0] in _AT:
        return [(Reading.HANDLE, folded(text))] if folded(text) else []
    if _WEB.match(text):
        return _address(text, canonical)
    found: list[tuple[Reading, str]] = []
    before, colon, after = text.partition(":")
    if _HEX.fullmatch(after if colon else text) or (_LONG.fullmatch(after if colon else text)):
        found.append((Reading.WALLET, wallet(text)))
    if colon:
        return [*found, (Reading.KEY, text)] if PLATFORM.fullmatch(before) and after else found
    found += [(Reading.HANDLE, folded(text)), (Reading.ID, text)]
    link = canonical(text) if _HOST.fullmatch(text) else None
    return [*found, (Reading.LINK, link)] if link else found


def _address(text: str, canonical: Canonical) -> list[tuple[Reading, str]]:
    link = canonical(text)
    if link is None:
        return []
    found: list[tuple[Reading, str]] = []
    parts = urlsplit(link)
    pattern = PROFILES.get(_FRONT.sub("", parts.hostname or ""))
    match = re.fullmatch(pattern, unquote(parts.path)) if pattern else None
    named = match.groupdict() if match else {}
    if named.get("post"):
        found.append((Reading.POST, named["post"]))
    elif named.get("handle"):
        found.append((Reading.HANDLE, folded(named["handle"])))
    return [*found, (Reading.LINK, link)]
