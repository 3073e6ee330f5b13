"""Long tables by pages: the server makes only the rows of the page that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

PAGE = 50
"""Rows at a time."""


def part(found: Sequence[T], key: str, size: int = PAGE) -> tuple[Sequence[T], int]:
    """The page that is chosen, and the place of its first row; the means to choose stand where this is called."""
    pages = -(-len(found) // size)
    page = st.pagination(pages, key=key) - 1 if pages > 1 else 0
    first = min(page, max(pages - 1, 0)) * size
    if pages > 1:
        st.caption(f"{first + 1:,} to {min(first + size, len(found)):,} of {len(found):,}")
    return found[first : first + size], first
