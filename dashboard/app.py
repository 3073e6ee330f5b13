"""Entry point of ``streamlit run``: page settings, navigation, and the sentence that stands under every screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import times
from dashboard.access import gate
from dashboard.access.people import who
from dashboard.navigation import pages
from dashboard.screens.parts import empty
from graph.errors import LockstepError

STYLE = Path(__file__).with_name("style.css")
ICON = Path(__file__).with_name("icon.svg")  # the icons that Streamlit knows by name come from another host


def main() -> None:
    """Show the screen that the address names, to who may see it."""
    st.set_page_config(page_title="Lockstep", page_icon=ICON, layout="wide")
    st.html(STYLE)
    try:
        person = who()
    except LockstepError as error:
        empty.failed(error)
        return
    screen = st.navigation(pages(person), position="top")
    gate.standing(person)
    screen.run()
    st.divider()
    st.caption(
        "Flagged is not guilty: a finding says that a pattern was seen, not why. "
        f"{times.named(st.context.timezone)} Nothing on this page is loaded from another host."
    )


if __name__ == "__main__":
    main()
