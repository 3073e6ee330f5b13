"""Notes and tasks of a case."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from cases import caseload
from cases.casefile import CaseFile
from cases.escalation import templates
from cases.mine import called
from cases.roles import Permission
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible


def show(at: Desk, file: CaseFile) -> None:
    """Draw what was written, what is to be done, and the fields for more."""
    left, right = st.columns([3, 2], gap="large")
    works = at.actor.may(Permission.WORK)
    with left:
        _notes(file, works=works)
    with right:
        _tasks(file, works=works)
        if works:
            _lists(at, file)


def _notes(file: CaseFile, *, works: bool) -> None:
    st.subheader("Notes")
    now = datetime.now(UTC)
    for note in reversed(file.notes):
        with st.container(border=True, key=f"note-{note['id']}"):
            whom = "for the user to read" if note["public"] else "internal"
            st.text(f"{one_line(called(note['author']), 60)} · {times.age(note['at'], now)} · {whom}")
            st.text(visible(note["text"]))
    if not file.notes:
        st.caption("Nothing was written yet.")
    if not works:
        return
    with st.form("write-note", clear_on_submit=True):
        text = st.text_area("Note", max_chars=10_000, key="note-text", help="@name tells that person of it.")
        public = st.checkbox("Public: may be shown to the user concerned", key="note-public")
        if st.form_submit_button("Write", icon=":material/edit_note:"):
            named = acting.did(caseload.write, str(file.case["id"]), text, public=public)
            if named is not None:
                acting.over(
                    "It was written." + (f" {len(named):,} named." if isinstance(named, list) and named else "")
                )


def _tasks(file: CaseFile, *, works: bool) -> None:
    st.subheader("Tasks")
    if not file.tasks:
        st.caption("There are none.")
    for task in file.tasks:
        with st.container(horizontal=True, vertical_alignment="center", key=f"task-{task['id']}"):
            if task["done_by"]:
                st.text(f"✓ {one_line(task['title'], 200)} ({one_line(called(task['done_by']), 40)})")
            else:
                if (
                    works
                    and st.button("Done", key=f"finish-{task['id']}", width=80)
                    and acting.did(caseload.finish, str(task["id"]))
                ):
                    acting.over("The task is done.")
                st.text(one_line(task["title"], 200))
    if works:
        with st.form("add-tasks", clear_on_submit=True):
            lines = st.text_area("Add tasks, one a line", max_chars=4_000, key="task-lines", height=100)
            titles = [line.strip() for line in lines.splitlines() if line.strip()]
            if (
                st.form_submit_button("Add")
                and titles
                and acting.did(caseload.set_tasks, str(file.case["id"]), "", titles)
            ):
                acting.over(f"{len(titles):,} added.")


def _lists(at: Desk, file: CaseFile) -> None:
    """Task lists that fit the case and that it does not have yet."""
    key = str(file.case["id"])
    with at.look("case", key, why="task lists") as look:
        found = templates.fitting(look, key)
    if not found:
        return
    st.caption("Task lists for a case like this, by its severity and the kinds of its alerts; each is added once.")
    for place, template in enumerate(found):
        with st.container(border=True, key=f"task-list-{place}"):
            st.text(one_line(template.name, 80))
            for title in template.tasks:
                st.text(f"○ {one_line(title, 200)}")
            pressed = st.button("Add these tasks", key=f"add-list-{template.name}", icon=":material/playlist_add:")
            if pressed and acting.did(templates.apply, key, template.name):
                acting.over(f"{len(template.tasks):,} added.")
