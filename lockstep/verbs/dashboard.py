"""``lockstep dashboard``: open the dashboard on this machine."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from lockstep.session import ConfigOption, DataDirOption, StoreOption, session


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("dashboard")(dashboard)


def dashboard(
    port: Annotated[int, typer.Option(help="Port to serve on.", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="IP address to serve on. One that other machines can reach needs a login ([auth]).")
    ] = "127.0.0.1",
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    cases: Annotated[str | None, typer.Option("--cases", help="Casebook, for example sqlite:///casebook.db.")] = None,
) -> None:
    """Serve the dashboard, on this machine only unless told otherwise. It asks no other host but the login provider.

    Without a login there is a single user, whoever sits at this machine, who may do everything.
    """
    from dashboard.server import command

    s = session(config, store, data_dir)
    server = command(s.settings, port=port, address=address)
    with s.store():  # an error of the store is said here, not in a web page
        pass
    named = {"LOCKSTEP_CONFIG": str(s.settings.file)} if s.settings.file else {}
    environment = (
        os.environ
        | named
        | {
            "LOCKSTEP_STORE_URL": s.settings.store_url,
            "LOCKSTEP_STORE_DATA_DIR": str(s.settings.data_dir),
        }
        | ({"LOCKSTEP_CASES_URL": cases} if cases else {})
    )
    where = s.settings.text("auth.redirect_uri").removesuffix("/oauth2callback") or f"http://{address}:{port}"
    s.note(f"dashboard of {s.settings.store_url}: {where} (stop with Ctrl-C)")
    sys.stderr.flush()
    os.execvpe(server[0], server, environment)  # noqa: S606 - takes this process's place, so that a signal ends both
