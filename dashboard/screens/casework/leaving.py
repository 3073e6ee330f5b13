"""What leaves a case: exports, each with what a person must answer first, and the package; all of it on the record."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from cases.casefile import CaseFile
from cases.exports.base import Export, Exported, Question, exports, run
from cases.package.build import build
from cases.package.timestamp import authority
from cases.package.verify import seal
from cases.privacy.tlp import Tlp
from dashboard import desk, state
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from graph.errors import LockstepError

_MADE = "left"


def show(at: Desk, file: CaseFile) -> None:
    """Choose what is to leave, answer what it asks, and take it."""
    st.caption(
        f"This case is marked {file.case['tlp']}. What leaves is in the audit trail and the custody record before"
        " it is given out; whoever has a file can read it."
    )
    fitting = {n: e for n, e in exports().items() if e.track in {None, file.case["track"]}}
    names = {"package": "The whole case as a package (BagIt, zipped)", **{n: e.title for n, e in fitting.items()}}
    key = str(file.case["id"])
    chosen = st.selectbox("What leaves", list(names), format_func=names.__getitem__, key=f"leaves-{key}", index=None,
                          placeholder="Choose")  # fmt: skip
    if chosen is None:
        return
    with st.form(f"leave-{chosen}-{key}"):
        answers = {} if chosen == "package" else _answers(fitting[chosen])
        marks = list(Tlp)
        given = st.selectbox(
            "Who receives it is cleared for", marks, marks.index(_usual(fitting.get(chosen))), key=f"tlp-{chosen}",
            help="Traffic Light Protocol 2.0. A case marked stricter than this does not leave.",
        )  # fmt: skip
        whom = st.text_input("Who receives it", max_chars=200, key=f"whom-{chosen}") if chosen == "package" else ""
        sent = st.form_submit_button("Make it", type="primary", icon=":material/ios_share:")
    if sent:
        st.session_state.pop(_MADE, None)
        made = _package(at, key, whom, given) if chosen == "package" else _export(at, key, chosen, answers, given)
        if made is not None:
            st.session_state[_MADE] = ((key, chosen), made)
    _download((key, chosen))


def _usual(export: Export | None) -> Tlp:
    return Tlp.AMBER_STRICT if export is None else export.audience


def _answers(export: Export) -> dict[str, str]:
    return {q.name: _answer(export, q) for q in export.asks}


def _answer(export: Export, q: Question) -> str:
    words = q.text + ("" if q.required else " (may stay empty)")
    key = f"ask-{export.name}-{q.name}"
    if q.choices and q.several:
        return ",".join(st.multiselect(words, list(q.choices), key=key))
    if q.choices:
        options = list(q.choices) if q.required else ["", *q.choices]
        return str(st.selectbox(words, options, index=None if q.required else 0, placeholder="Choose", key=key) or "")
    return st.text_area(words, max_chars=5_000, key=key, height=80)


def _export(at: Desk, case_id: str, name: str, answers: dict[str, str], given: Tlp) -> Exported | None:
    try:
        return run(at.book, at.actor, case_id, name, answers, recipient_tlp=given)
    except LockstepError as error:
        acting.refused(error)
        return None


def _package(at: Desk, case_id: str, whom: str, given: Tlp) -> Exported | None:
    try:
        stamp = authority(state.settings())
        with tempfile.TemporaryDirectory() as folder:
            whole = partial(build, at.book, at.actor, case_id, folder, zipped=True, stamp=stamp)
            path = whole(recipient=whom, recipient_tlp=given)
            return Exported("package", Path(path).name, Path(path).read_bytes(), seal(path))
    except LockstepError as error:
        acting.refused(error)
        return None


def _download(wanted: tuple[str, str]) -> None:
    kept = st.session_state.get(_MADE)
    if not kept or kept[0] != wanted:
        return
    made: Exported = kept[1]
    desk.desk()  # a login that has ended gives nothing out
    with st.container(border=True, key="leaving"):
        st.text(f"{made.file_name}, {len(made.content):,} bytes")
        st.caption("SHA-256, as the audit trail has it:")
        st.code(made.sha256, language=None)
        st.download_button(
            "Download", made.content, made.file_name, "application/octet-stream", key="take-file", type="primary",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
