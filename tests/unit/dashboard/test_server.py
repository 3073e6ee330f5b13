"""How the dashboard is started, and which screens it has."""

from __future__ import annotations

import sys

import streamlit.config

from dashboard import navigation, server
from lockstep import config


def test_command_serves_this_machine_only_and_asks_nobody() -> None:
    command = server.command(config.load(environ={}), port=8599)
    assert command[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert command[4].endswith("app.py")
    options = dict(part.removeprefix("--").split("=", 1) for part in command[5:])
    assert options["server.address"] == "127.0.0.1"
    assert options["server.port"] == "8599"
    assert options["browser.gatherUsageStats"] == "false"
    assert options["server.enableXsrfProtection"] == "true"
    assert options["client.disableDataExport"] == "true"


def test_every_option_is_known_to_streamlit() -> None:
    options = [part.removeprefix("--").partition("=")[0] for part in server.command(config.load(environ={}))[5:]]
    for option in options:
        streamlit.config.get_option(option)


def test_screens_are_found_in_order() -> None:
    screens = navigation.discover()
    assert [s.path for s in screens][:1] == ["findings"]
    assert len({s.path for s in screens}) == len(screens)
    assert all(s.title for s in screens)
