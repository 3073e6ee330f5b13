"""What a case stands on: evidence as it was captured, snapshots, and who held them."""

from __future__ import annotations

#: Rows that are written once: a trigger refuses any change of them.
FROZEN: tuple[str, ...] = ()
