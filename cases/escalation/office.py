"""The organisation as the casebook knows it: targets, calendars, desks, playbooks, task lists, notes, contacts.

What comes with the program stands in ``data/``. A folder of the organisation's own (setting ``cases.office``) may hold
files of the same names: what it names takes the place of what is named the same; its contacts and notes come on top.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from cases.escalation import calendars, files, forms, jurisdictions
from cases.escalation.calendars import ALWAYS, Calendar
from cases.escalation.forms import Contact, Desk, Playbook, Template
from cases.escalation.jurisdictions import Note
from cases.escalation.spans import Span, span
from cases.lifecycles import ClockKind, Severity
from graph.errors import ConfigError
from lockstep.config import Settings

#: Acknowledgement, first decision and, where there is one, the full decision, by severity.
TARGETS = {
    Severity.S0: "5m 30m 4h",
    Severity.S1: "15m 4h",
    Severity.S2: "1h 1d",
    Severity.S3: "4h 3d",
    Severity.S4: "1d 7d",
}
_ROUND_THE_CLOCK = (Severity.S0, Severity.S1)


@dataclass(frozen=True)
class Office:
    """What an organisation has set for its casework.

    Parameters
    ----------
    targets : mapping of Severity to mapping of ClockKind to Span
    calendars : mapping of str to Calendar
    queues : mapping of str to str
        Track of a case, and the calendar it goes by.
    desks, playbooks, templates : mapping
    review : mapping of str to str
        What the review of an emergency must say.
    contacts : tuple of Contact
    notes : tuple of Note
    release_share : float
        Part of the steps that wait for Legal by lot (:mod:`cases.escalation.releases`).
    draw : callable
        The lot, in [0, 1).
    """

    targets: Mapping[Severity, Mapping[ClockKind, Span]]
    calendars: Mapping[str, Calendar]
    queues: Mapping[str, str]
    desks: Mapping[str, Desk]
    playbooks: Mapping[str, Playbook]
    review: Mapping[str, str]
    templates: Mapping[str, Template]
    contacts: tuple[Contact, ...] = ()
    notes: tuple[Note, ...] = ()
    release_share: float = 0.0
    draw: Callable[[], float] = field(default_factory=lambda: random.SystemRandom().random)

    def calendar(self, severity: Severity, track: str) -> Calendar:
        """The calendar of a case: around the clock for S0 and S1, else its queue's."""
        return ALWAYS if severity in _ROUND_THE_CLOCK else self.calendars[self.queues[track]]

    def due(self, wanted: Span, severity: Severity, track: str, start: datetime) -> datetime:
        """When a span that begins now has passed, by the case's calendar."""
        calendar = self.calendar(severity, track)
        return calendar.after(start, wanted.on(calendar))

    def people(self, *teams: str) -> list[str]:
        """Who is to be reached in these teams, in the order of the file; nobody twice."""
        return list(dict.fromkeys(c.person for team in teams for c in self.contacts if c.team == team))

    @property
    def release_desk(self) -> frozenset[str]:
        """Who releases what waits for Legal; nobody where none are named."""
        return frozenset(c.person for c in self.contacts if c.releases)


def load(folder: Path | None = None, targets: Mapping[str, str] | None = None, release_share: float = 0.0) -> Office:
    """The program's own office, with what a folder and settings change.

    Parameters
    ----------
    folder : Path or None
        May hold files of the same names as ``data/``.
    targets : mapping of str to str
        Spans by severity, where they differ (:data:`TARGETS`).

    Raises
    ------
    ConfigError
        There is no such folder, or something in it or in the spans is wrong.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigError("no such folder", str(folder), "check the setting cases.office")
    folders = [files.DATA, *([folder] if folder else [])]
    named: dict[str, Calendar] = {}
    queues: dict[str, str] = {}
    desks: dict[str, Desk] = {}
    books: dict[str, Playbook] = {}
    review: dict[str, str] = {}
    lists: dict[str, Template] = {}
    contacts: tuple[Contact, ...] = ()
    notes: tuple[Note, ...] = ()
    for at in folders:
        if (path := at / "calendars.toml").is_file():
            more, by = calendars.load(path)
            named, queues = named | more, queues | by
        if (path := at / "desks.toml").is_file():
            desks |= forms.desks(path)
        if (path := at / "playbooks.toml").is_file():
            some, asked = forms.playbooks(path)
            books, review = books | some, review | asked
        if (path := at / "tasks.toml").is_file():
            lists |= forms.templates(path)
        if (path := at / "contacts.toml").is_file():
            contacts += forms.contacts(path)
        notes += jurisdictions.load(at / "notes")
    if missing := sorted(set(queues.values()) - set(named)):
        raise ConfigError(f"there is no calendar {missing[0]!r}", str(folder), f"known: {', '.join(sorted(named))}")
    wanted = {s: _targets(s, (targets or {}).get(s, TARGETS[s])) for s in Severity}
    return Office(wanted, named, queues, desks, books, review, lists, contacts, notes, release_share)


def of(settings: Settings) -> Office:
    """The office that the settings say."""
    folder = settings.text("cases.office")
    targets = {s.value: settings.text(f"cases.sla_{s.lower()}") for s in Severity}
    return load(Path(folder) if folder else None, targets, settings.number("cases.release_share"))


@cache
def default() -> Office:
    """The program's own office."""
    return load()


def _targets(severity: Severity, text: str) -> dict[ClockKind, Span]:
    where = f"cases.sla_{severity.lower()}"
    parts = [span(part, where) for part in text.split()]
    if not 2 <= len(parts) <= len(ClockKind):
        raise ConfigError(f"{text!r} are {len(parts)} spans", where, "write acknowledgement, first decision [and full]")
    lengths = [p.on(ALWAYS) for p in parts]
    if lengths != sorted(lengths):
        raise ConfigError(f"{text!r} does not grow", where, "what comes later has more time")
    return dict(zip(ClockKind, parts, strict=False))
