"""The dashboard's screens: each module in :mod:`dashboard.screens` that has a ``SCREEN``; nothing is registered."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.navigation.page import Page

from cases.roles import Permission
from dashboard import screens
from dashboard.access import gate
from dashboard.access.people import Person, who


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the navigation."""

    title: str
    path: str  # in the address; the first screen also answers to none
    order: int
    render: Callable[[], None]
    needs: Permission | None = None  # none: it opens for no one who logs in


def pages(person: Person) -> list[Page]:
    """Every screen as Streamlit has it: the person's own in the menu, in place of the others what closes them.

    The first that the person may open is the one without a path. The others keep theirs, so that who follows a link
    to one is told to log in, or that it is not for them.
    """
    found = discover()
    paths = ["", *(s.path for s in found)]
    first = next((s for s in found if person.may(s.needs)), found[0])
    shown = [_page(s, person, paths, default=s is first) for s in found]
    return [*shown, _page(first, person, paths, hidden=True)]  # the first one's own path is a way to it as well


def page(path: str) -> Page:
    """The screen of this path, to go to."""
    return next(p for p, s in zip(pages(who()), discover(), strict=False) if s.path == path)


def _page(screen: Screen, person: Person, paths: list[str], *, default: bool = False, hidden: bool = False) -> Page:
    path = "" if default else screen.path
    if person.may(screen.needs):
        render, title = gate.guarded(screen.needs, screen.render), screen.title
    else:
        render, title, hidden = partial(gate.closed, person, path, paths), "Lockstep", True
    return st.Page(render, title=title, url_path=path, default=default, visibility="hidden" if hidden else "visible")


def discover() -> list[Screen]:
    """Every screen, in the order of the navigation."""
    names = [info.name for info in pkgutil.iter_modules(screens.__path__, "dashboard.screens.")]
    found = [module.SCREEN for module in map(importlib.import_module, names) if hasattr(module, "SCREEN")]
    return sorted(found, key=lambda s: (s.order, s.path))
