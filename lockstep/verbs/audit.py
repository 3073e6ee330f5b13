"""``lockstep audit``: whether the casebook's trail of who did what is whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from graph.errors import CaseError, ConfigError
from lockstep.acting import casebook
from lockstep.session import ConfigOption, JsonOption, session

group = typer.Typer(no_args_is_help=True, help="The casebook's audit trail: append-only, each entry sealing the last.")


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="audit")


@group.command()
def head(
    append: Annotated[
        Path | None, typer.Option(help="File to add it to, one JSON document a line; keep it where others can't write.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest entry's number and hash, to be published elsewhere: only so can a cut-off end be found."""
    from cases.audit import head as newest

    s = session(config, as_json=as_json)
    with casebook(s) as book, book.database.reading() as connection:
        found = asdict(newest(connection))
    if append is not None:
        with append.open("ab") as file:
            file.write(orjson.dumps(found) + b"\n")
    if s.as_json:
        s.emit(found)
    else:
        s.line(f"{found['seq']} {found['hash']}")


@group.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="File of heads that lockstep audit head --append wrote.", exists=True)
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for entries that were changed, removed, swapped or cut off; exit with 6 if there are any."""
    from cases.audit import Head
    from cases.audit import verify as look

    s = session(config, as_json=as_json)
    try:
        known = [Head(**orjson.loads(line)) for line in heads.read_bytes().splitlines()] if heads else []
    except (orjson.JSONDecodeError, TypeError) as error:
        raise ConfigError("it is no file of heads", str(heads), "lockstep audit head --append writes one") from error
    with casebook(s) as book, book.database.reading() as connection:
        wrong = look(connection, known)
    if s.as_json:
        s.emit({"wrong": wrong, "heads": len(known)})
    for line in wrong:
        s.note(line)
    if wrong:
        raise CaseError(f"the trail is not whole: {len(wrong)} things are wrong", s.settings.text("cases.url"))
    if not s.as_json:
        s.line("the trail is whole" + ("" if known else "; without --heads a cut-off end is not seen"))
