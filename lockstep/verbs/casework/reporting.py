"""``lockstep cases transparency``: the transparency report of a period, as files."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from graph.errors import ConfigError
from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption

_DAY = ["%Y-%m-%d"]


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("transparency")(transparency)


def transparency(
    start: Annotated[datetime, typer.Argument(formats=_DAY, help="First day of the period, UTC.")],
    end: Annotated[datetime, typer.Argument(formats=_DAY, help="Last day of the period.")],
    given: Annotated[
        Path | None,
        typer.Option(help="What the casebook does not know, TOML or JSON.", exists=True, dir_okay=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="New folder that the files are put into.")] = Path("transparency"),
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the DSA transparency report (2024/2835) of the whole casebook: CSV files whose sums add up."""
    from cases.exports.dsa_transparency import transparency as made

    if out.exists():
        raise ConfigError("the folder is there already", str(out), "name another with --out")
    told = {} if given is None else _read(given)
    with desk(config, as_json=as_json) as at:
        files = made(at.book, at.actor, start.date(), end.date(), told)
        try:
            out.mkdir(parents=True)
            for name, content in files.items():
                (out / name).write_bytes(content)
        except OSError as error:
            raise ConfigError(f"the files cannot be written: {error.strerror}", str(out)) from error
        at.done(f"{out}: {len(files)} files", folder=str(out), files=sorted(files))


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        found: Any = orjson.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"it cannot be read: {error}", str(file)) from error
    return dict(found)
