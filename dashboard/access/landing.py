"""Leads a browser to what it asked for once its login is done, and keeps cookies to TLS where browsers come over it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.asked import ASKED, COOKIE, name
from dashboard.access.login import CALLBACK


class Landing:
    """Middleware around Streamlit's login.

    Each browser gets a random name with the first page; under it the screen keeps what was asked for
    (:mod:`dashboard.access.asked`), and the answer to the provider's callback leads there instead of to ``/``.
    """

    def __init__(self, app: ASGIApp, *, encrypted: bool) -> None:
        self.app = app
        self.attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if encrypted else "")
        self.encrypted = encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and mend where the answer leads and what cookies it sets."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        browser = request.cookies.get(COOKIE)
        answers = scope["path"] == CALLBACK and "state" in request.query_params  # not so when a logout comes back
        to = ASKED.take(browser) if browser and answers else None

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if to and message["status"] == 302 and headers.get("location") == "/":
                    headers["location"] = to
                if not browser and headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", f"{COOKIE}={name()}{self.attributes}")
                if self.encrypted:
                    _secure(message)
            await send(message)

        await self.app(scope, receive, answer)


def _secure(message: Message) -> None:
    message["headers"] = [
        (key, value + b"; Secure" if key.lower() == b"set-cookie" and b"; secure" not in value.lower() else value)
        for key, value in message["headers"]
    ]
