"""``lockstep cases``: the casebook's database, and what time brings about in it; its work is in ``casework/``."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import PASSWORD, casebook
from lockstep.session import ConfigOption, JsonOption, session

group = typer.Typer(no_args_is_help=True, help="The casebook: where findings become cases and decisions.")


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="cases")


@group.command()
def migrate(
    grant: Annotated[
        str | None,
        typer.Option(help="PostgreSQL role that may work in it, and neither change nor remove what is written once."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the casebook's tables, or bring them to this program's version."""
    from cases.storage.database import Database

    s = session(config, as_json=as_json)
    database = Database(s.settings.text("cases.url"), (s.settings.secrets or {}).get(PASSWORD))
    try:
        database.migrate()
        if grant:
            database.grant(grant)
    finally:
        database.close()
    if s.as_json:
        s.emit({"url": database.url, "granted": grant})
    else:
        s.line(f"{database.url} is ready" + (f"; {grant} may work in it" if grant else ""))


@group.command()
def sweep(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Do what is due: bring back put-off alerts, let proposals expire, page emergency measures nobody approved."""
    from dataclasses import asdict
    from datetime import timedelta

    from cases.sweep import sweep as due

    s = session(config, as_json=as_json)
    with casebook(s) as book:
        swept = asdict(due(book, timedelta(days=s.settings.number("cases.capture_days"))))
    if s.as_json:
        s.emit(swept)
        return
    for name, ids in swept.items():
        s.line(f"{name}: {len(ids)}" + (f" ({' '.join(ids)})" if ids else ""))
