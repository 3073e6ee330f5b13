"""Casework with one rule broken at a time, and whether the tests notice (``tests/mutation``).

Two kinds of rules. *Rows* of the tables of states: a move is taken out, made from a state less or one more, needs no
permission, no reason, or forgets where it came from. *Guards* in the code: an ``if … raise`` that never or always
holds, or lacks a part of its condition; a check that is left out; a row that is read without asking who may know of
it. What no test notices is named.
"""

from __future__ import annotations

import argparse
import random
import sys

from bench.report import Result, at_least

SEED = 17
QUICK = 8
_DECISIONS = ("cases.decisions.", "cases.proposals.")


def arguments(parser: argparse.ArgumentParser) -> None:
    """A part of them."""
    parser.add_argument("--only", default="", help="those whose name has this in it")


def run(*, quick: bool, only: str = "") -> list[Result]:
    """Every rule in every way; the quick form some rows and guards of decisions, drawn with a seed."""
    from tests.mutation.breaking import mutants
    from tests.mutation.noticing import OF_DECISIONS, noticed, reach, trials

    there = reach(trials(OF_DECISIONS) if quick else trials())
    drawn = random.Random(SEED)
    results = []
    for kind, of_kind in (("rows", [m for m in mutants() if m.row]), ("guards", [m for m in mutants() if not m.row])):
        chosen = [m for m in of_kind if only in m.name]
        if quick:
            chosen = drawn.sample([m for m in chosen if m.row or m.place.startswith(_DECISIONS)], QUICK)
        left = [m for m in chosen if not noticed(m, there.get(m.place, ()))]
        for mutant in left:
            sys.stdout.write(f"not noticed: {mutant.name}\n")
        part = 1 - len(left) / max(len(chosen), 1)
        results += [
            at_least(f"{kind} broken", [len(chosen)], "rules"),
            at_least(f"{kind} that tests notice", [part], "part", 1.0),
        ]
        sys.stdout.flush()
    return results
