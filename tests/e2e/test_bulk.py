"""Files for a first load in bulk: imported by Neo4j's own tool they are the store that writing row by row makes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from detectors.run import run as detect
from graph.comparing import compare
from graph.copying import copy, snapshot
from graph.findings import Finding
from graph.model import NodeRef, NodeType, Rejected
from graph.schema import TABLES
from graph.store import Store, open_store
from graph.stores.neo4jdb.bulk.export import BulkReport, export
from tests import histories
from tests.cli import lockstep
from tests.coactions import planted
from tests.imports import imported, inside
from tests.needs import needs
from tests.server import Neo4jServer, shared
from tests.stores import FULL, at, batch, fill, finding, put, random_rows, read, reference, run

pytestmark = [needs("java"), pytest.mark.timeout(900)]  # two servers, an import, and every index twice
TEXTS = [
    "",
    "a\nb",
    "a\r\nb",
    "\r",
    'q"u"o',
    '"',
    "nul\x00",
    "tail\\",
    "\ufeffbom",
    "\u2028",
    "  sp ",
    "a,b;c",
    "é🚀",
    "\x1f\x1e",
]


@dataclass
class Loaded:
    """A source, what was written of it, and the server that imported it."""

    source: Store
    url: str
    report: BulkReport
    server: Neo4jServer
    folder: Path


def fresh(store: Store) -> None:
    """Every table, awkward texts, posts named before they came, findings, a quarantine: no row is ever replaced."""
    for table, row in FULL.items():
        put(store, table, row)
    there = {row[TABLES[table].key[0]] for table, row in FULL.items()}
    rows = random_rows(7)
    fill(store, {t: [r for r in found if r[TABLES[t].key[0]] not in there] for t, found in rows.items()})
    long = "x:" + "K" * 2_500
    put(store, "posts", *({"post": f"x:Text{i}", "text": text} for i, text in enumerate(TEXTS)), {"post": long})
    fill(store, planted())
    put(store, "accounts", {"account": "x:anna", "handle": "Anna"}, {"account": "x:anna", "observed_at": at(9)})
    put(store, "interactions", {"interaction": "odd", "kind": "mentions", "target_type": "ticker", "target": "PEPE"})
    put(store, "transfers", {"transfer": "paid", "asset": "USDT", "amount": "0.10"})
    with store.writer() as writer:
        writer.add_run(run("first"), [finding("a"), finding("b", run_id="first")])
        writer.add_run(run("second"))
        writer.checkpoint("posts.jsonl", {"line": 7, "text": "ü\n"})
        writer.reject([Rejected("posts.jsonl", n, "posts", "", "bad", "{}\n") for n in (8, 9)])
    with store.writer() as writer:
        writer.add_run(run("third"), [finding("c", supersedes=finding("a").id)])


def explored(store: Store, seq: int) -> list[Any]:
    """What exploring the store shows at a commit of some nodes, also of those that came later."""
    with store.view(seq) as view, store.view() as newest:
        nodes: list[NodeRef] = random.Random(seq).sample(sorted(reference(newest)), 60)
        found: list[Any] = [(n, view.has(n), view.degree(n), view.neighbours(n, limit=5)) for n in nodes]
        found += [view.account(n.key) for n in nodes if n.type == NodeType.ACCOUNT]
        found += view.posts([n.key for n in nodes if n.type == NodeType.POST])
        return found + [view.search(text) for text in ("x:", "moon", "text", "btc", "ann", "x:kkkk", "a b")]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("bulk")
    url = f"sqlite:///{folder / 'graph.db'}"
    with open_store(url, folder / "data") as source:
        fresh(source)
        report = export(source, folder / "out")
        with imported(folder / "out", folder / "neo4j") as server, pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOCKSTEP_NEO4J_PASSWORD", server.password)
            with open_store(server.url, folder / "data") as target:
                target.migrate()
            yield Loaded(source, url, report, server, folder)


def test_it_is_the_store_that_writing_makes(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at from behind, through the program, and as the target of a copy that goes on; in this order."""
    written = shared()
    written.wipe()
    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", written.password)
    with open_store(written.url, loaded.folder / "written") as target:
        copy(loaded.source, target)
    (nodes, edges), (expected, further) = inside(loaded.server), inside(written)
    assert nodes - expected == expected - nodes
    assert edges - further == further - edges
    assert (loaded.report.nodes, loaded.report.relationships) == (nodes.total() + 1, edges.total())  # the copy's mark

    monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", loaded.server.password)
    with open_store(loaded.server.url, loaded.folder / "data", create=False) as target:
        _answers_alike(loaded.source, target)
        ours, theirs = (lockstep("findings", "list", "--json", "--store", url) for url in (target.url, loaded.url))
        assert ours.json == theirs.json
        assert len(ours.json) == 2
        assert lockstep("doctor", "--store", target.url).code == 0

        put(loaded.source, "posts", {"post": "x:p1", "text": "another version"}, {"post": "x:later"})
        report = copy(loaded.source, target)
        assert (report.after, report.seq) == (loaded.report.seq, loaded.report.seq + 1)
        assert explored(target, report.seq) == explored(loaded.source, report.seq)
        assert _flagged(target) == _flagged(loaded.source) != []


def _answers_alike(source: Store, target: Store) -> None:
    assert target.head() == source.head()
    assert target.identity != source.identity
    found = compare(source, target, snapshot(source), lambda _done, _total: None)
    assert (found.seq, found.runs, found.findings, found.checkpoints, found.quarantine) == (20, 3, 3, 1, 2)
    for seq in (3, found.seq):
        assert explored(target, seq) == explored(source, seq)
    assert target.index_text() > 0
    assert explored(target, found.seq) == explored(source, found.seq)


def _flagged(store: Store) -> list[Finding]:
    results = detect(store, ["shilling"], {})
    return [replace(finding, run_id="") for result in results for finding in result.findings]


def test_of_a_past_the_newest_commit_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as source:
        histories.write({"source": source}, seed=5)
        report = export(source, tmp_path / "out")
        assert not report.continues
        with imported(tmp_path / "out", tmp_path / "neo4j") as server:
            monkeypatch.setenv("LOCKSTEP_NEO4J_PASSWORD", server.password)
            with open_store(server.url, tmp_path / "data") as target, source.view() as old, target.view() as new:
                assert target.commits() == source.commits()
                for table, declared in TABLES.items():
                    names = ("seq", *declared.schema.names)
                    assert read(new, table, columns=names) == read(old, table, columns=names)
                everyone = histories.nodes(old)
                for node in everyone:
                    for asked in histories.questions(random.Random(str(node)), everyone, 2):
                        assert new.neighbours(node, **asked) == old.neighbours(node, **asked)
                    assert new.degree(node) == old.degree(node)
                assert new.has(NodeRef.parse("ticker/BTC"))
                with target.writer() as writer:
                    assert writer.write("posts", batch("posts", *read(new, "posts"))).unchanged == old.count("posts")
