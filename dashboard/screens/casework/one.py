"""One case: who holds it and where it stands, what can be done next, and its parts, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cases import casefile
from cases.casefile import CaseFile
from cases.people import Actor
from cases.privacy import pseudonyms
from cases.roles import Permission
from dashboard.desk import Desk
from dashboard.screens.casework import (
    about,
    appealing,
    deciding,
    emergency,
    frozen,
    handing,
    header,
    knowing,
    leaving,
    releasing,
    timeline,
    writing,
)
from dashboard.screens.parts import acting, going


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a case's page; ``here`` says whether this case has it for whoever looks."""

    title: str
    draw: Callable[[Desk, CaseFile], None]
    count: Callable[[CaseFile], int] | None = None
    needs: Permission = Permission.CASES
    here: Callable[[Actor, CaseFile], bool] = lambda _actor, _file: True


def inside(actor: Actor, _file: CaseFile) -> bool:
    """Parts that are for people inside."""
    return not pseudonyms.outside(actor)


PARTS = {
    "about": Part("About", about.show, lambda f: len(f.subjects)),
    "evidence": Part("Evidence", frozen.show, lambda f: len(f.snapshots)),
    "emergency": Part("Emergency", emergency.show, emergency.running, here=emergency.here),
    "notes": Part("Notes and tasks", writing.show, lambda f: len(f.notes) + len(f.tasks)),
    "handoffs": Part("Hand-offs", handing.show, lambda f: len(f.handoffs)),
    "decision": Part("Decision", deciding.show, lambda f: len(f.decisions)),
    "appeals": Part("Appeals", appealing.show, lambda f: len(f.appeals)),
    "leaving": Part("Exports", leaving.show, needs=Permission.EXPORT, here=inside),
    "access": Part("Who may know", knowing.show, lambda f: len(f.access), here=inside),
    "release": Part("Legal's release", releasing.show, here=releasing.here),
    "timeline": Part("Timeline", timeline.show),
}


def show(at: Desk, case_id: str) -> None:
    """The case, as it stands now."""
    with at.look("case", case_id) as look:
        file = casefile.read(look, case_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        going.back("cases")
        if st.button("All cases", key="all-cases", icon=":material/list:"):
            st.query_params.clear()
            st.rerun()
    acting.said()
    header.show(at, file)
    parts = {n: p for n, p in PARTS.items() if at.actor.may(p.needs) and p.here(at.actor, file)}
    wanted = st.query_params.get("part", "")
    chosen = st.segmented_control(
        "Part of the case", list(parts), default=wanted if wanted in parts else "about", required=True,
        key=f"part-of-{case_id}", label_visibility="collapsed",
        format_func=lambda name: _title(parts[name], file),
    )  # fmt: skip
    parts[chosen or "about"].draw(at, file)


def _title(part: Part, file: CaseFile) -> str:
    number = part.count(file) if part.count else 0
    return f"{part.title} {number:,}" if number else part.title
