"""What the store knows that may explain a pattern."""

from __future__ import annotations

from pathlib import Path

from detectors.coaction.context import Context
from graph.store import open_store
from tests.stores import at, put


def test_a_campaign_explains_its_first_and_its_last_moment_and_no_other(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path) as store:
        put(store, "campaigns", {"campaign_id": "c", "start": at(10), "end": at(20), "tickers": ["BTC"]})
        posts = [
            {"post": f"x:p{s}", "account": "x:anna", "created_at": at(s), "tickers": ["BTC"]} for s in (9, 10, 20, 21)
        ]
        put(store, "posts", *posts)
        with store.view() as view:
            assert Context(view).explained == {"x:p10": "c", "x:p20": "c"}
