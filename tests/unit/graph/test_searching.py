"""What searches share: what is asked for, the order of hits, and other spellings of a folded text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Hit, NodeRef, NodeType
from graph.searching import Asked, merged, unfolded

ODD = st.text(st.sampled_from("aAsSſßẞkK\u212aﬁﬀfiIİı\u0307:Σσς1"), max_size=5)


def hit(kind: NodeType, key: str) -> Hit:
    return Hit(NodeRef(kind, key), key)


def test_what_is_asked_for() -> None:
    asked = Asked.of(" Straße 77\n", [NodeType.POST, NodeType.ACCOUNT], 5)
    assert asked == Asked("strasse 77", (NodeType.ACCOUNT, NodeType.POST), ("strasse", "77"), 5)
    assert asked.nameable
    assert not Asked.of("a\udc00", None, 5).nameable
    assert Asked.of("a", None, 5).kinds == tuple(NodeType)


@pytest.mark.parametrize(("text", "limit"), [("", 5), (" \n", 5), ("a", 0), ("a", -1)])
def test_nothing_is_asked_for(text: str, limit: int) -> None:
    assert Asked.of(text, None, limit).kinds == ()


def test_names_and_texts_that_match() -> None:
    asked = Asked.of("PE pe", None, 5)
    assert asked.begins(NodeType.ACCOUNT, "x:pe peX")
    assert asked.begins(NodeType.TICKER, "Pe PE")
    assert not asked.begins(NodeType.TICKER, "x:pe pe")
    assert asked.within("well, PE.")
    assert not asked.within("pepe")
    assert not Asked.of("!", None, 5).within("!")


def test_hits_come_by_type_then_by_words_and_no_more_is_read_than_shown() -> None:
    read: list[object] = []

    def named(kind: NodeType) -> list[Hit]:
        read.append(kind)
        return [hit(kind, "a"), hit(kind, "b")]

    def worded(count: int) -> list[Hit]:
        read.append(count)
        return [hit(NodeType.POST, key) for key in "abcdef"[:count]]

    types = [NodeType.ACCOUNT, NodeType.POST]
    assert [h.node.key for h in merged(Asked.of("a", types, 5), named, worded)] == ["a", "b", "a", "b", "c"]
    assert read == [NodeType.ACCOUNT, NodeType.POST, 9]
    assert [h.node.key for h in merged(Asked.of("a", types, 1), named, worded)] == ["a"]
    assert [h.node.key for h in merged(Asked.of("a\ud800", types, 2), named, worded)] == ["a", "b"]
    assert merged(Asked.of("!", [NodeType.POST], 9), lambda _: [], worded) == []


@given(ODD.map(str.casefold), ODD, ODD)
def test_other_spellings_are_those_that_fold_to_the_text(text: str, start: str, rest: str) -> None:
    prefixes = list(unfolded(text))
    for name in (start + rest, text + rest, text.upper() + rest, text.title() + rest):
        begins = [p for p in prefixes if name.startswith(p)]
        if text and name.casefold().startswith(text) and not name.startswith(text):
            assert len(begins) == 1
        elif name.startswith(text):
            assert begins == []
