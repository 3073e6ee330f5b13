"""The list of commands: undo and redo, links that say the same elsewhere, and links that are refused."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.canvas import commands as c
from graph.errors import ConfigError
from graph.model import NodeRef, NodeType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
nodes = st.builds(NodeRef, st.sampled_from([*NodeType]), st.text(min_size=1, max_size=12))
times = st.none() | st.integers(0, 2**51).map(lambda us: EPOCH + timedelta(microseconds=us))
places = st.floats(-1e6, 1e6)
commands = st.one_of(
    st.builds(c.Open, st.text(max_size=20)),
    st.builds(c.Add, st.lists(nodes, max_size=3).map(tuple)),
    st.builds(c.Expand, nodes, st.text(max_size=9), times, times, st.integers(1, 9), st.sampled_from(["weight"])),
    st.builds(c.Collapse, nodes),
    st.builds(c.Hide, st.lists(nodes, max_size=3).map(tuple)),
    st.builds(c.Pin, nodes, places, places),
    st.builds(c.Unpin, nodes),
    st.builds(c.Combine, st.sampled_from(["ring", "week"])),
    st.builds(c.Separate, st.text(max_size=5)),
    st.builds(c.Path, nodes, nodes, st.integers(1, 5)),
    st.builds(c.Between, times, times),
)
lists = st.lists(commands, max_size=8).map(tuple)


@given(lists, st.integers(0, 10**6))
def test_a_link_says_the_same_elsewhere(given_: tuple[c.Command, ...], seq: int) -> None:
    assert c.from_link(c.to_link(given_, seq)) == (seq, given_)


@given(lists, st.integers(0, 8))
def test_what_is_undone_can_be_done_again(given_: tuple[c.Command, ...], steps: int) -> None:
    history = c.History(given_)
    back = history
    for _ in range(steps):
        back = back.undo()
    assert back.current == given_[: max(len(given_) - steps, min(1, len(given_)))]
    forth = back
    for _ in range(steps):
        forth = forth.redo()
    assert forth.current == given_


def test_a_new_step_forgets_what_was_undone() -> None:
    one, two, other = c.Open("a"), c.Open("b"), c.Open("c")
    assert c.History((one, two)).undo().do(other) == c.History((one, other))


def test_links_carry_no_text_of_anybody() -> None:
    account = NodeRef(NodeType.ACCOUNT, "x:1")
    link = c.to_link((c.Open("a"), c.Note("he said so", account)), 3)
    assert c.from_link(link) == (3, (c.Open("a"),))


def test_too_many_steps_for_an_address_are_said() -> None:
    many = [c.Hide((NodeRef(NodeType.ACCOUNT, f"x:{i * i * 7919}"),)) for i in range(2_000)]
    with pytest.raises(ConfigError, match="too many steps for a link"):
        c.to_link(many, 1)


def packed(plain: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(plain))).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "!!",
        "AAAA",
        "a" * 7_000,
        packed([1, [["open", {"finding": "a"}]]])[:-4],
        packed("text"),
        packed([-1, []]),
        packed([True, []]),
        packed([1, [["explode", {}]]]),
        packed([1, [["open", {"finding": 7}]]]),
        packed([1, [["open", {"finding": "a", "more": 1}]]]),
        packed([1, [["open", {}]]]),
        packed([1, [["pin", {"node": "account/x:1", "x": 1e300, "y": 0}]]]),
        packed([1, [["pin", {"node": "account/x:1", "x": "1", "y": 0}]]]),
        packed([1, [["hide", {"nodes": ["moon/x:1"]}]]]),
        packed([1, [["between", {"start": 2**62}]]]),
        packed([1, [["open", {"finding": "a"}]] * 501]),
        base64.urlsafe_b64encode(zlib.compress(b"0" * 3_000_000)).decode().rstrip("="),
    ],
)
def test_other_addresses_are_refused(link: str) -> None:
    with pytest.raises(ConfigError, match="the link cannot be read"):
        c.from_link(link)


@given(st.text(max_size=200))
def test_whatever_an_address_says_is_read_or_refused(text: str) -> None:
    try:
        c.from_link(text)
    except ConfigError:
        return
