"""The organisation's data files (TOML): read with what is wrong said by file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from graph.errors import ConfigError

T = TypeVar("T")
DATA = Path(__file__).with_name("data")


def read(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises
    ------
    ConfigError
        It cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", str(path), "it must be a TOML file in UTF-8") from error


def known(raw: Mapping[str, Any], names: Collection[str], where: str) -> None:
    """Refuse keys that mean nothing: a misspelt one would else be left out in silence.

    Raises
    ------
    ConfigError
        There is one.
    """
    if extra := sorted(set(raw) - set(names)):
        raise ConfigError(f"unknown: {', '.join(extra)}", where, f"known: {', '.join(sorted(names))}")


def value(raw: Mapping[str, Any], name: str, kind: type[T], where: str, default: T | None = None) -> T:
    """A value of a table, of one type.

    Raises
    ------
    ConfigError
        It is missing and has no default, is of another type, or is an empty text that has no default.
    """
    found = raw.get(name, default)
    if type(found) is not kind or (found == "" and default is None):
        raise ConfigError(f"{name} is {'missing' if found is None else repr(found)}", where, f"write a {kind.__name__}")
    return found


def texts(raw: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """A list of texts, empty where it is not there.

    Raises
    ------
    ConfigError
        It is something else.
    """
    found = value(raw, name, list, where, [])
    if not all(isinstance(item, str) and item for item in found):
        raise ConfigError(f"{name} is {found!r}", where, "write a list of texts")
    return tuple(found)


def tables(raw: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    """A list of tables, empty where it is not there.

    Raises
    ------
    ConfigError
        It is something else.
    """
    found = value(raw, name, list, where, [])
    if not all(isinstance(item, Mapping) for item in found):
        raise ConfigError(f"{name} is no list of tables", where, f"write [[{name}]]")
    return found
