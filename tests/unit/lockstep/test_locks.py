"""Locks are held across processes and die with them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.locks import Locked, hold

HOLDER = """
import sys, time
from pathlib import Path
from lockstep.locks import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_holder_at_a_time_and_a_killed_one_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Locked, match="held by another process"), hold(path, wait=0):
            pass
        with pytest.raises(Locked), hold(path, wait=0.12):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    with hold(path, wait=0):
        assert path.exists()
    with hold(path):
        assert path.exists()
