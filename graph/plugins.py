"""Finding plug-ins: the classes of a package's own modules, then those that other distributions bring."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from graph.errors import ConfigError


def plugins(package: ModuleType, base: type[Any], group: str) -> dict[str, Any]:
    """One instance of every concrete subclass of ``base``, by name and in the order of names.

    Parameters
    ----------
    package : module
        Its modules (not its sub-packages) are looked through.
    base : type
        What a plug-in is a subclass of; it has a ``name``.
    group : str
        Entry points of other distributions.

    Raises
    ------
    ConfigError
        Another distribution's plug-in cannot be loaded, or has the name of another.
    """
    found: dict[str, Any] = {}
    for made in sorted([*_own(package, base), *_brought(group)], key=lambda plugin: plugin.name):
        if made.name in found:
            what = f"two {group.removeprefix('lockstep.')} are named {made.name!r}"
            raise ConfigError(what, type(made).__module__, "uninstall one of them")
        found[made.name] = made
    return found


def _own(package: ModuleType, base: type[Any]) -> Iterator[Any]:
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if info.ispkg:
            continue
        for made in vars(importlib.import_module(info.name)).values():
            concrete = inspect.isclass(made) and issubclass(made, base) and not inspect.isabstract(made)
            if concrete and made.__module__ == info.name:
                yield made()


def _brought(group: str) -> Iterator[Any]:
    for point in importlib.metadata.entry_points(group=group):
        try:
            yield point.load()()
        except Exception as error:  # what goes wrong in a stranger's module may be anything
            what = f"{point.name!r} cannot be loaded: {type(error).__name__}: {error}"
            raise ConfigError(
                what, f"{group}: {point.value}", "mend or uninstall the package that brings it"
            ) from error
