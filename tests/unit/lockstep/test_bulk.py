"""``lockstep bulk``: what it says, to people and to machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.store import open_store
from tests.cli import lockstep
from tests.stores import put


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///lockstep.db", tmp_path) as store:
        put(store, "posts", *({"post": f"x:p{n}", "text": "gm"} for n in range(8)))


def test_people_read_what_to_do_next() -> None:
    ran = lockstep("bulk", "out")
    first, *rest = ran.out.splitlines()
    assert ran.code == 0
    # 8 posts and their author, a commit, the graph's own node, and the mark that a copy goes on from
    assert first.startswith("sqlite:///lockstep.db → out: 8 rows at commit 1 as 12 nodes and 8 relationships, ")
    assert "  sh out/import.sh neo4j" in rest
    assert "  lockstep migrate --store neo4j://HOST" in rest
    assert rest[-1].startswith("  neo4j-admin database import full --nodes=Account=")
    assert rest[-1].endswith(" --id-type=string neo4j")
    assert ran.err.splitlines() == ["reading rows: 8 of 16", "reading rows: 16 of 16"]


def test_machines_read_the_same() -> None:
    report = lockstep("bulk", "out", "--json", "--from", "sqlite:///lockstep.db").json
    assert (report["seq"], report["rows"]["posts"], report["nodes"], report["continues"]) == (1, 8, 12, True)
    assert report["command"][:3] == ["database", "import", "full"]


def test_a_folder_with_files_and_a_store_that_is_not_there_are_refused() -> None:
    assert lockstep("bulk", ".").code == 4
    missing = lockstep("bulk", "out", "--from", "sqlite:///none.db")
    assert missing.code == 4
    assert "there is no store here yet" in missing.err
