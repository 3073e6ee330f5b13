"""Logins that their owners ended: the cookie itself stays good until it expires, and other tabs still hold it.

Kept in memory, so until the server is started again; a login's own end bounds what is kept.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

_ENDED: dict[str, float] = {}
_LOCK = threading.Lock()


def end(claims: Mapping[str, Any]) -> None:
    """Let this login count no more, in any tab or copy."""
    now = time.time()
    until = claims.get("exp")
    with _LOCK:
        for mark in [m for m, gone in _ENDED.items() if gone < now]:
            del _ENDED[mark]
        _ENDED[_mark(claims)] = float(until) if isinstance(until, int | float) else now


def has(claims: Mapping[str, Any]) -> bool:
    """Whether this login was ended."""
    return bool(_ENDED) and _mark(claims) in _ENDED


def _mark(claims: Mapping[str, Any]) -> str:
    told = {name: claims.get(name) for name in ("iss", "sub", "iat", "exp", "nonce", "jti")}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
