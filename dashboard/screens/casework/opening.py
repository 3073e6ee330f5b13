"""Which case something goes into: a new one, or one that is open; asked in the same way from a queue and a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from sqlalchemy import RowMapping

from cases import caseload
from cases.casebook import Change
from cases.caseload import Subject, Track
from cases.intake import SUGGESTED, put_alert, put_finding, subjects_of
from cases.lifecycles import CaseState, Severity
from dashboard import desk, queue, state
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line
from graph.findings import Finding, Priority

OPEN = tuple(s for s in CaseState if s is not CaseState.CLOSED)
_MOST = 200
NEW = "a new case"


def which_case(chosen: Sequence[RowMapping]) -> dict[str, Any] | None:
    """Ask which case these alerts go into; None until it was said."""
    worst = min((Priority(r["priority"]) for r in chosen), key=lambda p: p.rank)
    return asked("-".join(str(r["id"]) for r in chosen[:3]), queue.title(chosen), SUGGESTED[worst], str(worst))


def asked(key: str, title: str, severity: Severity, priority: str) -> dict[str, Any] | None:
    """The form: a new case with its title, severity and track, or one of those that are open."""
    with desk.desk().look("cases", which="to add to") as look:
        known = {str(r["id"]): r for r in caseload.listed(look, states=OPEN, limit=_MOST)}
    names = {NEW: "A new case", **{k: f"{r['severity']} · {one_line(r['title'], 90)}" for k, r in known.items()}}
    target = st.selectbox("Which case", list(names), format_func=names.__getitem__, key=f"case-{key}")
    with st.form(f"case-form-{key}", border=True):
        told: dict[str, Any] = {"case": target, "title": names[target]}
        if target == NEW:
            told["title"] = st.text_input("Title", title, max_chars=200, key=f"title-{key}")
            left, right = st.columns(2)
            told["severity"] = left.selectbox(
                "Severity", list(Severity), list(Severity).index(severity), key=f"severity-{key}",
                help=f"By policy, S0 worst. The detector's priority ({priority}) only suggests it.",
            )  # fmt: skip
            told["track"] = right.selectbox(
                "Track", list(Track), key=f"track-{key}",
                help="A case of the market track exists only for those on its access list.",
            )  # fmt: skip
            told["restricted"] = st.checkbox("Only for those on its access list", key=f"restricted-{key}")
        sent = st.form_submit_button("Open the case" if target == NEW else "Add to it", type="primary")
    if sent and target == NEW and not told["title"].strip():
        st.error("A case needs a title.")
        return None
    return told if sent else None


def put(chosen: Sequence[RowMapping], told: dict[str, Any]) -> str | None:
    """Put alerts into a case with the accounts of their findings; gives its id, or None where it was refused."""
    found = [(str(r["id"]), _subjects(r)) for r in chosen]

    def step(change: Change) -> str:
        case_id = _case(change, told)
        for alert_id, about in found:
            put_alert(change, case_id, alert_id, about)
        return case_id

    return _did(step)


def add_finding(
    finding: Finding, told: dict[str, Any], then: Callable[[Change, str], object] | None = None
) -> str | None:
    """Put a finding into a case, with its alert where one waits; gives the case's id, or None where it was refused.

    Parameters
    ----------
    then : callable, optional
        What is done in the same step, with the case's id: a snapshot frozen.
    """

    def step(change: Change) -> str:
        case_id = _case(change, told)
        put_finding(change, case_id, finding)
        if then is not None:
            then(change, case_id)
        return case_id

    return _did(step)


def _case(change: Change, told: dict[str, Any]) -> str:
    if told["case"] != NEW:
        return str(told["case"])
    return caseload.open_case(
        change, told["title"], told["severity"], track=told["track"], restricted=told["restricted"]
    )


def _subjects(row: RowMapping) -> list[Subject]:
    """Members of the alert's finding; where the store has it no more, its accounts without evidence."""
    with state.opened() as opened:
        finding = opened.view.finding(row["finding"])
    if finding is not None:
        return subjects_of(finding)
    return [Subject(a) for a in row["told"].get("accounts", ())]


def _did(step: Callable[[Change], str]) -> str | None:
    found = acting.did(step)
    return None if found is None else str(found)
