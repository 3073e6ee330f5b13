"""Layers of the shilling detector beside its usual ones: similar texts, likes, follows, quotes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from detectors.run import run
from graph.findings import Finding
from graph.model import NodeType
from graph.store import open_store
from tests.coactions import WORDS
from tests.stores import at, fill

Rows = list[dict[str, Any]]
MEMBERS = [f"x:member{i}" for i in range(5)]
EMOJI = ("", "!", " 🚀", " 🚀🚀", " 💎")


def flagged(tables: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path, **params: Any) -> list[Finding]:
    """What is flagged in a store of these rows."""
    with open_store("memory://", folder / "data") as store:
        fill(store, tables)
        (result,) = run(store, ["shilling"], {"shilling": params})
    assert result.run.error is None
    return list(result.findings)


def crowd(rng: random.Random) -> Rows:
    """Sixty people and the ring's members, each with words of their own."""
    people = [f"x:person{i:02}" for i in range(60)] + MEMBERS
    return [
        {
            "post": f"x:own{who}{i}",
            "account": who,
            "created_at": at(rng.uniform(0, 864_000)),
            "text": " ".join(rng.choices(WORDS, k=9)),
        }
        for who in people
        for i in range(8)
    ]


def paraphrased(rng: random.Random) -> Rows:
    """Calls that the ring posts within a minute, no two texts equal."""
    rows = []
    for call in range(8):
        begin = 40_000 + 100_000 * call
        for i, who in enumerate(MEMBERS):
            text = f"do not sleep on this one friends, round {call} begins tonight{EMOJI[i]} https://t.co/{call}{i}"
            when = at(begin + rng.uniform(0, 40))
            rows.append({"post": f"x:call{call}{i}", "account": who, "created_at": when, "text": text})
    return rows


def test_a_ring_that_varies_its_texts_is_found_by_their_similarity_alone(tmp_path: Path) -> None:
    rng = random.Random(4)
    tables = {"posts": crowd(rng) + paraphrased(rng)}
    assert flagged(tables, tmp_path, layers="co_text") == []
    (ring,) = flagged(tables, tmp_path, layers="co_similar")
    assert sorted(ring.accounts) == MEMBERS
    assert (ring.layers[0].name, ring.layers[0].value) == ("co_similar", 8)
    assert "texts that are nearly the same within 60 s of each other 8 times" in ring.summary
    assert any(e.measure.startswith("posting texts like “do not sleep on this one friends") for e in ring.evidence)
    assert {n.key for e in ring.evidence for n in e.nodes if n.type is NodeType.POST} == {
        f"x:call{call}{i}" for call in range(8) for i in range(5)
    }


def interactions(kind: str, node: str, rng: random.Random, spread: float) -> Rows:
    """People who act on things at random, and members who act on the same ones, ``spread`` seconds apart."""
    rows = [
        (f"x:person{rng.randrange(60):02}", f"x:thing{rng.randrange(300)}", rng.uniform(0, 8_640_000))
        for _ in range(600)
    ]
    for call in range(9):
        begin = rng.uniform(0, 8_000_000)
        rows += [(who, f"x:promoted{call}", begin + rng.uniform(0, spread)) for who in MEMBERS]
    made = [
        {
            "interaction": f"i{i}",
            "account": who,
            "kind": kind,
            "target_type": node,
            "target": target,
            "at": at(when),
            "post": None,
        }
        for i, (who, target, when) in enumerate(rows)
    ]
    return [*made, {**made[0], "interaction": "undated", "at": None}]


@pytest.mark.parametrize(
    ("action", "node", "window", "doing"),
    [("co_like", "post", 60.0, "liking"), ("co_follow", "account", 86_400.0, "following")],
)
def test_interactions_make_rings_whose_evidence_names_what_they_acted_on(
    tmp_path: Path, action: str, node: str, window: float, doing: str
) -> None:
    rows = interactions(action.removeprefix("co_"), node, random.Random(6), window / 2)
    (ring,) = flagged({"interactions": rows}, tmp_path, layers=action, window=window)
    assert sorted(ring.accounts) == MEMBERS
    shown = [e for e in ring.evidence if e.measure.startswith(f"{doing} x:promoted")]
    assert shown
    assert all(e.interactions for e in shown)
    named = {n.key for e in shown for n in e.nodes if n.type == node and n.key.startswith("x:promoted")}
    assert named <= {f"x:promoted{i}" for i in range(9)}
    assert len(named) == len(shown)
    assert f"{action}: 1 without a time was left out" in ring.limits


def test_likes_of_a_campaigns_posts_are_explained_by_it(tmp_path: Path) -> None:
    rows = interactions("like", "post", random.Random(6), 30)
    posts: Rows = [
        {"post": f"x:promoted{i}", "account": "x:brand", "created_at": at(0), "tickers": ["NEW"]} for i in range(9)
    ]
    campaign = {"campaign_id": "launch", "start": at(-1), "end": at(1), "tickers": ["NEW"]}
    assert flagged({"interactions": rows, "posts": posts}, tmp_path, layers="co_like")
    assert flagged({"interactions": rows, "posts": posts, "campaigns": [campaign]}, tmp_path, layers="co_like") == []
