"""What graph/store.py promises of accounts, posts and exploring, held against every store and against networkx."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import networkx as nx
import pytest

from graph.model import Account, Edge, Hit, NodeRef, NodeType, Post, Rel
from graph.schema import TABLES
from graph.store import Store
from tests.stores import FULL, at, batch, drop, fill, node, put, random_rows, read, reference

# accounts and posts


def test_an_account_is_its_newest_observation(store: Store) -> None:
    put(store, "accounts", {"account": "x:anna", "observed_at": at(9), "handle": "newest", "verified": True})
    put(store, "accounts", {"account": "x:anna", "handle": "undated"}, {"account": "x:bo", "handle": "only"})
    put(store, "accounts", {"account": "x:anna", "observed_at": at(3), "handle": "older"})
    with store.view() as view, store.view(2) as past:
        assert view.account("x:anna") == Account("x:anna", "newest", verified=True, observed_at=at(9))
        assert view.account("x:bo") == Account("x:bo", "only")
        assert view.account("x:nobody") is None
        assert past.count("accounts") == 3
    drop(store, "accounts", {"account": "x:anna", "observed_at": at(9)})
    with store.view() as view:
        assert view.account("x:anna") == Account("x:anna", "older", observed_at=at(3))


def test_what_is_referred_to_is_a_stub_until_it_is_loaded(store: Store) -> None:
    put(store, "posts", {"post": "x:p2", "account": "x:anna", "kind": "reply", "parent": "x:p1"})
    put(store, "posts", {"post": "x:p1", "account": "x:bo", "text": "root"})
    put(store, "accounts", {"account": "x:anna", "handle": "anna"})
    with store.view(1) as past, store.view() as view:
        assert past.posts(["x:p1"]) == [Post("x:p1")]
        assert past.account("x:anna") == Account("x:anna")
        assert not past.has(node("account/x:bo"))
        posts = view.posts(["x:p2", "x:none", "x:p1", "x:p2"])
        assert [(p.post, p.account, p.text) for p in posts] == [
            ("x:p2", "x:anna", None),
            ("x:p1", "x:bo", "root"),
            ("x:p2", "x:anna", None),
        ]
        assert view.account("x:anna") == Account("x:anna", "anna")
        assert [row["post"] for row in read(view, "posts")] == ["x:p2", "x:p1"]


def test_posts_carry_everything_that_was_written(store: Store) -> None:
    put(store, "posts", FULL["posts"])
    with store.view() as view:
        (post,) = view.posts(["x:p1"])
    for name, value in batch("posts", FULL["posts"]).to_pylist()[0].items():
        assert getattr(post, name) == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("table", TABLES)
def test_rows_make_stubs_of_what_they_refer_to(store: Store, table: str) -> None:
    row = batch(table, FULL[table]).to_pylist()[0]
    put(store, table, FULL[table])
    named = {
        NodeType.ACCOUNT: [row.get("account"), *row.get("participants", ())],
        NodeType.POST: [row.get("post"), row.get("parent")],
        NodeType.TICKER: [row.get("ticker"), *row.get("tickers", ())],
        NodeType.LINK: row.get("links", ()),
        NodeType.HASHTAG: row.get("hashtags", ()),
    }
    nodes = [NodeRef(kind, key) for kind, found in named.items() for key in found if key is not None]
    ends = [end for end in ("source", "target") if f"{end}_type" in row]
    nodes += [NodeRef(NodeType(row[f"{end}_type"]), row[end]) for end in ends]
    if table == "identifiers":
        nodes.append(node("identifier/device:a:b"))
    if table == "posts":
        nodes.append(node("domain/a.example"))
    with store.view() as view, store.view(0) as before:
        assert nodes or table == "verdicts"
        assert [n for n in nodes if not view.has(n)] == []
        assert not any(map(before.has, nodes))
    drop(store, table, row)
    with store.view() as view:
        assert [n for n in nodes if not view.has(n)] == []


def test_a_deleted_row_takes_its_relationships_along(store: Store) -> None:
    put(store, "interactions", {"interaction": "1", "target": "x:p1", "at": at(5)})
    put(store, "posts", {"post": "x:p1", "account": "x:bo", "tickers": ["BTC"]})
    drop(store, "interactions", {"interaction": "1"})
    drop(store, "posts", {"post": "x:p1"})
    here = [node("account/x:anna"), node("account/x:bo"), node("ticker/BTC"), node("post/x:p1")]
    with store.view() as view, store.view(2) as before:
        assert [view.neighbours(n).total for n in here] == [0, 0, 0, 0]
        assert [view.degree(n) for n in here] == [{}, {}, {}, {}]
        assert [before.neighbours(n).total for n in here] == [1, 1, 1, 3]


# neighbours and degree


def keys_of(edges: tuple[Edge, ...], here: NodeRef) -> list[str]:
    return [(e.target if e.source == here else e.source).key for e in edges]


def test_neighbours_come_newest_first_and_undated_last(store: Store) -> None:
    put(
        store,
        "interactions",
        {"interaction": "1", "target": "x:p1", "at": at(5)},
        {"interaction": "2", "target": "x:p2"},
        {"interaction": "3", "target": "x:p3", "at": at(7), "kind": "view"},
        {"interaction": "4", "target": "x:p5", "at": at(7)},
        {"interaction": "5", "target": "x:p4", "at": at(7)},
        {"interaction": "6", "target": "x:p0", "kind": "share"},
        {"interaction": "7", "target": "x:p9", "at": at(-1e9)},
        {"interaction": "8", "target": "x:p8", "kind": "waves at", "at": at(8)},
    )
    anna = node("account/x:anna")
    with store.view() as view:
        found = view.neighbours(anna)
        assert keys_of(found.edges, anna) == ["x:p4", "x:p5", "x:p3", "x:p1", "x:p9", "x:p2", "x:p0"]
        assert found.total == 7
        assert found.edges[0] == Edge(anna, Rel.LIKES, node("post/x:p4"), at(7))
        assert found.edges[-1].at is None
        for limit in range(8):
            page = view.neighbours(anna, limit=limit)
            assert (page.edges, page.total) == (found.edges[:limit], 7)
        assert view.has(node("post/x:p8"))


def test_neighbours_can_be_narrowed(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "created_at": at(1), "tickers": ["BTC", "PEPE"], "hashtags": ["gem"]})
    put(store, "posts", {"post": "x:p2", "account": "x:bo", "created_at": at(2), "kind": "quote", "parent": "x:p1"})
    put(store, "interactions", {"interaction": "1", "account": "x:bo", "target": "x:p1"})
    post = node("post/x:p1")
    with store.view() as view:

        def ask(**how: object) -> tuple[list[str], int]:
            found = view.neighbours(post, **how)  # type: ignore[arg-type]  # the tests name them
            return keys_of(found.edges, post), found.total

        everything = ["x:p2", "BTC", "PEPE", "x:anna", "gem", "x:bo"]
        assert ask() == (everything, 6)
        assert ask(direction="out") == (["BTC", "PEPE", "gem"], 3)
        assert ask(direction="in") == (["x:p2", "x:anna", "x:bo"], 3)
        assert ask(rels=[Rel.MENTIONS, Rel.LIKES]) == (["BTC", "PEPE", "x:bo"], 3)
        assert ask(rels=[]) == ([], 0)
        assert ask(rels=[Rel.MENTIONS], direction="in") == ([], 0)
        assert ask(start=at(2)) == (["x:p2"], 1)
        assert ask(end=at(2)) == (["BTC", "PEPE", "x:anna", "gem"], 4)
        assert ask(start=at(1), end=at(2), limit=1) == (["BTC"], 4)
        assert ask(exclude=[node("account/x:bo"), node("ticker/BTC"), node("ticker/x:p2")]) == (
            ["x:p2", "PEPE", "x:anna", "gem"],
            4,
        )
        with pytest.raises(ValueError, match="sideways"):
            ask(direction="sideways")


def test_parallel_relationships_and_loops_are_each_listed_once(store: Store) -> None:
    put(
        store,
        "interactions",
        {"interaction": "1", "target": "x:p1", "at": at(5)},
        {"interaction": "2", "target": "x:p1", "at": at(5)},
        {"interaction": "3", "target_type": "account", "target": "x:anna", "kind": "follow"},
    )
    anna = node("account/x:anna")
    with store.view() as view:
        found = view.neighbours(anna)
        assert (keys_of(found.edges, anna), found.total) == (["x:p1", "x:p1", "x:anna"], 3)
        assert view.degree(anna) == {(Rel.LIKES, "out"): 2, (Rel.FOLLOWS, "out"): 1, (Rel.FOLLOWS, "in"): 1}
        for direction in ("out", "in"):
            assert view.neighbours(anna, rels=[Rel.FOLLOWS], direction=direction).total == 1
        assert view.neighbours(anna, exclude=[anna]).total == 2


def test_links_lie_on_domains(store: Store) -> None:
    put(store, "posts", {"post": "x:p1", "links": ["https://a.example/1", "https://a.example/2", "verbatim-7"]})
    share = {"account": "x:bo", "kind": "share", "target_type": "link"}
    put(store, "interactions", {**share, "interaction": "1", "target": "https://b.example:8080/x"})
    domain = node("domain/a.example")
    with store.view() as view:
        assert view.degree(domain) == {(Rel.ON, "in"): 2}
        assert view.neighbours(domain).edges[0] == Edge(node("link/https://a.example/1"), Rel.ON, domain)
        assert view.degree(node("link/verbatim-7")) == {(Rel.LINKS_TO, "in"): 1}
        assert view.degree(node("domain/b.example")) == {(Rel.ON, "in"): 1}


def test_keys_are_opaque_text(store: Store) -> None:
    """Quotes, wildcards, separators, long keys, and keys that differ in case or accents only."""
    odd = [
        "x:'; DROP TABLE posts; --",
        'x:"',
        "x:%",
        "x:_",
        "x:a:b/c",
        "x:é",
        "x:e\u0301",
        "x:A",
        "x:a",
        "x:" + "k" * 5000,
    ]
    put(store, "posts", *({"post": key, "account": "x:'" + key, "tickers": ["%"]} for key in odd))
    with store.view() as view:
        assert [p.post for p in view.posts(odd)] == odd
        assert all(view.has(NodeRef(NodeType.POST, key)) for key in odd)
        assert view.degree(node("ticker/%")) == {(Rel.MENTIONS, "in"): len(odd)}
        assert sorted(keys_of(view.neighbours(node("ticker/%")).edges, node("ticker/%"))) == sorted(odd)
        for key in odd:
            assert view.neighbours(NodeRef(NodeType.POST, key), direction="in").edges[0].source.key == "x:'" + key


@pytest.mark.parametrize("seed", range(3))
def test_a_random_graph_is_that_of_networkx(store: Store, seed: int) -> None:
    fill(store, random_rows(seed))
    with store.view() as view:
        graph = reference(view)
        for here in graph:
            out, into = joined(graph.out_edges(here, data=True)), joined(graph.in_edges(here, data=True))
            expected = [*((e.rel, "out") for e in out), *((e.rel, "in") for e in into)]
            assert view.degree(here) == Counter(expected)
            found = view.neighbours(here, limit=10_000)
            once = [*out, *(e for e in into if e.source != here)]
            assert (found.total, Counter(found.edges)) == (len(once), Counter(once))
            assert list(found.edges) == sorted(found.edges, key=lambda e: order(e, here))
            assert found == view.neighbours(here, limit=10_000)


def joined(found: Iterable[tuple[NodeRef, NodeRef, dict[str, Any]]]) -> list[Edge]:
    return [data["edge"] for _, _, data in found]


def order(edge: Edge, here: NodeRef) -> tuple[bool, float, str, str]:
    other = edge.target if edge.source == here else edge.source
    return edge.at is None, -edge.at.timestamp() if edge.at else 0.0, edge.rel, other.key


# subgraph


def test_a_subgraph_is_the_nodes_asked_for_and_what_joins_them(store: Store) -> None:
    fill(store, random_rows(7))
    with store.view() as view:
        graph = reference(view)
        wanted = sorted(graph)[::2]
        found = view.subgraph([*wanted, node("account/x:nobody"), wanted[0]])
        assert found.nodes == tuple(wanted)
        assert Counter(found.edges) == Counter(joined(graph.subgraph(wanted).edges(data=True)))
        assert found == view.subgraph([*wanted, node("account/x:nobody"), wanted[0]])


# paths


def follow(store: Store, *pairs: str) -> None:
    """Accounts that follow each other: "ab" is a → b."""
    rows = [
        {"interaction": p, "account": p[0], "kind": "follow", "target_type": "account", "target": p[1]} for p in pairs
    ]
    put(store, "interactions", *rows)


def walk(store: Store, pair: str, **how: int) -> list[str]:
    source, target = (NodeRef(NodeType.ACCOUNT, key) for key in pair)
    with store.view() as view:
        found = view.paths(source, target, **how)
    for path in found:
        for (a, b), edge in zip(itertools.pairwise(path.nodes), path.edges, strict=True):
            assert {a, b} == {edge.source, edge.target}
    return ["".join(n.key for n in path.nodes) for path in found]


def test_paths_are_the_shortest_in_either_direction(store: Store) -> None:
    follow(store, "ab", "cb", "cd", "ae", "ed", "ef", "fd", "zy")
    assert walk(store, "ad") == ["aed", "abcd", "aefd"]
    assert walk(store, "ad", k=1) == ["aed"]
    assert walk(store, "ad", max_hops=2) == ["aed"]
    assert walk(store, "da", max_hops=3, k=9) == ["dea", "dcba", "dfea"]
    assert walk(store, "ad", max_hops=1) == []
    assert walk(store, "ad", k=0) == []
    assert walk(store, "az") == []
    assert walk(store, "a?") == []
    assert walk(store, "zy") == ["zy"]
    assert walk(store, "aa") == ["a"]


def test_paths_do_not_go_through_supernodes(store: Store) -> None:
    follow(store, "ah", "hb", "ac", "cd", "db", *(f"h{n}" for n in "ijklmnop"))
    assert walk(store, "ab") == ["ahb", "acdb"]
    assert walk(store, "ab", max_degree=5) == ["acdb"]
    assert walk(store, "ab", max_degree=10) == ["ahb", "acdb"]
    assert walk(store, "hb", max_degree=5) == ["hb", "hacdb"]
    assert walk(store, "ih", max_degree=5) == ["ih"]


def test_the_newest_of_parallel_relationships_is_shown(store: Store) -> None:
    rows = [{"interaction": str(n), "target": "x:p1", "at": moment} for n, moment in enumerate([None, at(9), at(3)])]
    put(store, "interactions", *rows)
    with store.view() as view:
        (path,) = view.paths(node("account/x:anna"), node("post/x:p1"))
    assert [e.at for e in path.edges] == [at(9)]


@pytest.mark.parametrize("seed", range(3))
def test_paths_are_those_of_networkx(store: Store, seed: int) -> None:
    fill(store, random_rows(seed, accounts=8, posts=14))
    with store.view() as view:
        simple: nx.Graph[NodeRef] = nx.Graph(reference(view).edges())
        ends = sorted(simple)[:: max(1, len(simple) // 6)]
        for source, target in itertools.permutations(ends, 2):
            found = view.paths(source, target, k=5, max_hops=4)
            walks = sorted(nx.all_simple_paths(simple, source, target, cutoff=4), key=lambda p: (len(p), p))
            assert [list(path.nodes) for path in found] == walks[:5]


# search


def keys_found(store: Store, text: str, **how: object) -> list[str]:
    with store.view() as view:
        return [str(hit.node) for hit in view.search(text, **how)]  # type: ignore[arg-type]  # the tests name them


@pytest.fixture(params=["index", "no index", "half an index"])
def searchable(request: pytest.FixtureRequest, store: Store) -> Store:
    put(store, "accounts", {"account": "x:77", "handle": "PepeKing"}, {"account": "x:pepe", "handle": "Zoë"})
    put(
        store,
        "posts",
        {"post": "x:1", "account": "x:77", "created_at": at(1), "text": "Buy PEPE now!", "tickers": ["PEPE"]},
    )
    if request.param == "half an index":
        store.index_text()
    put(
        store,
        "posts",
        {
            "post": "x:2",
            "account": "x:77",
            "created_at": at(3),
            "text": "pepe, pump_now: buy\nbuy",
            "tickers": ["PEPES"],
        },
        {"post": "x:3", "account": "x:77", "created_at": at(2), "text": 'never "buy" 100% ДОГИ', "hashtags": ["pepe"]},
        {"post": "x:4", "account": "x:77", "created_at": at(4)},
        {
            "post": "y:pepper",
            "account": "x:77",
            "created_at": at(5),
            "text": "nothing",
            "links": ["https://pepe.example/"],
        },
    )
    if request.param == "index":
        store.index_text()
        assert store.index_text() == 0
    return store


def test_search_finds_nodes_by_prefix_then_posts_by_words(searchable: Store) -> None:
    expected = ["account/x:77", "account/x:pepe", "ticker/PEPE", "ticker/PEPES", "domain/pepe.example", "hashtag/pepe"]
    assert keys_found(searchable, "pepe") == [*expected, "post/x:2", "post/x:1"]
    assert keys_found(searchable, " PEPE\n") == keys_found(searchable, "pepe")
    assert keys_found(searchable, "pepe", limit=3) == expected[:3]
    assert keys_found(searchable, "pepe", limit=7) == [*expected, "post/x:2"]
    assert keys_found(searchable, "pepe", limit=0) == []
    assert keys_found(searchable, "pepe", types=[NodeType.TICKER]) == ["ticker/PEPE", "ticker/PEPES"]
    assert keys_found(searchable, "pepe", types=[NodeType.POST]) == ["post/x:2", "post/x:1"]
    assert keys_found(searchable, "pepe", types=[]) == []
    assert keys_found(searchable, "pepp") == ["post/y:pepper"]
    assert keys_found(searchable, "pepek") == ["account/x:77"]
    assert keys_found(searchable, "X:7") == ["account/x:77"]
    assert keys_found(searchable, "https://P") == ["link/https://pepe.example/"]


def test_search_shows_what_matched(searchable: Store) -> None:
    with searchable.view() as view:
        assert view.search("pepek") == [Hit(node("account/x:77"), "PepeKing")]
        assert view.search("never") == [Hit(node("post/x:3"), 'never "buy" 100% ДОГИ')]
        assert view.search("pepes") == [Hit(node("ticker/PEPES"), "PEPES")]


def test_all_words_must_be_there_in_any_order(searchable: Store) -> None:
    assert keys_found(searchable, "now buy") == ["post/x:2", "post/x:1"]
    assert keys_found(searchable, "buy") == ["post/x:2", "post/x:3", "post/x:1"]
    assert keys_found(searchable, "buy moon") == []
    assert keys_found(searchable, "bu") == []
    assert keys_found(searchable, "доги") == ["post/x:3"]
    assert keys_found(searchable, "pump") == ["post/x:2"]
    assert keys_found(searchable, "pump_now") == ["post/x:2"]


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "*",
        "x:%",
        "pep*",
        "zzz OR buy",
        "buy NOT never",
        "NEAR(buy now)",
        "^buy",
        "text:buy",
        "{text}:buy",
        "?1",
    ],
)
def test_nothing_in_the_text_is_an_operator(searchable: Store, text: str) -> None:
    assert keys_found(searchable, text) == ["post/x:2", "post/x:3", "post/x:1"] * (text == "^buy")


@pytest.mark.parametrize(
    "text", ['"', "'", '"buy', "buy)", "(buy", "-buy", "+buy", "buy\x00", "🚀 buy", "buy \\", "buy;--"]
)
def test_odd_characters_neither_match_nor_hurt(searchable: Store, text: str) -> None:
    assert keys_found(searchable, text) == ["post/x:2", "post/x:3", "post/x:1"] * ("buy" in text)


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_no_text_finds_nothing(searchable: Store, text: str) -> None:
    assert keys_found(searchable, text) == []
