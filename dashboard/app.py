"""Entry point of ``streamlit run``: page settings, navigation, and the sentence that stands under every screen."""

from __future__ import annotations

import streamlit as st

from dashboard.navigation import discover


def main() -> None:
    """Show the screen that the address names."""
    st.set_page_config(page_title="Lockstep", page_icon=":material/hub:", layout="wide")
    pages = [st.Page(s.render, title=s.title, url_path=s.path, default=i == 0) for i, s in enumerate(discover())]
    st.navigation(pages, position="top").run()
    st.divider()
    st.caption(
        "Flagged is not guilty: a finding says that a pattern was seen, not why. "
        "All times are UTC. Nothing on this page is loaded from another host."
    )


if __name__ == "__main__":
    main()
