"""What a person answers, from options and from a file: read in one way by all commands that ask."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import orjson
import typer

from graph.errors import ConfigError

AnswerFileOption = Annotated[
    Path | None, typer.Option("--answers", help="File of answers, TOML or JSON.", exists=True, dir_okay=False)
]


def add(group: typer.Typer) -> None:
    """Add nothing: this part has no commands."""


def answers_from(pairs: list[str] | None, file: Path | None, option: str) -> dict[str, str]:
    """Answers by name: the file's, and over them those of the options.

    Raises
    ------
    ConfigError
        One is no answer, or the file cannot be read.
    """
    found = {} if file is None else _read(file)
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"{pair!r} is no answer", option, "write NAME=TEXT")
        found[name.strip()] = text
    return found


def _read(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
        raw = orjson.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the answers cannot be read: {error}", str(file)) from error
    if wrong := sorted(name for name, value in raw.items() if not isinstance(value, str)):
        raise ConfigError(f"answers are texts, and these are none: {', '.join(wrong)}", str(file))
    return dict(raw)
