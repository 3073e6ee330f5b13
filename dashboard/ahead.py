"""What the first page needs of Python's modules, imported while nobody has asked for it yet."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamlit import App


def modules() -> None:
    """Import every screen and every detector, which takes longer than showing the page."""
    from dashboard import navigation
    from detectors.base import discover

    navigation.discover()
    discover()


@asynccontextmanager
async def begun(_app: App) -> AsyncIterator[None]:
    """Begin with it once the server answers; who comes meanwhile waits for what is left of it."""
    threading.Thread(target=modules, name="imports", daemon=True).start()
    yield
