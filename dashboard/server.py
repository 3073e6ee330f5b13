"""How the dashboard is served: on this machine only, asking no other host for anything."""

from __future__ import annotations

import sys
from pathlib import Path

from lockstep.config import Settings

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")  # another name that resolves to this machine is refused
APP = Path(__file__).with_name("asgi.py")
_OPTIONS = {
    "server.headless": "true",
    "server.address": ADDRESS,
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",  # on means that requests from other origins are refused
    "server.enableStaticServing": "false",
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "1",  # nothing is uploaded
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": ADDRESS,
    "theme.primaryColor": "#0072B2",  # red would read as a verdict
    "client.showErrorDetails": "none",  # a traceback may quote data; it goes to the log
    "client.showErrorLinks": "false",  # they lead to search engines
    "client.toolbarMode": "minimal",
    "client.disableDataExport": "true",  # exports go through `lockstep findings export`, which is on the record
}


def command(settings: Settings, *, port: int = 8501) -> list[str]:  # noqa: ARG001 - the store is handed on by LOCKSTEP_*
    """The command that serves the dashboard.

    The store is handed on in the environment (``LOCKSTEP_STORE_URL``, ``LOCKSTEP_STORE_DATA_DIR``), so that nothing of
    it stands in the list of processes.
    """
    options = [
        *_OPTIONS.items(),
        *(("server.allowedHosts", host) for host in HOSTS),
        ("server.port", str(port)),
        ("browser.serverPort", str(port)),
    ]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *(f"--{name}={value}" for name, value in options)]
