"""Peers to be measured beside: each in an environment of its own, made on first use; and how a process is measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
PEERS = {"cnt": ("coordination-network-toolkit==1.5.2", "compute_networks")}


def peer(name: str) -> Path:
    """The peer's command, installed in ``.venv-peer-NAME`` if it is not there yet."""
    requirement, command = PEERS[name]
    home = ROOT / f".venv-peer-{name}"
    path = home / "bin" / command
    if not path.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", requirement], check=True)
    return path


@dataclass(frozen=True)
class Measured:
    """One cold process with its children."""

    seconds: float  # wall
    peak_mb: float  # largest sum of resident memory of the process and its children, sampled


def measure(command: Sequence[str], cwd: Path | None = None) -> Measured:
    """Run a command to its end and measure it.

    Raises
    ------
    RuntimeError
        It failed; its last output is in the message.
    """
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        peak = 0
        while True:
            try:
                output, _ = process.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, resident(process.pid))
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-2000:].decode()}")
    return Measured(seconds, peak / 1e6)


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and its children; 0 once it is gone."""
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return sum(p.memory_info().rss for p in tree)
    except psutil.NoSuchProcess:
        return 0


def stream(rows: int, out: Path, seed: int = 7) -> Path:
    """The heavy-tailed stream that peers are compared on, in the toolkit's CSV (made by the shared generator)."""
    if not out.exists():
        subprocess.run(
            [sys.executable, str(SHARED / "cnt" / "generate.py"), str(rows), str(out), str(seed)], check=True
        )
    return out


def lockstep(*arguments: str) -> list[str]:
    """A Lockstep command, started as a process of its own."""
    return [sys.executable, "-m", "lockstep", *arguments]


def calm() -> None:
    """Let what came before reach the disk, so that it is not charged to what comes next."""
    os.sync()
