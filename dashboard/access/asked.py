"""What a browser asked for before it was sent to log in, so that it comes there after: Streamlit itself leads to ``/``.

The address is kept here, and the browser has no more than a random name for it; so no cookie and no parameter can say
where a login leads to.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

COOKIE = "lockstep_asked"
_SECONDS = 900.0
_MOST = 2_000
_LONGEST = 6_000  # of an address; a longer one is cut to its screen


def address(path: str, query: Mapping[str, str | Sequence[str]], screens: Collection[str]) -> str:
    """A screen's address with its parameters, on this server; that of the first screen where it is none.

    Parameters
    ----------
    path : str
        A screen's path without a slash; empty for the first.
    screens : collection of str
        The paths of all screens.
    """
    if path not in screens:
        return "/"
    asked = f"/{path}"
    if query:
        whole = f"{asked}?{urlencode(query, doseq=True)}"
        asked = whole if len(whole) <= _LONGEST else asked
    return asked


def name() -> str:
    """A new name for a browser, that nobody can guess."""
    return secrets.token_urlsafe(24)


@dataclass
class Asked:
    """Addresses by the browsers that asked for them, for a quarter of an hour."""

    kept: dict[str, tuple[float, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def remember(self, browser: str, to: str) -> None:
        """Keep an address; the oldest go when there are many."""
        with self.lock:
            self.kept.pop(browser, None)
            self.kept[browser] = (time.monotonic() + _SECONDS, to)
            while len(self.kept) > _MOST:
                del self.kept[next(iter(self.kept))]

    def take(self, browser: str) -> str | None:
        """The address, once; None where there is none, or not any more."""
        with self.lock:
            until, to = self.kept.pop(browser, (0.0, ""))
        return to if time.monotonic() < until else None


ASKED = Asked()
