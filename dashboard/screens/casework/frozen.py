"""The evidence of a case: what was frozen into it, opened read-only, and who held it."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from cases.casefile import CaseFile
from cases.evidence import snapshots
from cases.mine import called
from cases.privacy import pseudonyms
from cases.roles import Permission
from dashboard import frozen, state, times
from dashboard.canvas import component
from dashboard.desk import Desk
from dashboard.screens.parts import acting, paging
from dashboard.untrusted import one_line, visible
from graph.errors import LockstepError


def show(at: Desk, file: CaseFile) -> None:
    """Draw the frozen pictures, the one that is opened, and the custody record."""
    if at.actor.may(Permission.WORK) and at.actor.may(Permission.SEE):
        _freeze(file)
    names = {
        str(s["id"]): f"{s['id'][:12]} · {times.second(s['at'], st.context.timezone)} · {called(s['taken_by'])}"
        for s in reversed(file.snapshots)
    }
    if not names:
        st.info(
            "Nothing is frozen into this case yet. Freeze its findings, or add a picture.", icon=":material/ac_unit:"
        )
        return
    chosen = st.selectbox(
        "Frozen picture", list(names), format_func=lambda i: one_line(names[i], 200), key=f"frozen-{file.case['id']}"
    )
    _open(at, chosen)
    with st.expander(f"Custody: {len(file.custody):,} entries", icon=":material/fact_check:"):
        rows = [
            {
                "When": times.second(c["at"], st.context.timezone),
                "Who": one_line(called(c["who"]), 60),
                "What": c["event"],
                "Item": c["item"][:12],
                "Where": one_line(c["place"], 200),
                "Why": one_line(c["why"], 300),
            }
            for c in file.custody
        ]
        st.dataframe(rows, hide_index=True, height="content" if len(rows) < 12 else 420, alt="Who held what")


def _freeze(file: CaseFile) -> None:
    findings = list(dict.fromkeys(str(a["finding"]) for a in file.alerts if a["finding"]))
    if not findings:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Freeze its findings as they are now", key="freeze", icon=":material/ac_unit:")
        st.caption("Nodes, edges, posts as captured, parameters and versions, under one SHA-256.")
    if not pressed:
        return
    with state.opened() as opened:
        done = [
            found
            for finding in findings
            if (found := acting.did(partial(_frozen, opened.view), str(file.case["id"]), finding)) is not None
        ]
    if done:
        acting.over(f"Frozen: {len(done):,} of {len(findings):,}.", [str(d) for d in done])


def _frozen(view: Any, change: Any, case_id: str, finding: str) -> str:
    return snapshots.freeze(change, case_id, view, finding)


def _open(at: Desk, sha: str) -> None:
    """The picture from its frozen content; that it was looked at goes into the custody record once a session."""
    content = _content(at, sha)
    if content is None:
        return
    st.text("\n".join(frozen.facts(content)))
    st.text(visible(str(content["finding"]["summary"])))
    nodes, lines, left_out = frozen.drawn(content)
    component.show_map(
        nodes,
        lines,
        key=f"frozen-picture-{sha[:12]}",
        alt=f"Frozen picture of {len(nodes)} nodes",
        words="As it was frozen: nothing in it can be changed, moved or expanded.",
        dark=st.context.theme.type == "dark",
        heard=lambda: None,
    )
    if left_out:
        st.caption(left_out)
    st.dataframe(frozen.evidence_rows(content), hide_index=True, height="content", alt="What was measured")
    part, first = paging.part(content["posts"], f"frozen-posts-{sha[:12]}")
    if part:
        st.dataframe(
            frozen.post_rows({**content, "posts": part}),
            hide_index=True,
            key=f"frozen-table-{sha[:12]}-{first}",
            height="content" if len(part) < 10 else 420,
            alt="Posts as they were captured",
        )
    st.caption("SHA-256 of the canonical JSON:")
    st.code(sha, language=None)


def _content(at: Desk, sha: str) -> dict[str, Any] | None:
    looked = st.session_state.setdefault("frozen-looked", set())
    try:
        if sha in looked:
            with at.look("snapshot", sha) as look:
                content = snapshots.read(look, sha)
        else:
            content = at.do(snapshots.view_of, sha, "opened on the case's page")
            looked.add(sha)
        return pseudonyms.of_snapshot(content, at.actor)
    except LockstepError as error:
        acting.refused(error)
        return None
