"""What a query may be: one SELECT, or the explanation of one, that names our tables and functions of values alone.

DuckDB parses it, and its own tree is walked. The kind of statement is not enough: one that writes within WITH counts as
a SELECT, and so does SHOW. What the tree may hold is listed; whatever a later version adds is refused until it is.
The engine is locked besides (:mod:`dashboard.querying.child`), so that each of the two would do alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?\b(?!\s*\()", re.IGNORECASE)
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_SOURCES = frozenset({"BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "PIVOT"})
_FROM = frozenset({"unnest", "range", "generate_series"})
"""Functions that give rows."""
_WINDOWS = frozenset(
    {"row_number", "rank", "rank_dense", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"}
    | {"first_value", "last_value", "nth_value", "fill", "unnest", "count_star"}
)
_CLOSED = re.compile(
    r"(pg_|has_|read_|json_execute|json_serialize|json_deserialize|current_|txid_|col_description|obj_description|"
    r"shobj_|format_pg|inet_|in_search_path|getenv|getvariable|set_config|write_log|parse_duckdb|nextval|currval|"
    r"_|invoke|setval|finalize|combine|to_aggregate_state|vertex_extract|variant_(bytes|to_parquet)|"
    r"add_parquet|query$|query_table$|get_block_size|version$|user$|session_user|error$|sleep|struct_extract_at_unsafe)"
)
_OPEN = frozenset({"current_date", "current_timestamp", "current_localtime", "current_localtimestamp"})


class Refused(Exception):
    """The query is not run: why, and where in it if that is known."""

    def __init__(self, why: str, at: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.at = at


@dataclass(frozen=True)
class Read:
    """A query that may be run, and the tables it names."""

    sql: str
    tables: frozenset[str]


def read(engine: duckdb.DuckDBPyConnection, query: str, tables: Collection[str]) -> Read:
    """Take a query apart.

    Parameters
    ----------
    tables : collection of str
        Names that may be asked.

    Raises
    ------
    Refused
        It may not be run.
    duckdb.Error
        It is not SQL.
    """
    found = engine.extract_statements(query)
    if len(found) != 1:
        raise Refused("There is nothing to run." if not found else "One statement at a time, please.")
    kind = _kind_of(found[0])
    explain = _EXPLAIN.match(query) if kind == "EXPLAIN" else None
    if explain:
        inner = read(engine, query[explain.end() :], tables)
        if _EXPLAIN.match(inner.sql):
            raise Refused("Only a SELECT can be explained.")
        return Read(explain.group() + " " + inner.sql, inner.tables)
    if kind != "SELECT":
        raise Refused(f"Only SELECT, and EXPLAIN in front of it, can be run here; this is {kind}.")
    return Read(query, _named(_tree(engine, query), tables, _functions(engine)))


def _kind_of(statement: duckdb.Statement) -> str:
    try:
        return str(statement.type.name).replace("_", " ")
    except ValueError:  # a kind that Python has no name for
        return "of another kind"


def _tree(engine: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    rows = engine.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    tree: dict[str, Any] = json.loads(rows[0][0])
    if tree.get("error") or len(tree["statements"]) != 1:
        raise Refused("This kind of statement cannot be checked, and is not run.")
    return tree


def _functions(engine: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Functions of values, and aggregates, that reach nothing."""
    kinds = (
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro')"
    )
    known = {row[0] for row in engine.execute(kinds).fetchall()}
    return frozenset(n for n in known if n in _OPEN or not _CLOSED.match(n)) | _WINDOWS


def _each(node: Any) -> Iterator[dict[str, Any]]:
    rest = [node]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            yield one
            rest += one.values()
        elif isinstance(one, list):
            rest += one


def _named(tree: dict[str, Any], tables: Collection[str], functions: Collection[str]) -> frozenset[str]:
    """Tables that the query names; what names anything else is refused."""
    nodes = list(_each(tree))
    own = {str(e["key"]).lower() for n in nodes for e in n.get("cte_map", {}).get("map", ())}
    own |= {str(n["cte_name"]).lower() for n in nodes if "cte_name" in n}
    called = {id(n["function"]) for n in nodes if n.get("type") == "TABLE_FUNCTION"}
    found = set()
    for node in nodes:
        _kind(node)
        if "function_name" in node:
            _function(node, _FROM if id(node) in called else functions)
        if node.get("type") == "BASE_TABLE":
            name = _table(node).lower()
            if name not in own and name not in tables:
                raise Refused(f"There is no table {name!r}.", _at(node))
            found |= {name} & set(tables)
    return frozenset(found)


def _kind(node: dict[str, Any]) -> None:
    kind = str(node.get("type", ""))
    is_source = "sample" in node and "alias" in node
    if (kind.endswith("_NODE") and kind not in _NODES) or (is_source and kind not in _SOURCES):
        raise Refused("Only reading is possible here, and only from tables.", _at(node))
    if kind == "VALUE_PARAMETER":
        raise Refused("Write the value itself: there is nothing to put in for a parameter.", _at(node))
    if "query_node" in node and node["query_node"] is not None and node["query_node"].get("type") not in _NODES:
        raise Refused("Only reading is possible here.")


def _table(node: dict[str, Any]) -> str:
    if len(node["qualified_name"]["path"]) != 1 or node["catalog_name"] or node["schema_name"] or node["at_clause"]:
        raise Refused("A table is named by its name alone.", _at(node))
    return str(node["table_name"])


def _function(node: dict[str, Any], known: Collection[str]) -> None:
    name = str(node["function_name"]).lower()
    if node.get("schema") or node.get("catalog") or name not in known:
        raise Refused(f"The function {name!r} is not open to queries, or does not exist.", _at(node))


def _at(node: dict[str, Any]) -> int | None:
    at = node.get("query_location")
    return at if isinstance(at, int) and at < 1 << 40 else None
