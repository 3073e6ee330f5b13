"""The dashboard's screens: each module in :mod:`dashboard.screens` that has a ``SCREEN``; nothing is registered."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page

from dashboard import screens


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the navigation."""

    title: str
    path: str  # in the address; the first screen also answers to none
    order: int
    render: Callable[[], None]


def pages() -> list[Page]:
    """Every screen as Streamlit has it; the first is the one without a path."""
    return [_page(s, default=i == 0) for i, s in enumerate(discover())]


def page(path: str) -> Page:
    """The screen of this path, to go to."""
    return next(_page(s, default=i == 0) for i, s in enumerate(discover()) if s.path == path)


def _page(screen: Screen, *, default: bool) -> Page:
    return st.Page(screen.render, title=screen.title, url_path=screen.path, default=default)


def discover() -> list[Screen]:
    """Every screen, in the order of the navigation."""
    names = [info.name for info in pkgutil.iter_modules(screens.__path__, "dashboard.screens.")]
    found = [module.SCREEN for module in map(importlib.import_module, names) if hasattr(module, "SCREEN")]
    return sorted(found, key=lambda s: (s.order, s.path))
