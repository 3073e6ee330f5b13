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


class StepChoice(StrEnum):
    """:class:`cases.escalation.releases.Step`."""

    ENFORCE = "enforce"
    NOTICE = "notice"
    ANSWER = "answer"


class FilingChoice(StrEnum):
    """:class:`cases.referrals.Filing`."""

    FILED = "filed"
    NOT_FILED = "not_filed"


class BreachChoice(StrEnum):
    """:class:`cases.referrals.Breach`."""

    SIGNALS = "false_signals"
    PRICE = "artificial_price"
    DEVICE = "fictitious_device"
    INFORMATION = "false_information"
    DOMINANCE = "dominant_position"
    DISRUPTION = "order_disruption"
    OPINION = "undisclosed_opinion"
    INSIDER = "insider_dealing"
    DISCLOSURE = "unlawful_disclosure"


def add(group: typer.Typer) -> None:
    """Add nothing: this part has no commands."""
