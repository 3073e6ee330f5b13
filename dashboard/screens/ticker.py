"""The profile of one ticker: facts, activity, findings that name it, and what is nearest to it."""

from __future__ import annotations

from cases.roles import Permission
from dashboard.navigation import Screen
from dashboard.screens.parts import profile
from graph.model import NodeType


def render() -> None:
    """The screen."""
    profile.render(NodeType.TICKER)


SCREEN = Screen("Ticker", "ticker", 11, render, Permission.SEE)
