"""What stands in the way of a screen: the page to log in, and the page that says no; and the check behind both.

The refusal is the same whether or not there is what the address names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from cases.roles import Permission
from dashboard.access import ended
from dashboard.access.asked import ASKED, COOKIE, address
from dashboard.access.people import Person, Standing, who
from dashboard.untrusted import one_line

_NEEDED = "access-needed"  # permission of the screen that is shown, for what runs without the rest of the page


def guarded(needs: Permission | None, render: Callable[[], None]) -> Callable[[], None]:
    """A screen that is shown to those who have the permission, and to others the refusal."""

    def shown() -> None:
        person = who()
        if not person.may(needs):
            closed(person, "", ())
            return
        st.session_state[_NEEDED] = needs
        render()

    return shown


def required() -> None:
    """Go no further unless the screen that is shown may still be: in a fragment, whose run skips the rest of the page.

    Raises
    ------
    PermissionError
        The login has ended or the permission is gone; where a run can be started over, it is instead.
    """
    needed = st.session_state.get(_NEEDED, Permission.SEE)
    if not who().may(needed):
        if _NEEDED in st.session_state:  # else no screen was let in before, and starting over would never end
            st.rerun()
        raise PermissionError("not permitted")  # a callback cannot start the run over


def closed(person: Person, path: str, screens: Collection[str]) -> None:
    """In place of a screen: how to log in, or that this person may not open it."""
    if person.standing is Standing.EXPOSED:
        st.title("Lockstep")
        st.error("Nobody can be let in: this server can be reached from other machines.", icon=":material/lock:")
        st.caption("Configure [auth], or serve it on 127.0.0.1: lockstep dashboard")
    elif person.known:
        st.title("You may not open this")
        st.caption("None of your roles allows it. Whoever runs this dashboard can say which role does.")
    else:
        _invite(person, address(path, st.query_params.to_dict(), screens))


def _invite(person: Person, to: str) -> None:
    st.title("Lockstep")
    if person.standing is Standing.EXPIRED:
        st.info("Your login has ended. Log in again to go on where you were.", icon=":material/schedule:")
    else:
        st.text("Log in to go on.")
    if st.button("Log in", type="primary", key="log-in"):
        browser = st.context.cookies.get(COOKIE)
        if browser:
            ASKED.remember(browser, to)
        st.login()


def standing(person: Person) -> None:
    """Who is logged in, and the way out; nothing where there is no login."""
    if person.standing is not Standing.LOGGED_IN:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="standing"):
        roles = ", ".join(sorted(person.roles)) or "no role"
        st.text(f"{one_line(person.shown, 60)} · {roles}")
        if st.button("Log out", icon=":material/logout:", key="log-out"):
            ended.end(st.user.to_dict())
            st.logout()
