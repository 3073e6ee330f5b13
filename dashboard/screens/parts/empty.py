"""What a screen says where there is nothing to show, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.times import shown
from dashboard.untrusted import one_line, visible
from graph.errors import LockstepError, Transient
from graph.findings import Run
from graph.store import View


def failed(error: LockstepError) -> None:
    """The store or a setting failed: what, where, what to do."""
    st.error("The data cannot be read.", icon=":material/error:")
    st.text(visible(error.message))
    if error.where:
        st.text(f"Where: {visible(error.where)}")
    if error.hint:
        st.text(f"What to do: {visible(error.hint)}")
    if isinstance(error, Transient):
        st.caption("The same may succeed in a moment.")
    st.button("Try again", icon=":material/refresh:", key="again")


def unknown(finding_id: str) -> None:
    """The address names a finding that the store does not have."""
    st.warning("The address names a finding that this store does not have.", icon=":material/search_off:")
    st.text(f"Finding: {one_line(finding_id, 80)}")
    st.caption("It may be of another store, or the id is incomplete and fits more than one finding.")


def nothing_flagged(view: View, store: str) -> None:
    """No finding at all: nothing is loaded, no detector has run, or nothing was flagged."""
    posts, acts = view.count("posts"), view.count("interactions")
    if not posts and not acts:
        st.info("No posts are loaded yet.", icon=":material/inbox:")
        st.text(f"Store: {one_line(store, 300)}")
        st.caption("Load your own, or let a made-up network be generated, loaded and searched:")
        st.code("lockstep ingest POSTS.jsonl\nlockstep demo", language=None)
        return
    runs = view.runs()
    if not runs:
        what = " and ".join(f"{n:,} {name}" for n, name in ((posts, "posts"), (acts, "interactions")) if n)
        st.info(f"{what} are loaded; no detector has run on them yet.", icon=":material/radar:")
        st.code("lockstep detect", language=None)
        return
    st.success(
        f"Nothing is flagged. Detectors have run {len(runs):,} time{'' if len(runs) == 1 else 's'}.",
        icon=":material/check_circle:",
    )
    st.caption("What the newest runs say:")
    rows = [
        {
            "Started": shown(r.started_at, st.context.timezone),
            "Detector": one_line(r.detector),
            "Outcome": one_line(r.error or r.summary),
        }
        for r in reversed(runs[-10:])
    ]
    st.dataframe(rows, hide_index=True, alt="Newest runs of detectors")


def failed_runs(runs: Sequence[Run]) -> None:
    """A detector whose newest run failed is named: what it would have flagged is missing here."""
    newest = {r.detector: r for r in runs}
    broken = [r for r in newest.values() if r.error]
    if broken:
        st.warning(
            f"Findings may be missing: the newest run failed for {len(broken)} of {len(newest)} detectors.",
            icon=":material/warning:",
        )
        for run in broken:
            at = shown(run.started_at, st.context.timezone)
            st.text(f"{one_line(run.detector)}, {at}: {one_line(run.error or '', 400)}")
