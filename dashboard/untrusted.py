"""Text that strangers wrote, made safe to look at: what :mod:`cases.untrusted` does, for everything that pages show."""

from __future__ import annotations

from cases.untrusted import one_line, visible

__all__ = ["one_line", "visible"]
