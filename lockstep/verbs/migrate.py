"""``lockstep migrate``: bring the store's schema up to this program's version."""

from __future__ import annotations

import typer

from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption, session


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("migrate")(migrate)


def migrate(
    config: ConfigOption = None, store: StoreOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Bring the store's schema up to this program's version. Opening an older store does so too."""
    s = session(config, store, data_dir, as_json=as_json)
    with s.store(create=True) as opened:
        steps = opened.migrate()
    if s.as_json:
        s.emit({"store": s.settings.store_url, "steps": steps})
    else:
        s.line(f"{s.settings.store_url}: " + (", ".join(steps) if steps else "schema is up to date"))
