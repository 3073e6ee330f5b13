"""Runs tests of casework by themselves, over SQLite, and says which of them notice a broken rule.

pytest's sessions are left out: with them a rule took ten seconds and more, so that only a handful could ever be broken.
A test is called with its parameters and its fixtures, in a casebook of its own, only for rules that it comes to.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from cases.machine import Machine, Move
from tests import casework
from tests.mutation.breaking import Mutant

_CONTRACT = (
    "decisions",
    "guards",
    "appeals",
    "cases",
    "alerts",
    "evidence",
    "referrals",
    "handoffs",
    "clocks",
    "tracks",
)
TABLES = ("tests.unit.cases.test_machines", "tests.unit.cases.test_machines_asking")
MODULES = (*TABLES, *(f"tests.contract.test_casebook_{name}" for name in _CONTRACT))
OF_DECISIONS = (*TABLES, *(f"tests.contract.test_casebook_{name}" for name in _CONTRACT[:2]))
MOST_S = 60.0
_SLOW = {"test_fifty_people_claim_fifty_cases_and_each_gets_one"}
_GIVEN = {"work", "tmp_path", "monkeypatch"}
_SQLITE = SimpleNamespace(param="sqlite")  # of the fixtures that there are for each database


@dataclass(frozen=True)
class Trial:
    """One test with one set of parameters."""

    name: str
    module: ModuleType
    test: Callable[..., None]
    given: Mapping[str, Any]

    def run(self) -> None:
        """Run it in a casebook and a folder of its own."""
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            patched = stack.enter_context(pytest.MonkeyPatch.context())
            made = {**self.given, "tmp_path": Path(folder), "monkeypatch": patched, "request": _SQLITE}
            self.test(**self._wanted(self.test, made, stack))

    def _wanted(self, function: Callable[..., Any], made: dict[str, Any], stack: ExitStack) -> dict[str, Any]:
        names = list(inspect.signature(function).parameters)
        for name in names:
            if name not in made:
                made[name] = self._fixture(name, made, stack)
        return {n: made[n] for n in names}

    def _fixture(self, name: str, made: dict[str, Any], stack: ExitStack) -> Any:
        if name == "work":
            return stack.enter_context(_work(made["tmp_path"]))
        function = getattr(self.module, name).__wrapped__
        arguments = self._wanted(function, made, stack)
        if inspect.isgeneratorfunction(function):
            return stack.enter_context(contextmanager(function)(**arguments))
        return function(**arguments)


@contextmanager
def _work(folder: Path) -> Iterator[casework.Work]:
    work = casework.opened(casework.sqlite_url(folder))
    event.listen(work.book.database.engine, "connect", _hurried)
    try:
        yield work
        assert work.wrong() == []
    finally:
        work.book.close()


def _hurried(connection: Any, _record: object) -> None:
    """No waiting for the disk: what a crash would lose is not what is tested here."""
    connection.execute("PRAGMA synchronous = OFF").close()


def trials(modules: Sequence[str] = MODULES) -> list[Trial]:
    """Tests whose fixtures can be had here, with each set of their parameters."""
    found: list[Trial] = []
    for module in map(importlib.import_module, modules):
        for test, function in inspect.getmembers(module, inspect.isfunction):
            if test.startswith("test_") and test not in _SLOW:
                found += _trials(module, function)
    return found


def _trials(module: ModuleType, function: Callable[..., None]) -> Iterator[Trial]:
    marks = getattr(function, "pytestmark", [])
    if any(m.name != "parametrize" for m in marks):
        return
    sets = [list(_sets(m.args[0], m.args[1])) for m in marks]
    for number, chosen in enumerate(itertools.product(*sets)):
        given = {k: v for one in chosen for k, v in one.items()}
        wanted = set(inspect.signature(function).parameters) - set(given) - _GIVEN
        if all(hasattr(getattr(module, name, None), "__wrapped__") for name in wanted):
            yield Trial(f"{module.__name__}.{function.__name__}[{number}]", module, function, given)


def _sets(names: str | Sequence[str], values: Collection[Any]) -> Iterator[dict[str, Any]]:
    split = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
    for value in values:
        plain = value.values if type(value).__name__ == "ParameterSet" else value if len(split) > 1 else (value,)
        yield dict(zip(split, plain, strict=True))


def reach(tried: Sequence[Trial]) -> dict[str, list[Trial]]:
    """By place, the tests that come there, the quickest first; each has to pass while nothing is broken."""
    found: dict[str, list[Trial]] = {}
    took: dict[str, float] = {}
    for trial in tried:
        places: set[str] = set()
        begun = time.process_time()
        with _seen(places):
            trial.run()
        took[trial.name] = time.process_time() - begun
        for place in places:
            found.setdefault(place, []).append(trial)
    return {place: sorted(there, key=lambda t: (took[t.name], t.name)) for place, there in found.items()}


def noticed(mutant: Mutant, tried: Sequence[Trial]) -> str:
    """The first test that fails, or never ends, while a rule is broken; empty where none does."""
    for trial in tried:
        with mutant.broken(), _ending():
            try:
                trial.run()
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001 - any failure is notice, pytest's own too, which are no Exception
                return trial.name
    return ""


@contextmanager
def _ending() -> Iterator[None]:
    """Let no test run for ever: what ends a loop may be what is broken."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _seen(places: set[str]) -> Iterator[None]:
    """Write down which functions of casework and which moves are asked for."""
    ask, look = Machine.move, Machine.ways

    def ways(machine: Machine, state: str) -> tuple[Move, ...]:
        if sys._getframe(1).f_code is not ask.__code__:  # which asks for them only to say what is possible
            places.update(f"{machine.name}:{m.name}" for m in machine.moves)
        return look(machine, state)

    def move(machine: Machine, state: str, name: str, where: str = "") -> Move:
        places.add(f"{machine.name}:{name}")
        return ask(machine, state, name, where)

    def called(frame: FrameType, what: str, _: object) -> None:
        if what == "call" and (name := frame.f_globals.get("__name__", "")).startswith("cases."):
            places.add(f"{name}.{frame.f_code.co_qualname}")

    before = sys.getprofile()
    with patch.object(Machine, "move", move), patch.object(Machine, "ways", ways):
        sys.setprofile(called)
        try:
            yield
        finally:
            sys.setprofile(before)
