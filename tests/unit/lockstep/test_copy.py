"""``lockstep copy``: what it says, to people and to machines."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

import pytest

from graph.copying import Step
from graph.model import Rejected
from graph.store import Store, open_store
from lockstep.session import session
from lockstep.verbs import copy as verb
from tests.cli import lockstep
from tests.stores import finding, put, run


@pytest.fixture
def urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A store with a past, and a place for the copy."""
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///lockstep.db", tmp_path) as store:
        for n in range(8):
            put(store, "posts", {"post": f"x:p{n}", "text": "gm"}, {"post": "x:again", "text": str(n)})
        with store.writer() as writer:
            writer.add_run(run(), [finding()])
            writer.reject([Rejected("posts.jsonl", 7, "posts", "", "bad", "{}")])
    return "sqlite:///lockstep.db", "sqlite:///copy.db"


def opened(url: str) -> Store:
    return open_store(url, Path(), create=False)


def test_people_read_what_was_copied_and_what_was_verified(urls: tuple[str, str]) -> None:
    ran = lockstep("copy", "--from", urls[0], "--to", urls[1])
    copied, verified = ran.out.splitlines()
    assert ran.code == 0
    assert copied == f"{urls[0]} → {urls[1]}: 9 commits: 16 rows, 1 run, 1 finding, 1 quarantined row"
    assert verified == (
        "verified at commit 9: 9 current rows by count and hash, what 5 commits wrote and ended, 1 run, 1 finding, "
        "0 checkpoints, 1 quarantined row"
    )
    assert [line for line in ran.err.splitlines() if line.startswith("copying")] == [
        "copying commits: 3 of 9",
        "copying commits: 5 of 9",
        "copying commits: 7 of 9",
        "copying commits: 9 of 9",
    ]
    assert "lockstep-data, in no store: copy the folder" in ran.err
    assert "posts" not in ran.err


def test_what_came_later_is_copied_from_the_configured_store(urls: tuple[str, str]) -> None:
    assert lockstep("copy", "--to", urls[1]).code == 0
    again = lockstep("copy", "--to", urls[1])
    assert again.out.splitlines()[0] == f"{urls[0]} → {urls[1]}: nothing new"
    with opened(urls[0]) as store:
        with store.writer() as writer:
            writer.release([row.id for row in store.rejected()])
        released = lockstep("copy", "--to", urls[1])
        assert released.out.splitlines()[0].endswith(": 1 row taken out of the quarantine")
        with store.writer() as writer:
            writer.checkpoint("a", {})
    grown = lockstep("copy", "--to", urls[1])
    assert grown.out.splitlines()[0].endswith(": 1 commit after commit 9: only checkpoints")


def test_machines_read_one_document(urls: tuple[str, str]) -> None:
    made = lockstep("copy", "--from", urls[0], "--to", urls[1], "--json", "--index-text").json
    assert (made["after"], made["seq"], made["rows"], made["runs"], made["indexed"]) == (0, 9, {"posts": 16}, 1, 9)
    seen = lockstep("copy", "--from", urls[0], "--to", urls[1], "--json", "--verify-only").json
    assert seen == {"source": urls[0], "target": urls[1], "verified": made["verified"]}
    assert seen["verified"]["tables"]["posts"]["rows"] == 9


def test_verifying_only_writes_nothing(urls: tuple[str, str], tmp_path: Path) -> None:
    ran = lockstep("copy", "--from", urls[0], "--to", urls[1], "--verify-only")
    assert (ran.code, ran.out) == (4, "")
    assert "there is no store here yet" in ran.err
    assert not (tmp_path / "copy.db").exists()
    lockstep("copy", "--from", urls[0], "--to", urls[1])
    assert lockstep("copy", "--from", urls[0], "--to", urls[1], "--verify-only", "--index-text").code == 0
    with opened(urls[0]) as store:
        put(store, "posts", {"post": "x:late"})
    ran = lockstep("copy", "--from", urls[0], "--to", urls[1], "--verify-only")
    assert (ran.code, "lacks the newest 1 of the source's 10 commits" in ran.err) == (4, True)


def test_a_source_that_is_not_there_is_not_made(urls: tuple[str, str], tmp_path: Path) -> None:
    ran = lockstep("copy", "--from", "sqlite:///mistyped.db", "--to", urls[1])
    assert (ran.code, "there is no store here yet" in ran.err) == (4, True)
    assert not (tmp_path / "mistyped.db").exists()
    assert not (tmp_path / "copy.db").exists()


def test_a_target_with_something_else_in_it_is_left_alone(urls: tuple[str, str]) -> None:
    with open_store(urls[1], Path()) as store:
        put(store, "posts", {"post": "x:own"})
    ran = lockstep("copy", "--from", urls[0], "--to", urls[1])
    assert ran.code == 4
    assert "the target is not empty (1 commits) and no copy of the source" in ran.err
    with opened(urls[1]) as store:
        assert store.head() == 1


def test_on_a_terminal_there_is_a_bar(urls: tuple[str, str]) -> None:
    with mock.patch.object(sys.stderr, "isatty", return_value=True), verb._progress(session()) as tell:
        for stage in ("copying", "verifying"):
            tell(Step(stage, 0, 2))
            tell(Step(stage, 2, 2))
