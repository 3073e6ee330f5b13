"""How the dashboard is started, and which screens it has."""

from __future__ import annotations

import sys

import streamlit.config

from dashboard import asgi, navigation, server
from lockstep import config


def test_command_serves_this_machine_only_and_asks_nobody() -> None:
    command = server.command(config.load(environ={}), port=8599)
    assert command[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert command[4].endswith("asgi.py")
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
    paths = [s.path for s in screens]
    assert paths.index("findings") < paths.index("investigate")
    assert len(set(paths)) == len(paths)
    assert all(s.title for s in screens)


def test_the_policy_allows_no_eval_and_no_other_host() -> None:
    rules = dict(rule.split(" ", 1) for rule in asgi.policy().split("; "))
    assert "'unsafe-eval'" not in rules["script-src"]
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "'sha256-" in rules["script-src"], "Streamlit's own inline script is allowed by its hash"
    assert not [r for r in rules.values() if "http" in r or "*" in r]
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
