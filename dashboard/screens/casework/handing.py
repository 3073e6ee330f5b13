"""Hand-offs of a case: to whom, with what they need, until when; answered, given back, or taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from sqlalchemy import RowMapping

from cases.casefile import CaseFile
from cases.escalation import forms, handoffs
from cases.lifecycles import HANDOFF, HandoffState
from cases.mine import called
from cases.privacy.pseudonyms import outside
from cases.roles import Permission
from dashboard import clocks, times
from dashboard.desk import Desk
from dashboard.screens.casework import law
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible


def show(at: Desk, file: CaseFile) -> None:
    """Draw the hand-offs and the form for another."""
    for row in reversed(file.handoffs):
        _one(at, row)
    if not file.handoffs:
        st.caption("Nobody else was asked. A case that is handed off goes on all the same.")
    if at.actor.may(Permission.WORK):
        with st.expander("Hand off", icon=":material/forward_to_inbox:", expanded=not file.handoffs):
            _request(at, file)
    if not outside(at.actor):
        law.show(at, file)


def _one(at: Desk, row: RowMapping) -> None:
    known = at.book.office.desks.get(row["team"])
    open_ = row["state"] in handoffs.OPEN
    with st.container(border=True, key=f"handoff-{row['id']}"):
        whom = f" · {one_line(called(row['person']), 60)}" if row["person"] else ""
        until = f" · {clocks.due(row['due_at'], datetime.now(UTC))}" if open_ else ""
        st.text(f"{known.title if known else one_line(row['team'], 40)}{whom} · {row['state']}{until}")
        st.text(
            f"Asked by {one_line(called(row['asked_by']), 60)} · {times.second(row['asked_at'], st.context.timezone)}"
        )
        for name, text in row["told"].items():
            st.text(f"{_about(known, name)}: {visible(text)}")
        if row["answer"]:
            st.text(f"Answer of {one_line(called(row['answered_by'] or ''), 60)}: {visible(row['answer'])}")
        if row["reason"]:
            st.text(f"Reason: {visible(row['reason'])}")
        if row["state"] not in HANDOFF.ends:
            _steps(at, row, known)


def _about(known: forms.Desk | None, name: str) -> str:
    found = next((f.about for f in known.fields if f.name == name), name) if known else name
    return one_line(found, 120)


def _theirs(at: Desk, row: RowMapping, known: forms.Desk | None) -> bool:
    """Whether whoever looks may answer; the server asks again."""
    if at.actor.name in {row["person"], *at.book.office.people(row["team"])}:
        return True
    return bool(known and at.actor.roles & known.roles)


def _steps(at: Desk, row: RowMapping, known: forms.Desk | None) -> None:
    key = str(row["id"])
    with st.container(horizontal=True):
        if _theirs(at, row, known) and row["state"] in handoffs.OPEN:
            if row["state"] == HandoffState.REQUESTED:
                pressed = st.button("I am at it", key=f"accept-{key}", icon=":material/front_hand:")
                if pressed and acting.did(handoffs.accept, key):
                    acting.over("It is known that you are at it.")
            with st.popover("Answer", icon=":material/reply:"), st.form(f"answer-{key}", border=False):
                text = st.text_area("Answer", max_chars=10_000, key=f"answer-text-{key}")
                if st.form_submit_button("Answer it") and acting.did(handoffs.answer, key, text):
                    acting.over("It is answered.")
            with st.popover("Give back", icon=":material/undo:"), st.form(f"return-{key}", border=False):
                why = st.text_input("What is missing", max_chars=2_000, key=f"return-why-{key}")
                if st.form_submit_button("Give it back") and acting.did(handoffs.give_back, key, why):
                    acting.over("It was given back.")
        if at.actor.may(Permission.WORK):
            if row["state"] == HandoffState.RETURNED and known:
                with st.popover("Ask again", icon=":material/replay:"), st.form(f"again-{key}", border=False):
                    told = _fields(known, key, row["told"])
                    if st.form_submit_button("Ask again") and acting.did(handoffs.ask_again, key, told):
                        acting.over("It was asked again.")
            with st.popover("Take back", icon=":material/close:"), st.form(f"withdraw-{key}", border=False):
                why = st.text_input("Why", max_chars=2_000, key=f"withdraw-why-{key}")
                if st.form_submit_button("Take it back") and acting.did(handoffs.withdraw, key, why):
                    acting.over("The hand-off was taken back.")


def _request(at: Desk, file: CaseFile) -> None:
    desks = at.book.office.desks
    key = str(file.case["id"])
    team = st.selectbox(
        "To whom", list(desks), index=None, format_func=lambda t: one_line(desks[t].title, 80), placeholder="Choose",
        key=f"team-{key}",
    )  # fmt: skip
    if team is None:
        return
    with st.form(f"request-{team}-{key}"):
        frozen = [str(s["id"]) for s in file.snapshots]
        told = _fields(
            desks[team], f"{team}-{key}", {"snapshot": frozen[-1] if frozen else "", "track": file.case["track"]}
        )
        closed = "one of a restricted case is named" if file.case["restricted"] else "empty: anybody of the team"
        person = st.text_input(f"By name ({closed})", max_chars=200, key=f"person-{team}-{key}")
        if st.form_submit_button("Hand it off", type="primary") and acting.did(
            handoffs.request, key, team, told, person=person.strip()
        ):
            acting.over("It was handed off.")


def _fields(desk: forms.Desk, key: str, before: dict[str, str]) -> dict[str, str]:
    """What the desk needs to know."""
    told = {}
    for field in desk.fields:
        words = one_line(field.about, 200) + ("" if field.required else " (may stay empty)")
        name = f"field-{field.name}-{key}"
        if field.choices:
            options = list(field.choices) if field.required else ["", *field.choices]
            at = options.index(before[field.name]) if before.get(field.name) in options else None
            told[field.name] = str(st.selectbox(words, options, at, placeholder="Choose", key=name) or "")
        else:
            told[field.name] = st.text_area(words, before.get(field.name, ""), max_chars=10_000, key=name, height=80)
    return told
