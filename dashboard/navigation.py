"""The dashboard's screens: each module in :mod:`dashboard.screens` that has a ``SCREEN``; nothing is registered."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from dashboard import screens


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the navigation."""

    title: str
    path: str  # in the address; the first screen also answers to none
    order: int
    render: Callable[[], None]


def discover() -> list[Screen]:
    """Every screen, in the order of the navigation."""
    names = [info.name for info in pkgutil.iter_modules(screens.__path__, "dashboard.screens.")]
    found = [module.SCREEN for module in map(importlib.import_module, names) if hasattr(module, "SCREEN")]
    return sorted(found, key=lambda s: (s.order, s.path))
