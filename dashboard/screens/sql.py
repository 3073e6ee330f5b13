"""SQL: questions of one's own to the projections, reading only; every limit is said.

A query is text that somebody may have sent as a link: opening the link fills it in, and only a press runs it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa
import streamlit as st

from cases.roles import Permission
from dashboard import exporting
from dashboard.access.people import who
from dashboard.navigation import Screen
from dashboard.querying import sandbox, saved
from dashboard.querying.making import Source
from dashboard.querying.tables import ALL, sql_type
from dashboard.screens.parts import paging, reading
from dashboard.state import Opened
from dashboard.untrusted import one_line, visible

_TEXT, _CHOSEN, _OUTCOME, _LINKED, _SAID = "sql-text", "sql-chosen", "sql-outcome", "sql-linked", "sql-said"
_LINK = 1_500  # characters of a query that a link carries
_CELL = 300  # characters of a cell that are shown
_WHOLE = 1 << 53  # beyond it a browser rounds whole numbers

_column = st.column_config.TextColumn


def render() -> None:
    """The screen; the address names a kept query as ``query``, or holds a text as ``sql``."""
    st.title("SQL")
    limits = sandbox.Limits()
    st.caption(
        f"Questions to the data as tables. Reading only: {limits.rows:,} rows, {limits.seconds} s and "
        f"{limits.memory >> 20} MB a query. Times are UTC. Whoever is in a table is not guilty of anything by that."
    )
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    source = Source.of(opened.key[0], opened.view)
    own = saved.kept(opened.view.data_dir, who().name)
    _linked(own)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _choice(own)
        _ask(opened, source)
        if said := st.session_state.pop(_SAID, ""):
            st.success(said, icon=":material/check_circle:")
    outcome = st.session_state.get(_OUTCOME)
    with right:
        _schema(source)
    if outcome is not None and outcome[0] == opened.key[0]:
        _shown(*outcome[1:], now=opened.view.seq)


def _linked(own: dict[str, str]) -> None:
    """Fill in what the address asks for, once."""
    asked = (st.query_params.get("query", ""), st.query_params.get("sql", ""))
    if st.session_state.get(_LINKED) == asked:
        return
    st.session_state[_LINKED] = asked
    name, text = asked
    known = {**saved.EXAMPLES, **own}
    if name in known:
        _fill(known[name])
    elif name:
        st.warning("The address names a query that neither comes with Lockstep nor is among yours.")
        st.text(one_line(name, 80))
    elif text:
        _fill(text[: sandbox.LONGEST])


def _fill(text: str) -> None:
    """Put a text into the field, by a field of another name: one that is there keeps what was typed."""
    st.session_state[_TEXT] = (st.session_state.get(_TEXT, (0, ""))[0] + 1, text)


def _choice(own: dict[str, str]) -> None:
    st.selectbox(
        "Begin from", [*own, *saved.EXAMPLES], index=None, placeholder="An example, or a query of yours", key=_CHOSEN,
        format_func=lambda n: f"Mine: {n}" if n in own else n, on_change=partial(_choose, own),
    )  # fmt: skip


def _choose(own: dict[str, str]) -> None:
    name = st.session_state.get(_CHOSEN)
    text = {**saved.EXAMPLES, **own}.get(name or "")
    if text is not None:
        _fill(text)


def _ask(opened: Opened, source: Source) -> None:
    turn, filled = st.session_state.get(_TEXT, (0, ""))
    with st.form("sql", border=False, enter_to_submit=True):
        text = st.text_area(
            "Query", filled, key=f"sql-text-{turn}", height=260, max_chars=sandbox.LONGEST,
            placeholder="SELECT kind, count(*) FROM findings GROUP BY kind", help="Ctrl+Enter runs it",
        )  # fmt: skip
        with st.container(horizontal=True):
            run = st.form_submit_button("Run", icon=":material/play_arrow:", type="primary")
            explain = st.form_submit_button("Explain", icon=":material/account_tree:", help="How it would be run")
        with st.expander("Keep or share it", icon=":material/bookmark:"):
            name = st.text_input("Name", key="sql-name", max_chars=60)
            with st.container(horizontal=True):
                keep = st.form_submit_button("Keep", icon=":material/save:")
                remove = st.form_submit_button("Remove", icon=":material/delete:", help="Removes the kept one")
                link = st.form_submit_button("Put it in the address", icon=":material/link:")
    if (run or explain or keep or link) and not text.strip():
        st.info("Write a query first, or choose one.", icon=":material/inbox:")
    elif run or explain:
        _run(source, text, explain=explain)
    elif keep or remove:
        _keep(opened.view.data_dir, name.strip(), text if keep else None)
    elif link:
        _share(text)


def _run(source: Source, text: str, *, explain: bool) -> None:
    person = who()
    if not person.may(Permission.QUERY):
        st.error("You may not run queries.")
        return
    with st.spinner("Running; a table that no query named since the last load is made first …", show_time=True):
        outcome = sandbox.run(source, f"EXPLAIN {text}" if explain else text, person.name)
    st.session_state[_OUTCOME] = (source.url, source.seq, outcome)
    st.session_state.pop("sql-page", None)


def _keep(data_dir: Path, name: str, text: str | None) -> None:
    person = who()
    if not person.may(Permission.QUERY):
        st.error("You may not keep queries.")
        return
    try:
        saved.keep(data_dir, person.name, name, text)
    except (ValueError, OSError) as error:
        st.error(visible(str(error), 200))
    else:
        st.session_state[_SAID] = "Removed." if text is None else "Kept: it stands first among those to begin from."
        st.rerun()


def _share(text: str) -> None:
    if len(text) > _LINK:
        st.error(f"The address has room for {_LINK:,} characters. Keep it, and let others keep it too.")
        return
    st.query_params.from_dict({"sql": text})
    st.session_state[_LINKED] = ("", text)
    st.text("The address holds the query now: copy it from the browser. Who opens it sees it, and runs it or not.")


def _schema(source: Source) -> None:
    made = source.rows()
    st.text("Tables")
    counts = {name: f"{n:,}" for name, n in made.items()}
    st.dataframe(
        [{"Table": t.name, "Rows": counts.get(t.name, "–"), "What": t.about} for t in ALL.values()],
        hide_index=True, height=280, row_height=66, alt="Tables that can be asked",
        column_config={"Table": _column(width=90), "Rows": _column(width=62), "What": _column(width=170)},
    )  # fmt: skip
    name = st.selectbox("Columns of", list(ALL), key="sql-table")
    table = ALL[name]
    st.dataframe(
        [{"Column": c.name, "Type": sql_type(c.type), "What": c.about} for c in table.columns],
        hide_index=True, height=280, row_height=66, alt=f"Columns of {table.name}",
        column_config={"Column": _column(width=100), "Type": _column(width=88), "What": _column(width=170)},
    )  # fmt: skip
    st.caption(f"As of commit {source.seq:,}. A table is made, and counted, when a query first names it.")


def _shown(seq: int, outcome: sandbox.Outcome, *, now: int) -> None:
    st.subheader("Result")
    if outcome.rows is None:
        st.error("The query has no result.", icon=":material/error:")
        st.text(visible(outcome.words, 1_000))  # names of the query stand in it, and it may be somebody else's link
        if outcome.detail:
            st.text(visible(outcome.detail, 1_000))
        if outcome.place:
            st.code(visible(outcome.place, 1_000), language=None)
        return
    rows = outcome.rows
    words = [f"{rows.num_rows:,} rows", f"{outcome.seconds:.2f} s", f"commit {seq:,}"]
    st.text(" · ".join(words))
    if outcome.cut:
        limits = sandbox.Limits()
        what = f"{limits.rows:,} rows" if outcome.cut == "rows" else f"{limits.bytes >> 20} MB"
        st.warning(f"These are not all: the limit of {what} was reached. Aggregate, or add a WHERE.")
    if seq != now:
        st.caption(f"Data came since (commit {now:,}): run it again to see it.")
    if rows.column_names == ["explain_key", "explain_value"]:
        st.code(visible("\n".join(map(str, rows["explain_value"].to_pylist())), 50_000), language=None)
        return
    _taken_out(rows)
    part, _ = paging.part(range(rows.num_rows), "sql-page", 100)
    st.dataframe(_cells(rows.slice(part[0], len(part)) if part else rows), hide_index=True, alt="Rows of the result")


def _taken_out(rows: pa.Table) -> None:
    if not who().may(Permission.EXPORT):
        st.caption("None of your roles may take rows out.")
        return
    with st.container(horizontal=True):
        for name, make, mime in (
            ("CSV", exporting.table_to_csv, "text/csv"),
            ("Parquet", exporting.table_to_parquet, "application/vnd.apache.parquet"),
        ):
            st.download_button(
                name, partial(make, rows), f"query.{name.lower()}", mime, icon=":material/download:", key=f"sql-{name}",
                on_click="ignore",
            )  # fmt: skip


def _cells(rows: pa.Table) -> dict[str, list[object]]:
    """Columns as they are shown: numbers as they are, all else as text that does nothing."""
    found: dict[str, list[object]] = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        values = column.to_pylist()
        numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        exact = numeric and all(v is None or abs(v) < _WHOLE or isinstance(v, float) for v in values)
        shown = one_line(name, 80) or " "
        while shown in found:  # two names may look the same
            shown += "′"
        found[shown] = values if exact else [None if v is None else _cell(v) for v in values]
    return found


def _cell(value: object) -> str:
    """A cell's text; of a long value only what is shown is looked at."""
    text = value if isinstance(value, str) else str(value)
    return one_line(text, _CELL)


SCREEN = Screen("SQL", "sql", 16, render, Permission.QUERY)
