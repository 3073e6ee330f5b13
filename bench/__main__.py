"""``python -m bench NAME [--quick]``: run one benchmark; the last line it prints is JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path

from bench.report import machine


def main() -> int:
    """Run the benchmark named on the command line."""
    names = sorted(
        m.name
        for m in pkgutil.iter_modules([str(Path(__file__).parent)])
        if m.name not in {"__main__", "report", "peers"}
    )
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--quick", action="store_true", help="a small form of it, for the test suite")
    given = parser.parse_args()
    before = machine()
    results = importlib.import_module(f"bench.{given.name}").run(quick=given.quick)
    line = {"bench": given.name, "machine": before, "results": [r.as_dict() for r in results]}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
