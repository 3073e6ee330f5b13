"""Clocks, hand-offs, releases and emergencies."""

from __future__ import annotations

#: Rows that are written once: a trigger refuses any change of them.
FROZEN: tuple[str, ...] = ()
