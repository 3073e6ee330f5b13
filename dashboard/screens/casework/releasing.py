"""Legal's release of what goes out of a case; in the same words whether or not a step waits, and why is never said."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import RowMapping

from cases.casefile import CaseFile
from cases.escalation import releases
from cases.escalation.releases import Step
from cases.lifecycles import APPEAL
from cases.mine import called
from cases.people import Actor
from cases.privacy.pseudonyms import outside
from cases.roles import Role
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible

_WORDS = {
    Step.ENFORCE: "Sending out the decision",
    Step.NOTICE: "The statement of reasons to the user",
    Step.ANSWER: "The answer to the appeal",
}


def here(actor: Actor, _file: CaseFile) -> bool:
    """Whether whoever looks has this part: Legal alone."""
    return Role.LEGAL in actor.roles and not outside(actor)


def show(at: Desk, file: CaseFile) -> None:
    """Draw each step that goes out of the case, its release, or the form for one.

    Steps are those that the decision in force and open appeals have, of every case alike: nothing here is read from
    the lot, and nothing from another case.
    """
    st.caption(
        "Legal may release any step at any time. Whether a step waits is not said here, and a release says nothing"
        " about it either: it lets this one step go out, and stays."
    )
    desk = at.book.office.release_desk
    mine = not desk or at.actor.name in desk
    if not mine:
        st.text(f"Only the release desk releases: {', '.join(one_line(called(p), 60) for p in sorted(desk))}")
    steps = _steps(file)
    for step, about in steps:
        _one(file, step, about, mine=mine)
    if not steps:
        st.info("Nothing goes out of the case: there is no decision in force.", icon=":material/outbox:")


def _steps(file: CaseFile) -> list[tuple[Step, str]]:
    found = [] if file.decision is None else [(s, str(file.decision["id"])) for s in (Step.ENFORCE, Step.NOTICE)]
    return found + [(Step.ANSWER, str(a["id"])) for a in file.appeals if a["state"] not in APPEAL.ends]


def _one(file: CaseFile, step: Step, about: str, *, mine: bool) -> None:
    given: RowMapping | None = next((r for r in file.releases if (r["step"], r["about"]) == (step, about)), None)
    with st.container(border=True, key=f"release-{step}-{about}"):
        st.text(f"{_WORDS[step]} · {'decision' if step is not Step.ANSWER else 'appeal'} {about}")
        if given is not None:
            when = times.second(given["at"], st.context.timezone)
            st.text(f"Released by {one_line(called(given['released_by']), 60)} · {when}: {visible(given['reason'])}")
        elif mine:
            with st.form(f"let-out-{step}-{about}", border=False):
                why = st.text_input("Why", max_chars=2_000, key=f"let-out-why-{step}-{about}")
                if st.form_submit_button("Release it") and acting.did(
                    releases.release, str(file.case["id"]), step, about, why
                ):
                    acting.over("The release is recorded.")
        else:
            st.caption("No release is recorded.")
