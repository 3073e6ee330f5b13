"""The SQL page run without a server, for those who may and those who may not; and what is taken out as a file."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

import dashboard
from cases.roles import TABLE, Permission, Role, permitted
from dashboard import exporting
from dashboard.access import people
from dashboard.querying import making, sandbox, saved, tables
from tests import flagged
from tests.stores import KEPT, Backend

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", "\n=1"]


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store of each kind that is kept, with findings and some of its tables made; what the page finds it by."""
    folder = tmp_path_factory.mktemp("sql-page")
    (folder / "data").mkdir()
    backend: Backend = request.param
    with backend.open(folder) as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [flagged.shilling(), flagged.sybil()])
        with store.view() as view:
            for name in ("findings", "members", "posts"):
                making.make(view, making.Source.of(store.url, view), tables.ALL[name])
    return backend.environment(folder)


@pytest.fixture
def folder(environment: dict[str, str]) -> Path:
    return Path(environment["LOCKSTEP_STORE_DATA_DIR"]).parent


@pytest.fixture(autouse=True)
def page(folder: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)
    st.cache_data.clear()
    st.cache_resource.clear()


def _page() -> None:
    from dashboard.screens import sql

    sql.render()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def asked(app: AppTest, query: str, button: str = "Run") -> AppTest:
    app.text_area[0].set_value(query)
    return pressed(app, button)


def pressed(app: AppTest, button: str) -> AppTest:
    next(b for b in app.button if b.label == button).click()
    return checked(app.run())


def result(app: AppTest) -> list[dict[str, object]]:
    found: list[dict[str, object]] = app.dataframe[-1].value.to_dict("records")
    return found


def test_a_query_is_run_and_its_rows_are_shown_by_pages() -> None:
    app = asked(opened(), "select range as n from range(250)")
    assert [row["n"] for row in result(app)] == list(range(100))
    assert any(t.value.startswith("250 rows") for t in app.text)
    assert [d.proto.label for d in app.get("download_button")] == ["CSV", "Parquet"]


def test_what_strangers_wrote_is_shown_and_does_nothing() -> None:
    app = asked(opened(), "select text as \"<b>**x**\u202e\" from posts where text like '%<%' or text like '%[%'")
    rows = result(app)
    assert rows
    assert list(rows[0]) == ["<b>**x**⟨U+202E⟩"]
    assert not any("\u202e" in str(v) or "\u200b" in str(v) for row in rows for v in row.values())
    assert not any("<b>" in m.value for m in app.markdown)


def test_an_error_and_a_refusal_are_said_with_their_place() -> None:
    app = asked(opened(), "select foo\nfrom findings")
    assert "A name or a type does not fit." in [t.value for t in app.text]
    assert app.code[0].value.startswith("Line 1: select foo")
    asked(app, "copy findings to '/tmp/x'")
    assert any("Only SELECT" in t.value for t in app.text)
    asked(app, "   ")
    assert any("Write a query first" in i.value for i in app.info)


def test_a_plan_is_shown() -> None:
    app = asked(opened(), "select count(*) from findings", "Explain")
    assert any("Scan" in c.value or "findings" in c.value for c in app.code)


def test_more_than_the_limit_is_said() -> None:
    app = asked(opened(), "select range from range(30000)")
    assert any("20,000 rows was reached" in w.value for w in app.warning)


def test_examples_and_own_queries_are_filled_in_and_not_run(folder: Path) -> None:
    app = opened()
    name = next(iter(saved.EXAMPLES))
    checked(app.selectbox(key="sql-chosen").set_value(name).run())
    assert app.text_area[0].value == saved.EXAMPLES[name]
    assert not app.get("download_button")
    app.text_area[0].set_value("select 7")
    app.text_input(key="sql-name").set_value("seven")
    pressed(app, "Keep")
    assert saved.kept(folder / "data", people.alone().name) == {"seven": "select 7"}
    assert opened(query="seven").text_area[0].value == "select 7"
    app.text_input(key="sql-name").set_value("../x")
    assert "A name begins" in pressed(app, "Keep").error[0].value
    app.text_input(key="sql-name").set_value("seven")
    pressed(app, "Remove")
    assert saved.kept(folder / "data", people.alone().name) == {}
    app.text_area[0].set_value("select 8")
    pressed(app, "Put it in the address")
    assert app.query_params["sql"] == "select 8"
    app.text_area[0].set_value("select " + "8" * 2_000)
    assert "has room for" in pressed(app, "Put it in the address").error[0].value


def test_a_link_fills_in_the_text_and_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("a link ran a query"))
    app = opened(sql="select 1 as one")
    assert app.text_area[0].value == "select 1 as one"
    assert any("neither comes with" in w.value for w in opened(query="nobody's").warning)


@pytest.mark.parametrize("role", Role)
def test_who_may_not_query_runs_nothing_and_who_may_not_export_takes_nothing_out(
    role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    ran: list[str] = []
    rows = sandbox.Outcome(pa.table({"a": [1]}))

    def run(_source: making.Source, query: str, _person: str) -> sandbox.Outcome:
        ran.append(query)
        return rows

    monkeypatch.setattr(sandbox, "run", run)
    person = people.Person(people.Standing.LOGGED_IN, "x|1", "x", frozenset({role}), permitted([role]))
    monkeypatch.setattr("dashboard.screens.sql.who", lambda: person)
    asked(app, "select 1")
    assert bool(ran) is (role in TABLE[Permission.QUERY])
    shown = bool(ran) and role in TABLE[Permission.EXPORT]
    assert bool(app.get("download_button")) is shown


def test_the_right_to_query_alone_takes_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    person = people.Person(people.Standing.LOGGED_IN, "x|1", "x", permissions=frozenset({Permission.QUERY}))
    app = opened()
    monkeypatch.setattr(sandbox, "run", lambda *_: sandbox.Outcome(pa.table({"a": [1]})))
    monkeypatch.setattr("dashboard.screens.sql.who", lambda: person)
    asked(app, "select 1")
    assert not app.get("download_button")
    assert any("may take rows out" in c.value for c in app.caption)


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    rows = exporting.to_csv([{cell: cell, "n": -1}]).decode()
    table = exporting.table_to_csv(pa.table({cell: [cell], "n": [-1], "l": [[cell]]})).decode()
    for text in (rows, table):
        assert text.count("'" + cell) >= 2
        assert ",-1" in text, "a number stays one"


def test_a_file_of_a_result_holds_its_rows() -> None:
    table = pa.table({"a": ["x", None], "n": [1.5, None]})
    assert exporting.table_to_csv(table) == b"a,n\r\nx,1.5\r\n,\r\n"
    assert pq.read_table(io.BytesIO(exporting.table_to_parquet(table))).equals(table)


def test_all_that_is_taken_out_is_made_by_the_one_module_that_keeps_cells_from_being_formulas() -> None:
    found = 0
    for file in Path(dashboard.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        imported = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
        assert "csv" not in imported, file
        for call in (n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("download_button")):
            found += 1
            data = call.args[1] if len(call.args) > 1 else next(k.value for k in call.keywords if k.arg == "data")
            by = _made_by(nodes, data)  # what leaves a case has its own way out and its own tests
            assert "exporting." in by or (file.name == "leaving.py" and "_export(" in by), f"{file}:{call.lineno}"
        for made in (n for n in nodes if isinstance(n, ast.Attribute) and n.attr in {"write_csv", "to_csv"}):
            below = "spreadsheets" if file.name == "exporting.py" else "exporting"
            assert ast.unparse(made.value) == below, f"{file}:{made.lineno}"
    assert found >= 3


def _made_by(nodes: list[ast.AST], data: ast.expr) -> str:
    """The expression, and those that the names in it were given."""
    names = {n.id for n in ast.walk(data) if isinstance(n, ast.Name)}
    given = [n.value for n in nodes if isinstance(n, ast.Assign) and {ast.unparse(t) for t in n.targets} & names]
    given += [n.iter for n in nodes if isinstance(n, ast.For) and {ast.unparse(t) for t in ast.walk(n.target)} & names]
    return " ".join(map(ast.unparse, [data, *given]))
