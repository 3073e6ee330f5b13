"""How the dashboard is served: on this machine only, unless people log in; asking no host but the login provider."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboard.access.login import login, loopback
from graph.errors import ConfigError
from lockstep.config import Settings

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")  # another name that resolves to this machine is refused
APP = Path(__file__).with_name("asgi.py")
_OPTIONS = {
    "server.headless": "true",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",  # on means that requests from other origins are refused
    "server.enableStaticServing": "false",
    "server.fileWatcherType": "none",
    "server.trustedUserHeaders": "{}",  # who somebody is never comes from a header, whatever a file here says
    "server.enableAgentApi": "false",
    "server.maxUploadSize": "1",  # nothing is uploaded
    "runner.postScriptGC": "false",  # it looks at every finding kept, and all sessions wait
    "browser.gatherUsageStats": "false",
    "theme.light.primaryColor": "#0072B2",  # red would read as a verdict; one for both would fix the page to light
    "theme.dark.primaryColor": "#56B4E9",
    "client.showErrorDetails": "none",  # a traceback may quote data; it goes to the log
    "client.showErrorLinks": "false",  # they lead to search engines
    "client.toolbarMode": "minimal",
    "client.disableDataExport": "true",  # exports go through `lockstep findings export`, which is on the record
}


def command(settings: Settings, *, port: int = 8501, address: str = ADDRESS) -> list[str]:
    """The command that serves the dashboard.

    The store is handed on in the environment (``LOCKSTEP_STORE_URL``, ``LOCKSTEP_STORE_DATA_DIR``), so that nothing of
    it stands in the list of processes; so are the secrets of the login.

    Raises
    ------
    ConfigError
        The login is configured wrongly, or others could reach the server and there is none.
    """
    people = login(settings)
    if people is None and not loopback(address):
        raise ConfigError(
            f"{address} can be reached from other machines, and nobody has to log in",
            "--address",
            "configure [auth], or leave --address out",
        )
    hosts = dict.fromkeys((*HOSTS, *((people.host,) if people else ())))
    options = [
        *_OPTIONS.items(),
        *(("server.allowedHosts", host) for host in hosts),
        ("server.address", address),
        ("server.port", str(port)),
        ("browser.serverAddress", people.host if people else ADDRESS),
        ("browser.serverPort", str(port)),
    ]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *(f"--{name}={value}" for name, value in options)]
