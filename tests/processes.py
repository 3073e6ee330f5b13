"""Ports for processes that tests start, and a guard that leaves none of them behind."""

from __future__ import annotations

import socket
import subprocess

HOST = "127.0.0.1"


def free_ports() -> tuple[int, int]:
    """Two ports that are free now."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind((HOST, 0))
        return first.getsockname()[1], second.getsockname()[1]


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def watch(pid: int) -> subprocess.Popen[bytes]:
    """A process that kills ``pid`` when this one is gone, however it went: its end of the pipe then closes."""
    command = ["/bin/sh", "-c", 'read -r never; kill -9 "$1"', "watchdog", str(pid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
