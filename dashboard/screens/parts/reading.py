"""How a screen reads the store: what goes wrong is said in its place."""

from __future__ import annotations

from collections.abc import Callable

from dashboard import state
from dashboard.screens.parts import empty
from dashboard.state import Opened
from graph.errors import LockstepError


def drawn(draw: Callable[[Opened], None]) -> None:
    """Draw from the configured store at its newest commit; where it cannot be read, say why and what to do."""
    try:
        with state.opened() as opened:
            draw(opened)
    except LockstepError as error:
        empty.failed(error)
