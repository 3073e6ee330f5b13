"""The work of ``lockstep cases``, one file for each part of it: a module with ``add(group)`` adds its commands."""

from __future__ import annotations

import importlib
import pkgutil

import typer

from lockstep.verbs.cases import group


def add(_app: typer.Typer) -> None:
    """Add every part's commands to the group ``cases``."""
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(info.name).add(group)
