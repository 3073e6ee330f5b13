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
    port: Annotated[int, typer.Option(help="Port on the loopback address.", min=1, max=65535)] = 8501,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Serve the dashboard on this machine only (127.0.0.1). It asks no other host for anything."""
    from dashboard.server import command

    s = session(config, store, data_dir)
    with s.store():  # an error of the store is said here, not in a web page
        pass
    environment = os.environ | {
        "LOCKSTEP_STORE_URL": s.settings.store_url,
        "LOCKSTEP_STORE_DATA_DIR": str(s.settings.data_dir),
    }
    s.note(f"dashboard of {s.settings.store_url}: http://127.0.0.1:{port} (stop with Ctrl-C)")
    server = command(s.settings, port=port)
    sys.stderr.flush()
    os.execvpe(server[0], server, environment)  # noqa: S606 - takes this process's place, so that a signal ends both
