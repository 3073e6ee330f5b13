"""Any past of a store, copied in two goes: the target tells what the source tells, at every commit."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.copying import copy
from graph.model import Rejected
from graph.store import Store, Writer
from tests.copies import PAIRS, name, told
from tests.property.test_store_model import WRITES
from tests.stores import Backend, batch, finding, keys, run

NAMES = st.sampled_from("abcd")
Act: TypeAlias = tuple[str, Any]

ACTS = st.one_of(
    st.tuples(st.just("write"), WRITES),
    st.tuples(st.just("delete"), WRITES),
    st.tuples(st.just("run"), st.tuples(NAMES, st.lists(st.tuples(NAMES, st.none() | NAMES, NAMES), max_size=3))),
    st.tuples(st.just("checkpoint"), st.tuples(NAMES, st.dictionaries(NAMES, st.integers(0, 3), max_size=2))),
    st.tuples(st.just("reject"), st.tuples(NAMES, st.integers(1, 3))),
    st.tuples(st.just("release"), st.integers(0, 2)),
)
PAST = st.lists(st.lists(ACTS, min_size=1, max_size=4), max_size=6)


def do(store: Store, writer: Writer, act: Act) -> None:
    kind, what = act
    if kind == "write":
        writer.write(what[0], batch(what[0], *what[1]))
    elif kind == "delete":
        writer.delete(what[0], keys(what[0], *batch(what[0], *what[1]).to_pylist()))
    elif kind == "run":
        made = [finding(n, run_id=r, supersedes=old and finding(old).id) for n, old, r in what[1]]
        writer.add_run(run(what[0]), made)
    elif kind == "checkpoint":
        writer.checkpoint(*what)
    elif kind == "reject":
        writer.reject([Rejected(what[0], what[1], "posts", "", "bad", "{}")])
    else:
        writer.release([row.id for row in store.rejected()[what : what + 1]])


def relive(store: Store, past: list[list[Act]]) -> None:
    for acts in past:
        with store.writer() as writer:
            for act in acts:
                do(store, writer, act)


@pytest.mark.parametrize("pair", PAIRS, ids=name)
@settings(max_examples=12)
@given(past=PAST, cut=st.integers(0, 6))
def test_any_past_is_copied(pair: tuple[Backend, Backend], past: list[list[Act]], cut: int) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        with pair[0].open(folder / "source") as source, pair[1].open(folder / "target") as target:
            relive(source, past[:cut])
            copy(source, target)
            relive(source, past[cut:])
            copy(source, target)
            assert told(target) == told(source)
    finally:
        shutil.rmtree(folder)
