"""The installed coordination-network-toolkit and ``--compat cnt`` give the same edges on fresh hostile streams."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from detectors.coaction.compat.cnt import PARTS, Similarity, network
from graph.errors import ConfigError
from ingest.direct.sources import recognise
from ingest.direct.verbatim import messages
from ingest.formats.base import Options
from tests.hostile import stream
from tests.peers import Network, toolkit

HEADER = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
SEEDS = range(6)
KINDS = ("co_retweet", "co_tweet", "co_link", "co_reply", "co_post")
RULES: tuple[tuple[float, int], ...] = ((0, 1), (20, 1), (60, 2), (0.1, 1))
SIMILAR: list[Network] = [
    ("co_similar_tweet", 30, 1, {"similarity_threshold": 0.5, "min_tokens": 1}),
    ("co_similar_tweet", 60, 2, {"similarity_threshold": 1.0, "min_tokens": 2.5}),
    ("co_similar_tweet", 30, 1, {"similarity_threshold": 0.0, "min_tokens": 3}),
    ("co_similar_tweet", 30, 1, {"similarity_threshold": 0.8, "min_tokens": 0}),  # stops at a text without tokens
]


def networks(seed: int) -> list[Network]:
    """Every type, with a rule that changes from seed to seed."""
    some: list[Network] = [(kind, *RULES[(seed + i) % len(RULES)], {}) for i, kind in enumerate(KINDS)]
    more: list[Network] = [(kind, *RULES[(seed + i + 2) % len(RULES)], {}) for i, kind in enumerate(KINDS)]
    return [*some, *more, SIMILAR[seed % len(SIMILAR)]]


def ours(path: Path, wanted: Network) -> Any:
    kind, window, floor, more = wanted
    found = recognise(path, None, Options())
    assert found is not None
    read, _ = messages(found, PARTS[kind])
    how = Similarity(more["similarity_threshold"], more["min_tokens"]) if more else Similarity()
    try:
        edges = network(read, kind, window, min_weight=floor, loops=True, similarity=how)
    except ConfigError as error:
        return "ZeroDivisionError" if "ZeroDivisionError" in error.message else error
    return [list(row.values()) for row in edges.to_pylist()]


@pytest.mark.timeout(600)
def test_every_network_is_the_toolkits(tmp_path: Path) -> None:
    jobs = []
    for seed in SEEDS:
        path = tmp_path / f"stream-{seed}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for p in stream(seed, fractions=seed % 2 == 1):
                writer.writerow((p.message, p.user, p.user, p.repost, p.reply, p.text, p.time, p.urls))
        jobs.append((path, networks(seed)))
    edges = stopped = 0
    for (path, wanted), answers in zip(jobs, toolkit(jobs), strict=True):
        for one, theirs in zip(wanted, answers, strict=True):
            stops = theirs == "OperationalError"  # raised by SQLite for the division by zero
            assert ours(path, one) == ("ZeroDivisionError" if stops else theirs), (path.name, one)
            edges += 0 if stops else len(theirs)
            stopped += stops
    assert edges > 2_000
    assert stopped


@pytest.mark.parametrize("kind", ["co_retweet", "co_post"])
def test_a_stranger_is_no_network(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(f"{','.join(HEADER)}\nm1,u,u,p,,gm,0,\n", encoding="utf-8")
    assert ours(path, (kind, 60, 1, {})) == [["u", "u", 1]]
