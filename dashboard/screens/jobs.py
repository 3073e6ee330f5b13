"""Runs of detectors and their health, loads, and the rows that could not be loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from cases.roles import Permission
from dashboard import state, summary, work
from dashboard.navigation import Screen
from dashboard.screens.parts import going, paging, reading
from dashboard.state import Key, Opened
from dashboard.untrusted import one_line
from graph.findings import Run
from graph.model import Rejected
from graph.store import open_store

_REREAD = 30  # seconds: the quarantine changes without a commit


def render() -> None:
    """The screen."""
    st.title("Jobs")
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    runs, loads, quarantine = st.tabs(["Runs", "Loads", "Quarantine"])
    with runs:
        _health(opened)
        _runs(state.runs(opened.key, opened.view))
    checkpoints, rejected = _loads(opened.key)
    with loads:
        _checkpoints(checkpoints)
    with quarantine:
        _quarantine(rejected)


def _health(opened: Opened) -> None:
    st.subheader("Detectors")
    late = state.settings().span("detect.max_age")
    states = summary.health(state.detector_names(), state.runs(opened.key, opened.view), datetime.now(UTC), late)
    st.dataframe(
        [
            {"State": "stale" if h.stale else "in time", "Detector": one_line(h.detector), "Last": h.text}
            for h in states
        ],
        hide_index=True,
        alt="Detectors with their last success",
    )


def _runs(runs: list[Run]) -> None:
    st.subheader("Runs")
    if not runs:
        st.info("No detector has run yet.", icon=":material/radar:")
        st.code("lockstep detect", language=None)
        return
    st.caption("Newest first. Select one for its stages, counts and parameters.")
    newest = runs[::-1]
    part, _ = paging.part(newest, "runs-page", 20)
    table = st.dataframe(
        summary.run_rows(part[::-1], st.context.timezone), hide_index=True, on_select="rerun",
        selection_mode="single-row", key="runs-table",
        row_height=72, column_config={"Outcome": st.column_config.TextColumn(width=480)},
        alt="Runs of detectors, the newest first",
    )  # fmt: skip
    at = going.picked(table, len(part))
    if at is not None:
        _run(part[at])


def _run(run: Run) -> None:
    with st.container(border=True, key="run"):
        st.text(f"{one_line(run.detector)} {one_line(run.version)}: {run.seconds:.2f} s, {run.findings:,} findings")
        st.text(one_line(run.error or run.summary, 1_000))
        cells = st.columns(3)
        for cell, rows, alt in (
            (cells[0], work.stage_rows(run), "Seconds by stage"),
            (cells[1], work.count_rows(run), "What was counted"),
            (cells[2], work.about_rows(run, st.context.timezone), "Parameters and versions"),
        ):
            with cell:
                st.caption(alt)
                if rows:
                    st.dataframe(rows, hide_index=True, alt=alt)
                else:
                    st.text("Not kept for this run.")


@st.cache_data(max_entries=4, ttl=_REREAD, show_spinner="Reading loads and quarantine …")
def _loads(key: Key) -> tuple[dict[str, dict[str, Any]], list[Rejected]]:  # noqa: ARG001
    known = state.settings()
    with open_store(known.store_url, known.data_dir, create=False) as store:
        return store.checkpoints(), store.rejected()


def _checkpoints(found: dict[str, dict[str, Any]]) -> None:
    st.subheader("Loads")
    rows = work.load_rows(found)
    if not rows:
        st.info("No load has left a checkpoint: nothing was loaded from files, or by another program.")
        return
    st.caption("How far each load came; one that broke off goes on from there when it is repeated.")
    part, _ = paging.part(rows, "loads-page")
    st.dataframe(part, hide_index=True, alt="Loads and how far they came")


def _quarantine(rejected: list[Rejected]) -> None:
    st.subheader("Quarantine")
    if not rejected:
        st.success("Every row that was read was loaded.", icon=":material/check_circle:")
        return
    st.caption(f"{len(rejected):,} rows could not be loaded. Mend what is wrong, then try them again:")
    st.code("lockstep quarantine replay", language=None)
    reasons, _ = paging.part(work.reason_rows(rejected), "reasons-page", 20)
    st.dataframe(reasons, hide_index=True, alt="Rows by reason, the most frequent first")
    part, _ = paging.part(rejected, "quarantine-page")
    st.dataframe(
        work.rejected_rows(part), hide_index=True, row_height=48, alt="Rows of the quarantine, as they were read"
    )


SCREEN = Screen("Jobs", "jobs", 20, render, Permission.JOBS)
