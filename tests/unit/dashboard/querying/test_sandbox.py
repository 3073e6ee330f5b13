"""What a query can do, and a long table of what it cannot."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dashboard.querying import child, making, sandbox, saved, tables
from dashboard.querying.guard import Refused, read
from graph.store import open_store
from tests import flagged

ATTACKS = """
from read_csv('/etc/passwd')
select * from read_csv_auto('/etc/passwd')
select * from read_parquet('x')
select * from parquet_metadata('x')
select * from read_text('/etc/passwd')
select * from read_blob('/etc/passwd')
select * from read_json('/etc/passwd')
select * from read_text(['/etc/passwd', '/etc/hosts'])
select * from read_text('https://example.org/')
select * from read_csv('s3://bucket/key')
select * from sniff_csv('/etc/passwd')
select * from glob('/etc/*')
from '/etc/passwd'
from 'posts.parquet'
from "posts.csv"
select * from '/etc/passwd' join findings on true
from 'https://example.org/a.parquet'
select * from file
copy findings to '/tmp/out.csv'
copy (select 1) to '/dev/stdout'
copy findings from '/etc/passwd'
copy findings to program 'id'
export database '/tmp/out'
import database '/tmp/out'
attach '/tmp/a.db'
attach ':memory:' as other
attach 'x' (type sqlite)
detach memory
use memory
install httpfs
load httpfs
install 'https://example.org/x.duckdb_extension'
force install spatial from community
update extensions
pragma database_list
pragma enable_profiling
pragma version
set memory_limit = '100GB'
set global threads = 64
set enable_external_access = true
set lock_configuration = false
set python_scan_all_frames = true
set allow_unsigned_extensions = true
set autoinstall_known_extensions = true
set variable x = 1
reset memory_limit
reset enable_external_access
call pragma_version()
call duckdb_settings()
call enable_logging()
create table t (a int)
create temp table t as select 1
create or replace view findings as select 1
create macro f(a) as a
create secret s (type s3, key_id 'a', secret 'b')
create type t as enum ('a')
create schema s
insert into findings values (1)
update findings set score = 0
delete from findings
truncate findings
drop table findings
drop view findings
alter table findings add column a int
merge into findings using members on true when matched then delete
vacuum
checkpoint
force checkpoint
analyze
begin transaction
commit
prepare p as select 1
execute p
deallocate p
comment on table findings is 'x'
explain insert into findings values (1)
explain analyze insert into findings values (1)
explain analyze copy findings to '/tmp/out.csv'
explain analyze explain select 1
explain (format json) select 1
select 1; select 2
select 1; drop table findings
select 1 /* ; */; copy (select 1) to '/tmp/x'
/* select */ drop table findings
-- select 1
with x as (insert into findings values (1)) select 1
with x as (delete from findings returning *) from x
with x as materialized (update findings set score = 0 returning *) from x
select getenv('HOME')
select getvariable('x')
select current_setting('memory_limit')
select current_database()
select write_log('x')
select nextval('s')
select pg_get_viewdef(1)
select invoke(lambda x: x, 1)
select __internal_decompress_string(1::uhugeint)
select finalize('x')
select combine('x', 'y')
select setval('s', 1)
select list_aggregate(['HOME'], current_setting('threads'))
select txid_current()
from duckdb_settings()
from duckdb_settings
from duckdb_secrets()
from duckdb_databases()
from duckdb_databases
from duckdb_extensions()
from duckdb_functions()
from duckdb_temporary_files()
from duckdb_logs()
from pragma_database_list
from pg_catalog.pg_class
from pg_class
from sqlite_master
from information_schema.tables
from main.findings
from memory.main.findings
from "file findings".findings
show tables
show databases
show all tables
describe findings
summarize findings
from (show tables)
from (describe findings)
select * from query('select 1')
select * from query_table('findings')
select * from query_table(['findings', 'members'])
select * from query('select * from read_text(''/etc/passwd'')')
select * from json_execute_serialized_sql(json_serialize_sql('select 1'))
select json_serialize_sql('select 1')
pragma json_execute_serialized_sql('x')
from arrow_scan(1, 2, 3)
from arrow_scan_dumb(1::ubigint::pointer, 2, 3)
from pandas_scan(1)
from python_map_function((select 1))
from seq_scan('findings')
from checkpoint()
from force_checkpoint('memory')
from enable_logging()
from repeat_row(1, num_rows = 3)
from which_secret('a', 'b')
from test_all_types()
from batch
from frame
from request
from engine
from query
select * from sqlite_scan('a', 'b')
select * from postgres_scan('a', 'b', 'c')
select * from findings at (version => 1)
select main.lower('A')
select system.main.getenv('A')
select (select content from read_text('/etc/passwd'))
select 1 where exists (from read_text('/etc/passwd'))
select * from findings, lateral (select * from read_text(summary))
select 1 order by (select max(content) from read_text('/etc/passwd'))
with t as (from glob('/*')) from t
with recursive t as (select 1 union all from glob('/*')) from t
select 1 union all from glob('/*')
values ((select getenv('HOME')))
select list_transform([1], lambda x: getenv('HOME'))
select $1
select ?
pivot findings on kind using count(*)
""".strip().splitlines()

HEAVY = {
    "select max(a) from (with recursive t(a) as (select 1 union all select a + 1 from t) select a from t)": "longer",
    "select count(*) from range(100000000) a, range(100000000) b where a.range + b.range = -1": "",
    "select repeat('x', 2000000000)": "memory",
    "select length(string_agg(repeat('x', 1000000), '')) from range(100000)": "",
    "select list(range) from range(1000000000)": "",
    "select regexp_matches(repeat('a', 100000), '((a{0,100}){0,100}){0,100}$')": "",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> making.Source:
    """A store with findings, its tables made."""
    folder = tmp_path_factory.mktemp("sql")
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder / "data") as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [flagged.shilling(), flagged.sybil()])
        with store.view() as view:
            found = making.Source.of(store.url, view)
            for table in tables.ALL.values():
                making.make(view, found, table)
    return found


@pytest.fixture(scope="module")
def engine(source: making.Source) -> Iterator[duckdb.DuckDBPyConnection]:
    """The engine as the process that runs queries has it, in this process."""
    with child.engine_of({t: str(source.file(t)) for t in tables.ALL}, 256 << 20) as found:
        yield found


def asked(source: making.Source, query: str, **changes: Any) -> tuple[dict[str, Any], pa.Table | None]:
    """What the process says, without a process."""
    files = {t: str(source.file(t)) for t in tables.ALL}
    request = {"files": files, "query": query, "rows": 100, "seconds": 5, "memory": 256 << 20, "bytes": 1 << 20}
    out = io.BytesIO()
    child.answer({**request, **changes}, out)
    line, _, rest = out.getvalue().partition(b"\n")
    return json.loads(line), pa.ipc.open_stream(rest).read_all() if rest else None


@pytest.mark.parametrize("query", ATTACKS)
def test_nothing_but_reading_the_tables_gets_through(engine: duckdb.DuckDBPyConnection, query: str) -> None:
    with pytest.raises((Refused, duckdb.Error)):
        read(engine, query, list(tables.ALL))


ENGINE = [
    "from read_csv('/etc/passwd')", "from read_text('/etc/passwd')", "from glob('/etc/*')", "from '/etc/passwd'",
    "select getenv('HOME')", "copy findings to '/tmp/lockstep-out.csv'", "attach '/tmp/lockstep-a.db'", "load httpfs",
    "install httpfs", "set memory_limit = '9GB'", "set enable_external_access = true", "set lock_configuration = false",
    "reset threads", "pragma enable_profiling", "set python_scan_all_frames = true", "from batch", "from no_such",
    "create persistent secret s (type s3)", "export database '/tmp/lockstep-out'", "call enable_logging()",
    'insert into "file findings".findings select * from findings', 'drop table "file findings".findings',
]  # fmt: skip


@pytest.mark.parametrize("query", ENGINE)
def test_the_engine_alone_would_refuse_it_as_well(engine: duckdb.DuckDBPyConnection, query: str) -> None:
    batch = pa.table({"a": [1]})  # what a replacement scan would find
    assert batch.num_rows == 1
    with pytest.raises(duckdb.Error):
        engine.execute(query).fetchall()


GOOD = """
select 1
from findings
table findings
select count(*), avg(score), list(kind), string_agg(kind, ', ' order by kind) from findings
select kind, row_number() over (partition by kind order by score desc), lag(score) over () from findings
select f.finding, m.role from findings f join members m using (finding) left join accounts a using (account)
with x as (from findings), y as materialized (from members) select * from x join y using (finding)
with recursive t(a) as (select 1 union all select a + 1 from t where a < 5) select * from t
select unnest(tickers) from findings
select * from range(3) r(i), generate_series(1, 2) s(j), unnest([1, 2]) u(k)
select date_trunc('hour', happened_at) as hour, count(*) from mentions group by all order by hour
select lower(text), regexp_replace(text, 'a', 'b'), length(text) from posts where text like '%moon%' or text ilike 'x'
select case when score > 0.5 then 'a' else 'b' end, coalesce(null, score), try_cast('x' as int) from findings
select list_transform([1, 2], lambda x: x + 1), list_contains(tickers, 'XYZ'), {'a': 1}, [1, 2][1] from findings
select current_date, now() > timestamp '2020-01-01', interval 1 day, age(timestamp '2020-01-01')
unpivot tickers on posts, accounts
(select 1) union all (select 2) except select 3
values (1, 'a'), (2, 'b')
select count(*) filter (kind = 'post'), max(text) from posts using sample 50%
select * exclude (text) replace (lower(kind) as kind) from posts order by all limit 3
explain select * from findings
EXPLAIN ANALYZE select count(*) from findings
select 1 as "a;b" -- comment; with semicolons
select 1; -- and
/* first */ select 'x;y' || $$z;$$;
""".strip().splitlines()


@pytest.mark.parametrize("query", [*GOOD, *saved.EXAMPLES.values()])
def test_what_analysts_write_runs(source: making.Source, query: str) -> None:
    said, rows = asked(source, query)
    assert said["kind"] == "rows", said
    assert rows is not None


@pytest.mark.parametrize(("query", "says"), HEAVY.items())
def test_what_would_never_end_is_ended(source: making.Source, query: str, says: str) -> None:
    """In its process, under the system's limits: the dashboard's own stays as it is."""
    outcome = sandbox.run(source, query, "me", sandbox.Limits(seconds=1, memory=64 << 20, bytes=1 << 20))
    assert outcome.rows is None or outcome.rows.num_rows <= 1
    assert says in outcome.words


def test_a_query_runs_in_a_process_that_has_no_secrets(source: making.Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_SECRET", "hidden")
    outcome = sandbox.run(source, "select kind, score from findings order by kind", "me")
    assert outcome.rows is not None
    assert outcome.rows.to_pylist()[0] == {"kind": "shilling_cluster", "score": 0.93}


def test_tables_are_made_when_first_asked_for_and_once(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [flagged.shilling()])
        with store.view() as view:
            source = making.Source.of(store.url, view)
    for old in ("1", "0"):
        (Path(source.folder).parent / old).mkdir(parents=True, exist_ok=True)
    assert source.rows() == {}
    first = sandbox.run(source, "select count(*) as n from members", "me")
    assert first.rows is not None
    assert first.rows.to_pylist() == [{"n": 8}]
    assert source.rows() == {"members": 8}
    made = source.file("members").stat().st_mtime_ns
    making.ensure(source, ["members"])
    assert source.file("members").stat().st_mtime_ns == made
    assert not (Path(source.folder).parent / "0").exists()


def test_rows_and_bytes_are_bounded_and_it_is_said(source: making.Source) -> None:
    said, rows = asked(source, "from range(1000)")
    assert rows is not None
    assert (said["cut"], rows.num_rows) == ("rows", 100)
    said, rows = asked(source, "select repeat('x', 100000) from range(90)")
    assert rows is not None
    assert (said["cut"], rows.num_rows) == ("bytes", 0)
    said, rows = asked(source, "from range(100)")
    assert said["cut"] == ""


def test_every_type_comes_as_one_that_can_be_shown(source: making.Source) -> None:
    query = "select 1 as a, 2 as a, {'b': 1} as s, 1.5::decimal(4, 2) as d, [1] as l, null as n, '\\x41'::blob as b"
    _, rows = asked(source, query)
    assert rows is not None
    assert rows.column_names == ["a", "a (2)", "s", "d", "l", "n", "b"]
    assert rows.to_pylist()[0] | {"n": None, "b": ""} == {
        "a": 1, "a (2)": 2, "s": "{'b': 1}", "d": "1.50", "l": [1], "n": None, "b": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words", "place"),
    [
        ("selec 1", "This cannot be read as SQL.", "Line 1: selec 1\n        ^^^^^"),
        ("select 1,\n  foo from posts", "A name or a type does not fit.", "Line 2:   foo from posts\n          ^^^"),
        ("select *\nfrom post", "There is no table 'post'.", "Line 2: from post\n             ^"),
        ("select 'é', getenv('a')", "The function 'getenv' is not open to queries, or does not exist.",
         "Line 1: select 'é', getenv('a')\n                    ^"),
        ("select 'x'::int", "A value cannot be turned into the type that is asked for.", None),
        ("", "There is nothing to run.", ""),
    ],
)  # fmt: skip
def test_an_error_is_said_in_plain_words_with_its_place(
    source: making.Source, query: str, words: str, place: str | None
) -> None:
    said, _ = asked(source, query)
    assert (said["kind"], said["words"]) == ("failed", words)
    assert place is None or said["place"] == place


def test_a_query_longer_than_may_be_is_not_begun(source: making.Source) -> None:
    assert "longer" in sandbox.run(source, "(" * 30_000, "me").words


def test_one_query_a_person_and_so_many_in_all() -> None:
    slots = sandbox.Slots(most=1, patience=0)
    with slots.taken("a") as first, slots.taken("a") as again, slots.taken("b") as other:
        assert first == ""
        assert "of yours" in again
        assert "Other people" in other
    with slots.taken("b") as later:
        assert later == ""


def test_a_place_is_waited_for() -> None:
    slots, held, found = sandbox.Slots(most=1, patience=30), threading.Event(), []

    def second() -> None:
        held.set()
        with slots.taken("b") as said:
            found.append(said)

    with slots.taken("a"):
        thread = threading.Thread(target=second)
        thread.start()
        held.wait()
    thread.join()
    assert found == [""]


def test_every_table_says_what_it_and_its_columns_are(engine: duckdb.DuckDBPyConnection) -> None:
    for table in tables.ALL.values():
        assert table.about
        assert all(c.about for c in table.columns)
        described = engine.execute(f"SELECT * FROM {table.name} LIMIT 0").description
        assert [d[0] for d in described or ()] == [c.name for c in table.columns]
        assert [str(d[1]) for d in described or ()] == [tables.sql_type(c.type) for c in table.columns]


def test_own_queries_are_kept_by_person(tmp_path: Path) -> None:
    saved.keep(tmp_path, "anna", "mine", "select 1")
    saved.keep(tmp_path, "ben", "mine", "select 2")
    assert saved.kept(tmp_path, "anna") == {"mine": "select 1"}
    saved.keep(tmp_path, "anna", "mine", None)
    assert saved.kept(tmp_path, "anna") == {}
    assert saved.kept(tmp_path, "ben") == {"mine": "select 2"}


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "-x", ".hidden", "x" * 61, "a\nb", "<b>", next(iter(saved.EXAMPLES))]
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="A name begins"):
        saved.keep(tmp_path, "anna", name, "select 1")


def test_too_much_is_not_kept_and_a_broken_file_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    saved.keep(tmp_path, "anna", "one", "select 1")
    with pytest.raises(ValueError, match="remove one first"):
        saved.keep(tmp_path, "anna", "two", "select 1")
    with pytest.raises(ValueError, match="at most"):
        saved.keep(tmp_path, "anna", "one", "x" * (sandbox.LONGEST + 1))
    next((tmp_path / "queries").glob("*.json")).write_text("[1]")
    assert saved.kept(tmp_path, "anna") == {}
    next((tmp_path / "queries").glob("*.json")).write_text("{")
    assert saved.kept(tmp_path, "anna") == {}
