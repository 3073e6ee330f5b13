"""Rules of casework, each broken in one way: rows of the tables of states, and guards in the code."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType, ModuleType

from cases.lifecycles import MACHINES
from cases.machine import Machine, Move

GUARDED = (
    *(
        f"cases.{name}"
        for name in (
            "machine",
            "casebook",
            "people",
            "caseload",
            "alerts",
            "drafts",
            "proposals",
            "decisions",
            "appeals",
        )
    ),
    "cases.containment",
    "cases.referrals",
    *(f"cases.evidence.{name}" for name in ("capture", "snapshots", "custody")),
    *(f"cases.escalation.{name}" for name in ("handoffs", "playbook", "releases", "sources")),
)
_CHECKS = {"need", "find", "within", "check", "_checked", "_apart", "_own", "_proposal"}
#: Broken so, nothing else happens: what is left out is asked a second time elsewhere, or cannot be.
_SAME = (
    ("cases.appeals.receive", "without (holds is None)"),  # there is a decision, so one is in force
    ("cases.appeals._answer", "without (decision is None)"),  # the same
    ("cases.containment.approve", "without (change.actor.kind is not Kind.PERSON)"),  # no program may approve anyway
)
_NEVER = ast.Constant(value=False)


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One broken rule.

    Parameters
    ----------
    name : str
        What is broken, for people.
    place : str
        ``machine:move`` or ``module.function``: who comes there can notice.
    row : bool
        Whether it is of a table of states; else a guard.
    broken : callable
        A context within which the rule is broken.
    """

    name: str
    place: str
    row: bool
    broken: Callable[[], AbstractContextManager[None]]


def mutants() -> list[Mutant]:
    """Every rule in every way that it is broken here."""
    guards = (m for name in GUARDED for m in _of_module(importlib.import_module(name)))
    return [*_of_tables(), *(m for m in guards if not any(m.place == p and w in m.name for p, w in _SAME))]


def _of_tables() -> Iterator[Mutant]:
    for machine in MACHINES:
        for move in machine.moves:
            for what, rows in _rows(machine, move):
                name = f"{machine.name}: {move.name} {what}"
                yield Mutant(name=name, place=f"{machine.name}:{move.name}", row=True, broken=_table(machine, rows))


def _rows(machine: Machine, move: Move) -> Iterator[tuple[str, tuple[Move, ...]]]:
    def with_(*new: Move) -> tuple[Move, ...]:
        return tuple(n for m in machine.moves for n in (new if m is move else (m,)))

    yield "is gone", with_()
    for state in sorted(move.sources) if len(move.sources) > 1 else ():
        yield f"is not made from {state}", with_(replace(move, sources=move.sources - {state}))
    for state in sorted(machine.states - move.sources):
        if not any(m.name == move.name and state in m.sources for m in machine.moves):
            yield f"is made from {state} too", with_(replace(move, sources=move.sources | {state}))
    if move.needs is not None:
        yield "needs no permission", with_(replace(move, needs=None))
    if move.reason:
        yield "needs no reason", with_(replace(move, reason=False))
    if move.detour:
        yield "forgets where it came from", with_(replace(move, detour=False))


def _table(machine: Machine, rows: tuple[Move, ...]) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def broken() -> Iterator[None]:
        whole = machine.moves
        object.__setattr__(machine, "moves", rows)
        try:
            yield
        finally:
            object.__setattr__(machine, "moves", whole)

    return broken


def _of_module(module: ModuleType) -> Iterator[Mutant]:
    tree = ast.parse(inspect.getsource(module))
    owners = [
        (module, tree.body),
        *((getattr(module, n.name), n.body) for n in tree.body if isinstance(n, ast.ClassDef)),
    ]
    for owner, body in owners:
        for node in body:
            if not isinstance(node, ast.FunctionDef):
                continue
            function = getattr(owner, node.name, None)
            if isinstance(function, FunctionType) and not function.__code__.co_freevars:
                place = f"{module.__name__}.{function.__qualname__}"
                for number, (what, other) in enumerate(_guards(node)):
                    yield Mutant(
                        name=f"{place} ({number}): {what}", place=place, row=False, broken=_code(function, other)
                    )


def _guards(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Copies of a function, each with one guard broken."""
    for place, node in enumerate(ast.walk(function)):
        for what, change in _changes(node):
            other = copy.deepcopy(function)
            change(list(ast.walk(other))[place])
            yield what, other


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    if isinstance(node, ast.If) and any(isinstance(n, ast.Raise) or _told(n) for n in node.body):
        said = ast.unparse(node.test)
        yield f"never if {said}", lambda n: setattr(n, "test", _NEVER)
        yield f"always but if {said}", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))  # type: ignore[attr-defined]
        if isinstance(node.test, ast.BoolOp):
            for place, part in enumerate(node.test.values):
                yield f"without ({ast.unparse(part)}) in if {said}", partial(_shorten, place=place)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) in _CHECKS:
        yield f"without {ast.unparse(node.value)}", lambda n: setattr(n, "value", ast.Constant(value=None))
    if isinstance(node, ast.Call) and _called(node) == "within":
        yield f"need to know is not asked in {ast.unparse(node)}", _any_row


def _told(node: ast.stmt) -> bool:
    """Whether it is ``wrong.append(…)``: what a check found, raised with all the others after."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) == "append"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _shorten(node: ast.AST, place: int) -> None:
    """Take one part out of an ``and`` or ``or``."""
    assert isinstance(node, ast.If)
    assert isinstance(node.test, ast.BoolOp)
    parts = [p for i, p in enumerate(node.test.values) if i != place]
    node.test = parts[0] if len(parts) == 1 else ast.BoolOp(node.test.op, parts)


def _any_row(call: ast.AST) -> None:
    """``within(change, table, key)`` → ``change.row(table, key)``."""
    assert isinstance(call, ast.Call)
    call.func = ast.Attribute(call.args.pop(0), "row", ast.Load())


def _code(function: FunctionType, other: ast.FunctionDef) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def broken() -> Iterator[None]:
        bare = copy.deepcopy(other)
        bare.decorator_list = []
        tree = ast.fix_missing_locations(ast.Module([bare], []))
        made: dict[str, FunctionType] = {}
        future = importlib.import_module("__future__").annotations.compiler_flag
        code = compile(tree, inspect.getfile(function), "exec", future, dont_inherit=True)
        exec(code, dict(function.__globals__), made)  # noqa: S102
        whole = function.__code__
        function.__code__ = made[other.name].__code__
        try:
            yield
        finally:
            function.__code__ = whole

    return broken
