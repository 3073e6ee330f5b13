"""The dashboard as an ASGI application: Streamlit's, behind headers that keep the browser to this server."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import ahead
from dashboard.access.landing import Landing
from dashboard.access.login import configured

SCRIPT = Path(__file__).with_name("app.py")
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def policy() -> str:
    """The content security policy: own files only, no ``eval``; Streamlit's one inline script by its hash."""
    page = Path(st.__file__).parent / "static" / "index.html"
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE.findall(page.read_text(encoding="utf-8"))
    ]
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "'wasm-unsafe-eval'", "blob:", *hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


HEADERS = {
    "content-security-policy": policy(),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")  # nobody's business, logged in or not
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class Headers:
    """Adds security headers to every answer, and answers what is not served to anybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        self.names = {name for name, _ in self.headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers on what comes back."""

        async def answer(message: Message) -> None:
            if message["type"] in _STARTS:
                kept = [(n, v) for n, v in message.get("headers", []) if n.lower() not in self.names]
                message = {**message, "headers": [*kept, *self.headers]}
            await send(message)

        closed = scope["type"] == "http" and scope["path"].startswith(_CLOSED)
        app = PlainTextResponse("Not Found", 404) if closed else self.app
        await app(scope, receive, answer)


def broken(_request: Request, _error: Exception) -> PlainTextResponse:
    """What a fault in the server is answered with: nothing of it, and the same headers (it passes no middleware)."""
    return PlainTextResponse("Internal Server Error", 500, HEADERS)


_LOGIN = configured()
app = st.App(
    SCRIPT,
    lifespan=ahead.begun,
    middleware=[Middleware(Headers), *([Middleware(Landing, encrypted=_LOGIN.encrypted)] if _LOGIN else [])],
    exception_handlers={Exception: broken},
    secrets=_LOGIN.secrets() if _LOGIN else None,
)
