"""The tables that can be asked, each with what its columns mean and how it is read from a view.

Times are plain ``TIMESTAMP`` in UTC. Posts have their texts: they lie in a column of their own on disk, so that a query
that does not name it does not read it. Single trades are left out: there may be more of them than of all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa

from graph.findings import Finding, Run
from graph.market import market_tables
from graph.model import host_of
from graph.schema import MARKET_TABLES, TABLES, TEXT, TEXTS, TIME, Column
from graph.store import View

Batches = Iterator[pa.RecordBatch]
PART = 20_000
"""Rows of findings, members and evidence at a time."""


@dataclass(frozen=True)
class Shown:
    """One table: its columns, where rows come from, and what is made of them.

    ``select`` is SQL over ``source``, the rows as they were read; None takes them as they are.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    read: Callable[[View], Batches]
    select: str | None = None


def sql_type(type_: pa.DataType) -> str:
    """How SQL calls the type."""
    if pa.types.is_list(type_):
        return f"{sql_type(type_.value_type)}[]"
    named = {pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", TIME: "TIMESTAMP"}
    return named.get(type_, "VARCHAR")


def _scan(table: str, view: View, columns: list[str] | None = None) -> Batches:
    yield from view.scan(table, columns=columns)


_NAMES = {"at": "happened_at", "start": "starts_at", "end": "ends_at", "until": "ends_at", "interval": "span"}
"""Column names that SQL would take for words of its own, and what they are called here."""


def _renamed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(replace(c, name=_NAMES.get(c.name, c.name)) for c in columns)


def _of_store(name: str) -> Shown:
    return Shown(name, TABLES[name].about, _renamed(TABLES[name].columns), partial(_scan, name))


_ACCOUNTS = Shown(
    "accounts",
    "Accounts as they were last observed.",
    TABLES["accounts"].columns,
    partial(_scan, "accounts"),
    "SELECT * FROM source QUALIFY row_number() OVER (PARTITION BY account ORDER BY observed_at DESC NULLS LAST) = 1",
)

_USE = (
    Column("post", TEXT, "key of the post"),
    Column("account", TEXT, "who posted it"),
    Column("happened_at", TIME, "when"),
    Column("kind", TEXT, "post · repost · quote · reply"),
)


def _used(column: str, view: View) -> Batches:
    yield from _scan("posts", view, ["post", "account", "created_at", "kind", column])


def _uses(name: str, about: str, column: str, one: Column) -> Shown:
    select = f"SELECT post, account, created_at, kind, unnest({column}) FROM source WHERE len({column}) > 0"  # noqa: S608
    return Shown(name, about, (*_USE, one), partial(_used, column), select)


_COUNTS = (
    Column("posts", pa.int64(), "posts that have it, reposts among them"),
    Column("accounts", pa.int64(), "accounts that posted it"),
    Column("first_at", TIME, "first post"),
    Column("last_at", TIME, "newest post"),
)


def _counted(column: str) -> str:
    return (
        f"SELECT one, count(*), count(DISTINCT account), min(created_at), max(created_at) "  # noqa: S608
        f"FROM (SELECT unnest({column}) AS one, account, created_at FROM source) GROUP BY one"
    )


def _links(view: View) -> Batches:
    for batch in _used("links", view):
        hosts = [[host_of(link) or "" for link in links] for links in batch.column("links").to_pylist()]
        yield batch.append_column("hosts", pa.array(hosts, TEXTS))


_LINKS = (
    "SELECT one, any_value(host), count(*), count(DISTINCT account), min(created_at), max(created_at) "
    "FROM (SELECT unnest(links) AS one, unnest(hosts) AS host, account, created_at FROM source) GROUP BY one"
)

_FINDING = (
    Column("finding", TEXT, "id of the finding"),
    Column("kind", TEXT, "sybil_ring · shilling_cluster · coordinated_pump …"),
    Column("detector", TEXT, "who flagged it"),
    Column("status", TEXT, "live, or shadow: recorded, alerts nobody"),
    Column("priority", TEXT, "high · medium · low · note: how soon to look"),
    Column("score", pa.float64(), "0 to 1; what it means is in score_means"),
    Column("score_means", TEXT, "uncalibrated rank, or k of n similar confirmed"),
    Column("starts_at", TIME, "start of the window"),
    Column("ends_at", TIME, "end of the window"),
    Column("members", pa.int64(), "accounts in it, all roles"),
    Column("tickers", TEXTS, "tickers it is about"),
    Column("links", TEXTS, "links it is about"),
    Column("summary", TEXT, "the sentence"),
    Column("lineage", TEXT, "the ring's identity across runs"),
    Column("supersedes", TEXT, "the finding it took the place of"),
    Column("run", TEXT, "the run that made it"),
    Column("data_cut", pa.int64(), "commit up to which data was read"),
)
_MEMBER = (
    Column("finding", TEXT, "id of the finding"),
    Column("account", TEXT, "the account's key; being a member is no verdict on the account"),
    Column("role", TEXT, "core · amplifier · fringe · possibly compromised · target"),
    Column("score", pa.float64(), "0 to 1"),
    Column("own_evidence", pa.int64(), "pieces of evidence against this account itself"),
)
_EVIDENCE = (
    Column("finding", TEXT, "id of the finding"),
    Column("measure", TEXT, "what was measured"),
    Column("value", pa.float64(), "how much of it"),
    Column("expected", pa.float64(), "how much there would be by chance"),
    Column("p_value", pa.float64(), "chance of the pattern under the stated null, never of innocence"),
    Column("unit", TEXT, "of value and expected"),
    Column("nodes", pa.int64(), "posts, links … that it shows"),
    Column("rests_on_it", pa.bool_(), "without it the finding would not stand"),
)
_RUN = (
    Column("run", TEXT, "id of the run"),
    Column("detector", TEXT, "which detector"),
    Column("version", TEXT, "its version"),
    Column("started_at", TIME, "when it began"),
    Column("seconds", pa.float64(), "how long it took"),
    Column("findings", pa.int64(), "findings it made"),
    Column("data_cut", pa.int64(), "commit up to which data was read"),
    Column("outcome", TEXT, "one sentence, also when nothing was found"),
    Column("error", TEXT, "why it failed; null: it did not"),
)


def _finding(f: Finding) -> Iterator[tuple[Any, ...]]:
    yield (
        f.id, f.kind, f.detector, str(f.status), str(f.priority), f.score, f.score_means, f.window.start, f.window.end,
        len(f.members), list(f.tickers), list(f.links), f.summary, f.lineage_id, f.supersedes, f.run_id, f.data_cut,
    )  # fmt: skip


def _members(f: Finding) -> Iterator[tuple[Any, ...]]:
    return ((f.id, m.account, str(m.role), m.score, len(m.evidence)) for m in f.members)


def _evidence(f: Finding) -> Iterator[tuple[Any, ...]]:
    for e in f.evidence:
        yield f.id, e.measure, e.value, e.expected, e.p_value, e.unit, len(e.nodes), e.ref in f.rests_on


def _run(r: Run) -> Iterator[tuple[Any, ...]]:
    yield r.id, r.detector, r.version, r.started_at, r.seconds, r.findings, r.data_cut, r.summary, r.error


def _batches(columns: tuple[Column, ...], rows: Iterable[tuple[Any, ...]]) -> Batches:
    schema = pa.schema([(c.name, c.type) for c in columns])
    found = list(rows)
    for i in range(0, len(found), PART):
        values = zip(*found[i : i + PART], strict=True)
        yield pa.record_batch([pa.array(v, c.type) for v, c in zip(values, columns, strict=True)], schema=schema)


def _of_findings(
    columns: tuple[Column, ...], rows: Callable[[Finding], Iterator[tuple[Any, ...]]], view: View
) -> Batches:
    yield from _batches(columns, (row for f in view.findings() for row in rows(f)))


def _runs(view: View) -> Batches:
    yield from _batches(_RUN, (row for r in view.runs() for row in _run(r)))


def _candles(view: View) -> Batches:
    for market in market_tables(view.data_dir, "candles"):
        yield from market.to_batches()


_TICKER = Column("ticker", TEXT, "symbol, upper case")
_LINK = Column("link", TEXT, "canonical URL")
_ALL = (
    _ACCOUNTS,
    _of_store("posts"),
    _uses("mentions", "A post names a ticker: one row each.", "tickers", _TICKER),
    _uses("shares", "A post carries a link: one row each.", "links", _LINK),
    Shown("tickers", "Tickers that posts name.", (_TICKER, *_COUNTS), partial(_used, "tickers"), _counted("tickers")),
    Shown("links", "Links that posts carry.", (_LINK, Column("domain", TEXT, "host"), *_COUNTS), _links, _LINKS),
    Shown("findings", "Findings that no later one supersedes.", _FINDING, partial(_of_findings, _FINDING, _finding)),
    Shown("members", "Accounts of these findings.", _MEMBER, partial(_of_findings, _MEMBER, _members)),
    Shown("evidence", "Evidence of these findings.", _EVIDENCE, partial(_of_findings, _EVIDENCE, _evidence)),
    Shown("runs", "Runs of detectors.", _RUN, _runs),
    *(_of_store(n) for n in TABLES if n not in {"accounts", "posts"}),
    Shown("candles", MARKET_TABLES["candles"].about, _renamed(MARKET_TABLES["candles"].columns), _candles),
)
ALL: Mapping[str, Shown] = {t.name: t for t in _ALL}
"""Every table by name."""
