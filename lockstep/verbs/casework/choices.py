"""Choices of options, kept apart from the casebook, whose database takes a while to import; a test holds them to it."""

from __future__ import annotations

from enum import StrEnum

import typer


class TrackChoice(StrEnum):
    """:class:`cases.caseload.Track`."""

    PLATFORM = "platform"
    MARKET = "market"


class MeasureChoice(StrEnum):
    """:class:`cases.containment.Containment`."""

    LIMIT_REACH = "limit_reach"
    BLOCK_LINK = "block_link"


class TlpChoice(StrEnum):
    """:class:`cases.privacy.tlp.Tlp`."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


def add(group: typer.Typer) -> None:
    """Add nothing: this part has no commands."""
