"""Runs what is shown over, after a press changed what the page is made of."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.errors import StreamlitAPIException


def over() -> NoReturn:
    """Run the fragment over; the page where its run was one of the whole page.

    A press within a fragment comes with such a run where the page asked for another at the same moment, and a fragment
    cannot be run over then.
    """
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
