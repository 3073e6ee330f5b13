"""The detectors judged: one module in ``bench/judging`` a question, each on data that nothing was tuned on.

Every module has ``results(data, *, quick) -> list[Result]``; ``data`` is the folder of shared data.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from pathlib import Path

from bench import judging
from bench.report import Result

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def questions() -> list[str]:
    """Names of the modules in ``bench/judging``."""
    return sorted(m.name for m in pkgutil.iter_modules(judging.__path__))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    parser.add_argument("--only", action="append", choices=questions(), help="one question; may be repeated")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the data, laid out as the shared one")


def run(*, quick: bool, only: list[str] | None = None, data: Path = DATA) -> list[Result]:
    """Every question, or those asked for."""
    found: list[Result] = []
    for name in only or questions():
        began = time.perf_counter()
        said = importlib.import_module(f"{judging.__name__}.{name}").results(data, quick=quick)
        for result in said:
            interval = "" if result.low is None else f" [{result.low:.4g}, {result.high:.4g}]"
            sys.stdout.write(f"{result.name}: {result.value:.4g}{interval} {result.unit}\n")
        sys.stdout.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
        sys.stdout.flush()
        found += said
    return found
