"""Steps in the casebook from a page: what went well is said on the next run, what did not where it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import desk
from dashboard.desk import Desk
from dashboard.screens.parts import empty
from dashboard.untrusted import visible
from graph.errors import LockstepError

_DONE = "casework-done"


def drawn(draw: Callable[[Desk], None]) -> None:
    """Draw from the configured casebook; where there is none, say how one is made, and where it fails, why."""
    try:
        at = desk.desk()
    except LockstepError as error:
        if desk.missing(error):
            _no_casebook(error)
        else:
            empty.failed(error)
        return
    try:
        draw(at)
    except LockstepError as error:
        empty.failed(error)


def did(step: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Do a step; gives what it gives, or None with the reason shown where it was refused (so a step that gives nothing
    gives True).
    """
    try:
        found = desk.desk().do(step, *args, **named)
    except LockstepError as error:
        refused(error)
        return None
    return True if found is None else found


def refused(error: LockstepError) -> None:
    """Why a step was not taken, and what to do; the words may hold what people wrote."""
    st.error("That was not done.", icon=":material/block:")
    st.text(visible(str(error.message)))
    if error.hint:
        st.text(f"What to do: {visible(error.hint)}")


def over(words: str = "", detail: Sequence[str] = ()) -> None:
    """Run the page over after a step, which then says what was done."""
    if words:
        tell(words, detail)
    st.rerun()


def tell(words: str, detail: Sequence[str] = ()) -> None:
    """Have the next page of casework say what was done."""
    st.session_state[_DONE] = (words, tuple(detail))


def said() -> None:
    """What the step before this run did, once."""
    words, detail = st.session_state.pop(_DONE, ("", ()))
    if words:
        st.success(words, icon=":material/check:")
        for line in detail:
            st.text(visible(line))


def _no_casebook(error: LockstepError) -> None:
    st.info("There is no casebook yet: where alerts become cases, and cases decisions.", icon=":material/folder_off:")
    if error.where:
        st.text(f"Where: {visible(error.where)}")
    st.caption("It is made, or brought to this program's version, by:")
    st.code("lockstep cases migrate", language=None)
    if desk.may_make() and st.button("Make it now", key="make-casebook", type="primary", icon=":material/add:"):
        desk.make()
        st.rerun()
