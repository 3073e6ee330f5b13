"""From a picture or a finding into a case: a new one or one that is open, with what is seen frozen into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cases.casebook import Change
from cases.evidence import snapshots
from cases.intake import SUGGESTED
from cases.roles import Permission
from dashboard import desk, state, views
from dashboard.access.people import who
from dashboard.canvas.commands import Note, to_plain
from dashboard.screens.casework import opening
from dashboard.screens.parts import acting, empty, going
from dashboard.screens.parts.picture import Pictured
from graph.errors import LockstepError
from graph.findings import Finding
from graph.store import View


def of_picture(pictured: Pictured) -> None:
    """A button with the form behind it, where the picture shows a finding and whoever looks works on cases."""
    if not pictured.scene.findings or not who().may(Permission.WORK):
        return
    if st.button("Add to case", icon=":material/create_new_folder:", key="add-to-case"):
        steps = to_plain([c for c in pictured.history.current if not isinstance(c, Note)])
        places = {str(node): place for node, place in pictured.scene.places.items()}
        _asked(pictured.seq, tuple(reversed(pictured.scene.findings)), steps, places)


def of_finding(seq: int, finding_id: str) -> None:
    """The same on a finding's own page: what it rests on is frozen, without a picture's steps."""
    if who().may(Permission.WORK) and st.button("Add to case", icon=":material/create_new_folder:", key="add-to-case"):
        _asked(seq, (finding_id,), [], {})


@st.dialog("Add to a case", width="medium", icon=":material/create_new_folder:")
def _asked(seq: int, findings: Sequence[str], steps: Sequence[Any], places: Mapping[str, Sequence[float]]) -> None:
    """Which case; a run of its own, so the store is opened anew, at the commit that is seen."""
    try:
        desk.desk()
        with state.opened(seq) as opened:
            _form(opened.view, findings, steps, places)
    except LockstepError as error:
        if desk.missing(error):
            st.caption("There is no casebook yet: Triage says how one is made.")
        else:
            empty.failed(error)


def _form(view: View, names: Sequence[str], steps: Sequence[Any], places: Mapping[str, Sequence[float]]) -> None:
    known = {f.id: f for n in names if (f := view.finding(n)) is not None}
    words = {i: f"{views.kind_label(f.kind)} {i[:8]}" for i, f in known.items()}
    chosen = next(iter(known))
    if len(known) > 1:
        chosen = st.selectbox("Which finding", list(words), format_func=words.__getitem__, key="to-case-of")
    finding = known[chosen]
    what = "The picture is frozen into it as it stands, without its notes." if steps else "What it rests on is frozen."
    st.caption(what)
    told = opening.asked(
        f"finding-{finding.id[:12]}", _title(finding), SUGGESTED[finding.priority], str(finding.priority)
    )
    if told is None:
        return

    def freeze(change: Change, case_id: str) -> None:
        snapshots.freeze(change, case_id, view, finding.id, commands=steps, layout=places)

    case_id = opening.add_finding(finding, told, freeze)
    if case_id is not None:
        acting.tell("It is in the case, and frozen as it stands.")
        going.to_case(case_id, "evidence")


def _title(finding: Finding) -> str:
    about = f" about {views.ticker(finding.tickers[0])}" if finding.tickers else ""
    return f"{views.kind_label(finding.kind)}{about}: {len(finding.members):,} accounts"
