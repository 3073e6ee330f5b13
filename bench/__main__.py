"""``python -m bench NAME [--quick]``: run one benchmark; the last line it prints is JSON.

Some take options of their own: ``python -m bench NAME --help`` lists them.
"""

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
        if not m.ispkg and m.name not in {"__main__", "report", "peers", "joining"}
    )
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--quick", action="store_true", help="a small form of it, for the test suite")
    named = next((word for word in sys.argv[1:] if word in names), None) or parser.parse_args().name
    module = importlib.import_module(f"bench.{named}")
    if hasattr(module, "arguments"):  # what this benchmark alone can be asked for; passed on to its run
        module.arguments(parser)
    given = vars(parser.parse_args())
    before = machine()
    name = given.pop("name")
    results = module.run(**given)
    line = {"bench": name, "machine": before, "results": [r.as_dict() for r in results]}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
