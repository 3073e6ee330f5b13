"""Plans that a Neo4j server makes of Lockstep's statements, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graph.model import NodeType
from graph.stores.neo4jdb.database import CYPHER, cypher
from graph.stores.neo4jdb.lists import UNDATEABLE
from graph.stores.neo4jdb.model import ACTS, LABELS, LISTS, ROWS

FRAGMENTS = {"post_links", "post_mentions", "post_tags"}
"""Files that go on from post_new or post_fill."""
_SCHEMA = {"constraints", "indexes"}
_COMMENT = re.compile(r"^//.*$", re.MULTILINE)

_NODES = [{"label": label} for kind, label in LABELS.items() if kind != NodeType.FINDING]
_TABLES = [{"label": label} for label in ROWS.values()]
_WAYS = {"out": {"here": "source", "there": "target"}, "in": {"here": "target", "there": "source"}}
_OUT, _IN = _WAYS["out"], _WAYS["in"]
_DATED = [{"type": x.type, "label": "Account", **_WAYS[x.way]} for x in LISTS if x.table]
_ACTS = [{"type": kind.value} for kind in sorted(ACTS)]
_UNDATED = [words for words in _DATED if words["type"] in UNDATEABLE]
_NAMES = [
    *({**words, "property": "folded"} for words in _NODES),
    *({"label": label, "property": "folded_id"} for label in ("Account", "Post")),
]
_PAST = [{"label": "Post", **_IN}, {"label": "Account", **_OUT}]


def _same(words: list[dict[str, str]], *names: str) -> dict[str, list[dict[str, str]]]:
    return dict.fromkeys(names, words)


WORDS: Mapping[str, list[dict[str, str]]] = {
    **_same(_NODES, "node_make", "nodes", "search_keys", "doctor_nodes"),
    **_same(_TABLES, "scan", "undo_rows", "unpublished"),
    **_same(_TABLES[:1] + _TABLES[2:], "row_current", "row_end", "row_find", "row_new", "row_read"),  # not of posts
    **_same(_DATED, "neighbours_newest", "neighbours_moment", "neighbours_range"),
    **_same(_UNDATED, "neighbours_undated", "neighbours_undated_at"),
    **_same(_PAST, "neighbours_past", "neighbours_past_seen"),
    "neighbours_seen": [{"type": x.type, **_WAYS[x.way]} for x in LISTS],
    "neighbours_acted": [_IN, _OUT],
    "neighbours_pairs": [{"type": kind} for kind in sorted({x.type for x in LISTS})],
    "undo_nodes": [{"label": "Stub" if words["label"] == "Post" else words["label"]} for words in _NODES],
    **_same(_NAMES, "search_folded", "search_names"),
    "act_new": [{**words, "source": "Account", "target": "Post"} for words in _ACTS],
    "undo_acts": [{**words, "source": "Account"} for words in _ACTS],
    **_same(_ACTS, "act_end_dated", "act_end_undated"),
    "post_names": [{"type": "MENTIONS", "label": "Ticker"}],
    "back_rests_on": [{"label": "Post"}],
}
"""By file, what its placeholders stand for; a statement with a placeholder that is not here does not compile."""

WHOLE = {
    "doctor_sizes": "nodes and relationships are counted by the server: one row each",
    "doctor_nodes": "nodes of a label are counted by the server",
    "findings": "all findings up to a commit are wanted",
    "back_states": "all findings that were written back are wanted",
    "meta": "one node carries the label",
}
"""Statements that name a whole label, or all nodes, and why."""

_BAD = re.compile(
    r"AllNodesScan|NodeByLabelScan|NodeByLabelsScan|RelationshipTypeScan|RelationshipTypesScan"
    r"|AllRelationshipsScan|NodeIndexScan|RelationshipIndexScan|CartesianProduct"
)
_ONE_ROW = {"NodeUniqueIndexSeek", "NodeByElementIdSeek", "NodeUniqueIndexSeek(Locking)"}


def statements() -> Iterator[tuple[str, str]]:
    """Every statement of the folder, by the name of its file, placeholders filled in."""
    for path in sorted(CYPHER.glob("*.cypher")):
        name = path.stem
        if name in FRAGMENTS:
            yield name, cypher("post_new") + _COMMENT.sub("", cypher(name))
            yield name, cypher("post_fill") + _COMMENT.sub("", cypher(name))
        elif name not in _SCHEMA:
            for words in WORDS.get(name, [{}]):
                yield name, cypher(name, **words)


def steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All operators of a plan."""
    yield plan
    for child in plan.get("children", ()):
        yield from steps(child)


def operator(step: Mapping[str, Any]) -> str:
    """An operator's name."""
    return str(step["operatorType"]).partition("@")[0]


def faults(plan: Mapping[str, Any]) -> list[str]:
    """Operators that read more than is asked for; two nodes found by their keys are no product to speak of."""
    return [
        operator(step)
        for step in steps(plan)
        if _BAD.search(operator(step))
        and not (operator(step) == "CartesianProduct" and all(map(_one_row, step["children"])))
    ]


def _one_row(plan: Mapping[str, Any]) -> bool:
    """Whether a part of a plan gives one row at most."""
    leaves = [operator(step) for step in steps(plan) if not step.get("children")]
    return len(leaves) == 1 and leaves[0] in _ONE_ROW
