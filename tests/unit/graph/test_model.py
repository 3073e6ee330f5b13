from __future__ import annotations

import dataclasses
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import model
from graph.errors import RecordInvalid
from graph.model import (
    INTERACTION_RELS,
    PARENT_RELS,
    PLATFORM,
    NodeRef,
    NodeType,
    Rejected,
    Rel,
    host_of,
    scoped,
    unscoped,
)


@given(st.sampled_from(NodeType), st.text(min_size=1))
def test_a_node_is_read_back_as_it_prints(kind: NodeType, key: str) -> None:
    assert NodeRef.parse(str(NodeRef(kind, key))) == NodeRef(kind, key)


@pytest.mark.parametrize("text", ["", "account", "account/", "/x", "robot/1", "Account/x:1", "x:1"])
def test_what_is_no_node_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecordInvalid, match="TYPE/KEY"):
        NodeRef.parse(text)


@given(st.from_regex(PLATFORM, fullmatch=True), st.text())
def test_a_scoped_key_splits_where_it_was_joined(platform: str, identity: str) -> None:
    assert unscoped(scoped(platform, identity)) == (platform, identity)


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://a.example/x?y#z", "a.example"),
        ("https://A.Example:8080/", "a.example"),
        ("https://user:secret@a.example/", "a.example"),
        ("http://[::1]/", "::1"),
        ("http://[::1", None),
        ("https:///path", None),
        ("3297", None),
        ("a.example/x", None),
        ("mailto:a@b.example", None),
        ("", None),
    ],
)
def test_the_host_of_a_link(link: str, host: str | None) -> None:
    assert host_of(link) == host


def test_records_are_frozen_and_small() -> None:
    records = [c for _, c in inspect.getmembers(model, dataclasses.is_dataclass) if isinstance(c, type)]
    assert len(records) > 10
    for record in records:
        assert vars(record)["__dataclass_params__"].frozen, record
        assert "__slots__" in vars(record), record


def test_interactions_and_parents_are_relations_of_the_graph() -> None:
    assert {*INTERACTION_RELS.values(), *PARENT_RELS.values()} <= set(Rel)
    assert [rel.value for rel in Rel] == [rel.name for rel in Rel]


def test_the_store_gives_a_rejected_row_its_id_without_making_it_another() -> None:
    row = Rejected("a.jsonl", 1, "posts", "", "why", "{}")
    assert dataclasses.replace(row, id=7) == row
