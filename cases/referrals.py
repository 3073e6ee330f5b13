"""What becomes of a suspicion of market abuse: filed by the entity that bears the duty, or not, and why.

MiCA Art. 92 puts the duty to report on those who arrange or execute transactions in crypto-assets; a platform refers to
them what it saw. Lockstep files nothing. It keeps the analysis, for and against, for the five years that RTS 2025/885
Art. 3 asks, also and especially where nobody filed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from cases.casebook import Change
from cases.caseload import Track, find
from cases.roles import Permission
from cases.storage.referrals import stor_decisions
from graph.errors import CaseError

YEARS = 5


class Filing(StrEnum):
    """What became of it."""

    FILED = "filed"
    NOT_FILED = "not_filed"


class Breach(StrEnum):
    """What it may be, by the articles of MiCA (2023/1114); a person says which, never a detector."""

    SIGNALS = "false_signals"
    PRICE = "artificial_price"
    DEVICE = "fictitious_device"
    INFORMATION = "false_information"
    DOMINANCE = "dominant_position"
    DISRUPTION = "order_disruption"
    OPINION = "undisclosed_opinion"
    INSIDER = "insider_dealing"
    DISCLOSURE = "unlawful_disclosure"


@dataclass(frozen=True, slots=True)
class Told:
    """What is recorded.

    Parameters
    ----------
    outcome : Filing
    breach : Breach
        What was suspected.
    reasons_for, reasons_against : str
        The analysis, both ways; neither may be empty.
    entity : str
        Who filed it; needed where somebody did.
    reference : str
        The number under which it was filed, where one is known.
    delay : str
        Why it was not at once, where it was not.
    snapshots : tuple of str
        Hashes of the evidence it was judged from; at least one.
    """

    outcome: Filing
    breach: Breach
    reasons_for: str
    reasons_against: str
    entity: str = ""
    reference: str = ""
    delay: str = ""
    snapshots: tuple[str, ...] = ()


def record(change: Change, case_id: str, told: Told) -> str:
    """Write down what became of the suspicion of a case; gives the record's id. It is never changed: add another.

    Raises
    ------
    CaseError
        There is no such case that the actor may know of, it is not of the market track, or something is missing.
    NotPermitted
        The actor may not, or is a program.
    """
    where = f"case {case_id}"
    row = find(change, case_id)
    change.actor.need(Permission.REFER, where)
    if row["track"] != Track.MARKET:
        raise CaseError("it is not of the market track", where, "only that track has such suspicions")
    if lacking := _lacking(told):
        raise CaseError("the record is not complete: " + "; ".join(lacking), where, "write what is missing")
    kept = {"case_id": case_id, "decided_by": change.actor.name, "at": change.now, "keep_until": until(change.now)}
    return change.add("record", stor_decisions, {**asdict(told), **kept, "snapshots": list(told.snapshots)})


def until(at: datetime) -> datetime:
    """To when a record is kept: five years; from a leap day, to the first of March."""
    try:
        return at.replace(year=at.year + YEARS)
    except ValueError:
        return at.replace(year=at.year + YEARS, month=3, day=1)


def _lacking(told: Told) -> list[str]:
    found = [
        f"{name.replace('_', ' ')} are empty"
        for name in ("reasons_for", "reasons_against")
        if not getattr(told, name).strip()
    ]
    if told.outcome is Filing.FILED and not told.entity.strip():
        found.append("it does not say who filed it")
    if told.outcome is Filing.NOT_FILED and (told.entity.strip() or told.reference.strip()):
        found.append("nobody filed it, and it names who did or under what number")
    if not told.snapshots:
        found.append("it names no evidence")
    return found
