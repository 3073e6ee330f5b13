"""An emergency of a case: who leads, what is to be done until when, its log, its end and its review."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st
from sqlalchemy import RowMapping

from cases.casefile import CaseFile
from cases.escalation import playbook
from cases.escalation.playbook import Standing
from cases.escalation.reaching import closed
from cases.lifecycles import EMERGENCY, EmergencyState, Severity
from cases.mine import called
from cases.people import Actor
from cases.privacy.pseudonyms import outside
from cases.roles import Permission, Role
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.casework import containing
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible

_ENDS = {"resolve": ("It is over", playbook.resolve), "stand_down": ("Stand down", playbook.stand_down)}


def here(actor: Actor, file: CaseFile) -> bool:
    """Whether the case has this part for whoever looks: at severity S0, or where there was one; never outside."""
    had = file.emergencies or file.containments
    return not outside(actor) and (file.case["severity"] == Severity.S0 or bool(had))


def running(file: CaseFile) -> int:
    """How many emergencies of the case are not over."""
    return sum(e["state"] in playbook.OPEN for e in file.emergencies)


def show(at: Desk, file: CaseFile) -> None:
    """Draw the emergencies, the form to declare one, and measures."""
    with at.look("emergency", str(file.case["id"])) as look:
        found = playbook.standing(look, str(file.case["id"]))
    for standing in reversed(found):
        _one(at, file, standing)
    if not found:
        st.caption("No emergency was declared.")
    if file.case["severity"] == Severity.S0 and not running(file) and at.actor.may(Permission.CONTAIN):
        with st.expander("Declare an emergency", icon=":material/emergency:", expanded=not found):
            _declare(at, file)
    containing.show(at, file)


def _declare(at: Desk, file: CaseFile) -> None:
    books, key = at.book.office.playbooks, str(file.case["id"])
    st.caption("Its checklist becomes tasks of the case, and those whom the configuration names are told.")
    with st.form(f"declare-{key}", border=False):
        name = st.selectbox(
            "Playbook", list(books), index=None, format_func=lambda n: one_line(books[n].title, 80),
            placeholder="Choose", key=f"playbook-{key}",
        )  # fmt: skip
        why = st.text_input("What is happening", max_chars=1_000, key=f"declare-why-{key}")
        leads = st.text_input("Who leads (the name that the trail keeps); empty: you", max_chars=200, key=f"lead-{key}")
        sent = st.form_submit_button("Declare it", type="primary")
    if sent and acting.did(playbook.declare, key, name or "", why, commander=leads.strip()):
        acting.over("The emergency is declared.")


def _one(at: Desk, file: CaseFile, standing: Standing) -> None:
    row, books = standing.row, at.book.office.playbooks
    title = books[row["playbook"]].title if row["playbook"] in books else row["playbook"]
    with st.container(border=True, key=f"emergency-{row['id']}"):
        st.text(f"{one_line(title, 80)} · {row['state'].replace('_', ' ')}")
        lasts = "has run" if row["state"] in playbook.OPEN else "ran"
        st.text(
            f"Led by {one_line(called(row['commander']), 60)} · declared by"
            f" {one_line(called(row['declared_by']), 60)} · {lasts} {times.duration(standing.runs)}"
        )
        st.text(f"What is happening: {visible(row['reason'])}")
        if standing.left is not None:
            _left(row, standing.left)
        _contacts(file, standing)
        _checklist(standing)
        _log(at, standing)
        for name, text in row["review"].items():
            st.text(f"{one_line(standing.review.get(name, name), 200)}: {visible(text)}")
        if row["state"] not in EMERGENCY.ends and at.actor.may(Permission.WORK):
            _steps(at, standing)


def _left(row: RowMapping, left: timedelta) -> None:
    what = "Contained" if row["state"] == EmergencyState.DECLARED else "Reviewed"
    due = f"due in {times.duration(left)}" if left > timedelta(0) else f"late by {times.duration(-left)}"
    st.badge(f"{what}: {due}", color="orange" if left > timedelta(0) else "red", icon=":material/timer:")


def _contacts(file: CaseFile, standing: Standing) -> None:
    st.caption("Whom to reach" + (": only those on the access list may be told" if closed(file.case) else ""))
    for contact in standing.contacts:
        st.text(f"{contact.team}: {one_line(called(contact.person), 60)} · {one_line(contact.reach, 120)}")
    if not standing.contacts:
        st.text("Nobody is named in contacts.toml, so nobody but who leads was told.")


def _checklist(standing: Standing) -> None:
    done = sum(bool(t["done_by"]) for t in standing.steps)
    st.caption(f"Checklist: {done:,} of {len(standing.steps):,} done; each is ticked off under Notes and tasks")
    for task in standing.steps:
        who = f" ({one_line(called(task['done_by']), 40)})" if task["done_by"] else ""
        st.text(f"{'✓' if task['done_by'] else '○'} {one_line(task['title'], 200)}{who}")


def _log(at: Desk, standing: Standing) -> None:
    st.caption("Log: nothing in it is ever changed")
    for entry in standing.log:
        when = times.second(entry["at"], st.context.timezone)
        st.text(f"{when} · {one_line(called(entry['author']), 60)}: {visible(entry['text'])}")
    if not standing.log:
        st.text("Nothing was written yet.")
    key = str(standing.row["id"])
    if standing.row["state"] in EMERGENCY.ends or not at.actor.may(Permission.WORK):
        return
    with st.form(f"log-{key}", clear_on_submit=True, border=False):
        text = st.text_input("What happened, or what was done", max_chars=5_000, key=f"log-text-{key}")
        if st.form_submit_button("Write into the log") and acting.did(playbook.log, key, text):
            acting.over("It is in the log.")


def _steps(at: Desk, standing: Standing) -> None:
    row = standing.row
    with st.container(horizontal=True):
        if row["state"] in playbook.ENDED:
            with st.popover("Review", icon=":material/rate_review:"):
                _review(standing)
        elif Role.LEAD in at.actor.roles or at.actor.name == row["commander"]:
            _lead(standing)


def _lead(standing: Standing) -> None:
    """What who leads, or a lead, may do."""
    row, key = standing.row, str(standing.row["id"])
    with st.popover("Hand over command", icon=":material/swap_horiz:"), st.form(f"command-{key}", border=False):
        person = st.text_input("To whom (the name that the trail keeps)", max_chars=200, key=f"command-to-{key}")
        why = st.text_input("Why", max_chars=1_000, key=f"command-why-{key}")
        if st.form_submit_button("Give the command") and acting.did(playbook.hand_over, key, person.strip(), why):
            acting.over("The command was handed over.")
    if row["state"] == EmergencyState.DECLARED:
        undone = sum(not t["done_by"] for t in standing.steps)
        with st.popover("Contained", icon=":material/shield:"), st.form(f"contained-{key}", border=False):
            left = ""
            if undone:
                words = f"Why the {undone:,} steps that are not done need not be"
                left = st.text_input(words, max_chars=1_000, key=f"contained-why-{key}")
            if st.form_submit_button("It spreads no further") and acting.did(playbook.contained, key, left=left):
                acting.over("It is contained.")
    ways = {m.name for m in EMERGENCY.ways(row["state"])}
    for name, (words, step) in _ENDS.items():
        if name in ways:
            with st.popover(words), st.form(f"{name}-{key}", border=False):
                why = st.text_input("Why", max_chars=1_000, key=f"{name}-why-{key}")
                if st.form_submit_button("Say so") and acting.did(step, key, why):
                    acting.over("The emergency has ended; its review is due.")


def _review(standing: Standing) -> None:
    key = str(standing.row["id"])
    with st.form(f"review-{key}", border=False):
        told = {
            name: st.text_area(one_line(about, 200), max_chars=10_000, height=80, key=f"review-{name}-{key}")
            for name, about in standing.review.items()
        }
        if st.form_submit_button("Write the review") and acting.did(playbook.review, key, told):
            acting.over("The emergency is reviewed.")
