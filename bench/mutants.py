"""Casework with one rule broken at a time, and whether the tests see it.

Two kinds of mutants. *Rows*: a move of a state machine is taken out, may be made by anybody, needs no reason, or may be
made from one more state. *Guards*: in the modules of :mod:`cases`, an ``if … raise`` that never holds, or a check of
permission or of need to know (``need(…)``, ``find(…)`` on a line of its own) that is left out. Each mutant runs in a
process of its own, over SQLite, until the first test fails; before all, the tests must pass with nothing broken. A
mutant that no test sees is named.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.report import Result, at_least

ROOT = Path(__file__).resolve().parents[1]
SEED = 17
QUICK = 2
TESTS = ("tests/unit/cases", "tests/contract", "tests/property/test_casework.py")
_CHOSEN = "(casebook or unit/cases or casework) and not postgresql"
_KEPT_OUT = {"storage", "package", "exports"}  # files and formats: their own tests flip bytes and draw inputs
_CHECKS = {"need", "find"}


@dataclass(frozen=True)
class Mutant:
    """One broken rule.

    Parameters
    ----------
    module : str
        Where it is.
    name : str
        What is broken, in words.
    source : callable or None
        Changes the module's syntax tree before it runs.
    after : callable or None
        Changes the module after it ran.
    """

    module: str
    name: str
    source: Callable[[ast.Module], ast.Module] | None = None
    after: Callable[[ModuleType], None] | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """A part of them."""
    parser.add_argument("--only", default="", help="those whose name has this in it")


def run(*, quick: bool, only: str = "") -> list[Result]:
    """Every mutant; the quick form a few of each kind, drawn with a seed, where the suite has shown that tests pass."""
    rows, guards = list(_rows()), list(_guards())
    drawn = random.Random(SEED)
    if quick:
        rows, guards = drawn.sample(rows, QUICK), drawn.sample(guards, QUICK)
    if not quick and seen(Mutant("", "nothing")):
        raise RuntimeError("the tests fail with nothing broken: mend that first")
    results = []
    for kind, mutants in (("rows", rows), ("guards", guards)):
        chosen = [m for m in mutants if only in f"{m.module}: {m.name}"]
        survived = [m for m in chosen if not seen(m)]
        for mutant in survived:
            sys.stdout.write(f"survived: {mutant.module}: {mutant.name}\n")
        part = 1 - len(survived) / max(len(chosen), 1)
        results += [
            at_least(f"{kind} broken", [len(chosen)], "mutants"),
            at_least(f"{kind} that tests see", [part], "part", 1.0),
        ]
        sys.stdout.flush()
    return results


def seen(mutant: Mutant) -> bool:
    """Whether a test fails with the mutant."""
    import pytest
    import sqlalchemy  # noqa: F401 - read once, before the processes part

    child = os.fork()
    if child == 0:
        code = 3
        try:
            _quiet()
            sys.meta_path.insert(0, _Finder(mutant))
            plain = ("-x", "-q", "-n0", "--no-cov", "-p", "no:randomly", "-p", "no:cacheprovider")
            code = int(pytest.main([*plain, "-k", _CHOSEN, *(str(ROOT / t) for t in TESTS)]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}:
        raise RuntimeError(f"the tests of {mutant.name} did not run: pytest ended with {code}")
    return code != pytest.ExitCode.OK


def _quiet() -> None:
    os.chdir(ROOT)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the broken module in place of the one in the file."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.mutant.module:
            return None
        return importlib.util.spec_from_file_location(name, _file(name), loader=_Loader(self.mutant))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(_file(mutant.module)))
        self.mutant = mutant

    def get_code(self, fullname: str) -> Any:  # noqa: ARG002 - one module
        tree = ast.parse(_file(self.mutant.module).read_text())
        changed = self.mutant.source(tree) if self.mutant.source else tree
        return compile(ast.fix_missing_locations(changed), str(_file(self.mutant.module)), "exec")

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if self.mutant.after:
            self.mutant.after(module)


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _rows() -> Iterator[Mutant]:
    """Of every machine; additional states drawn with a seed, two for each move."""
    from cases import lifecycles

    drawn = random.Random(SEED)
    for machine, of in enumerate(lifecycles.MACHINES):
        for place, move in enumerate(of.moves):
            named = f"{of.name}, {move.name}"
            yield _row(machine, place, f"{named}: taken out", lambda _: ())
            if move.needs is not None:
                yield _row(machine, place, f"{named}: by anybody", lambda m: (replace(m, needs=None),))
            if move.reason:
                yield _row(machine, place, f"{named}: without a reason", lambda m: (replace(m, reason=False),))
            others = sorted(of.states - move.sources)
            for state in drawn.sample(others, min(2, len(others))):
                yield _row(machine, place, f"{named}: from {state} too", partial(_also_from, state))
    for name in [n for n in sys.modules if n == "cases" or n.startswith("cases.")]:
        del sys.modules[name]  # the children read them anew


def _also_from(state: str, move: Any) -> Sequence[Any]:
    return (replace(move, sources=move.sources | {state}),)


def _row(machine: int, place: int, name: str, change: Callable[[Any], Sequence[Any]]) -> Mutant:
    def after(module: ModuleType) -> None:
        of = module.MACHINES[machine]
        moves = of.moves
        object.__setattr__(of, "moves", (*moves[:place], *change(moves[place]), *moves[place + 1 :]))

    return Mutant("cases.lifecycles", name, after=after)


def _guards() -> Iterator[Mutant]:
    for path in sorted((ROOT / "cases").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if _KEPT_OUT & set(parts) or parts[-1] == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.stmt) and (_refuses(node) or _checks(node)):
                line = path.read_text().splitlines()[node.lineno - 1].strip()
                yield Mutant(".".join(parts), f"line {node.lineno}, {line}", _without(node.lineno, node.col_offset))


def _refuses(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise) and not node.orelse


def _checks(node: ast.stmt) -> bool:
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    called = node.value.func
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in _CHECKS


def _without(line: int, column: int) -> Callable[[ast.Module], ast.Module]:
    class Out(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            if isinstance(node, ast.If | ast.Expr) and (node.lineno, node.col_offset) == (line, column):
                return ast.Pass()
            return self.generic_visit(node)

    return lambda tree: Out().visit(tree)
