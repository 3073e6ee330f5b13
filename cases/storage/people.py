"""People who work from the command line, and the tokens that they are known by."""

from __future__ import annotations

#: Rows that are written once: a trigger refuses any change of them.
FROZEN: tuple[str, ...] = ()
