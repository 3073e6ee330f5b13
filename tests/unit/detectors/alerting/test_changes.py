"""What a finding says that an earlier one of its ring did not."""

from __future__ import annotations

from detectors.alerting.changes import SHOWN, Change, change, tells
from graph.findings import Evidence, Priority
from graph.model import NodeRef, NodeType
from tests.alerting import ring


def evidence(*posts: str) -> tuple[Evidence, ...]:
    return (Evidence("m", 1.0, 0.0, None, "posts", tuple(NodeRef(NodeType.POST, p) for p in posts)),)


def test_what_is_new_is_named_and_counted() -> None:
    old = ring("x:a", "x:b", tickers=("AAA",), evidence=evidence("x:p1"))
    posts = [f"x:q{i:02}" for i in range(SHOWN + 5)]
    new = ring(
        "x:b", "x:d", "x:c", tickers=("AAA", "BBB"), links=("https://a.example/",), score=0.75,
        priority=Priority.HIGH, evidence=evidence("x:p1", *posts),
    )  # fmt: skip
    found = change(new, old)
    assert (found.since, found.joined, found.left) == (old.id, ("x:c", "x:d"), ("x:a",))
    assert (found.tickers, found.links) == (("BBB",), ("https://a.example/",))
    assert (found.posts, found.post_count) == (tuple(posts[:SHOWN]), SHOWN + 5)
    assert (found.priority, found.score) == (Priority.MEDIUM, 0.25)
    assert found.sentence() == (
        f"since finding {old.id[:10]}: 2 accounts joined; 1 account left; new: $BBB; new: https://a.example/;"
        " 25 more posts; priority was medium"
    )


def test_nothing_new_says_so() -> None:
    one = ring("x:a", "x:b")
    assert change(one, one) == Change(one.id)
    assert change(one, one).sentence().endswith("nothing but its score or explanations")


def test_people_hear_of_what_a_ring_never_had() -> None:
    old, earlier = ring("x:a", "x:b", tickers=("A",)), ring("x:a", "x:b", "x:c")
    assert tells(ring("x:a", "x:b", "x:d"), old, [])
    assert tells(ring("x:a", "x:b", tickers=("A", "B")), old, [])
    site = ring("x:a", "x:b", links=("https://a.example/1",))
    assert tells(site, old, [])
    assert not tells(ring("x:a", "x:b", links=("https://a.example/2",)), site, [])
    assert tells(ring("x:a", "x:b", links=("https://a.example/1", "opaque")), site, [])
    assert tells(ring("x:a", "x:b", priority=Priority.HIGH), old, [])
    assert not tells(ring("x:a", priority=Priority.LOW), old, [])
    assert not tells(ring("x:a", "x:b", "x:d", priority=Priority.NOTE), ring("x:a", "x:b", priority=Priority.NOTE), [])
    assert not tells(ring("x:a", "x:b", "x:c"), old, [earlier])  # it left and is back
    assert not tells(ring("x:a", "x:b", name="later", evidence=evidence("x:p9")), old, [])
