"""Notes on what the law of a country asks, as data: each with its source, owner, day of the last check, and end.

A note applies in the countries that it names and nowhere else: those on the European Union's law name its member
states, and a country without a note has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cases.escalation import files
from graph.errors import ConfigError

NONE = "no note: ask Legal"
_COUNTRY = re.compile(r"[A-Z]{2}")
_KEYS = ("topic", "text", "source", "countries", "owner", "checked", "expires")


@dataclass(frozen=True, slots=True)
class Note:
    """What one law asks on one topic, in our words.

    Parameters
    ----------
    topic, text, source, owner : str
    countries : frozenset of str
        Where it applies: ISO 3166-1 alpha-2.
    checked, expires : date
        When somebody last held it against its source; the first day on which it is too old to go by.
    """

    topic: str
    text: str
    source: str
    owner: str
    countries: frozenset[str]
    checked: date
    expires: date

    def old(self, today: date) -> bool:
        """Whether it must be checked before anybody goes by it."""
        return today >= self.expires


@dataclass(frozen=True, slots=True)
class Said:
    """What there is for one country.

    Parameters
    ----------
    country : str
    notes : tuple of Note
        Those that hold, by topic.
    old : tuple of Note
        Those that have expired: shown as such, not to be gone by.
    words : str
        A line for people.
    """

    country: str
    notes: tuple[Note, ...]
    old: tuple[Note, ...]
    words: str


def said(notes: Iterable[Note], country: str, today: date, topic: str = "") -> Said:
    """What the notes say for a country on a day.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2; anything else has no note.
    topic : str
        Only this one; empty for all.
    """
    wanted = country.strip().upper()
    here = sorted(
        (n for n in notes if wanted in n.countries and topic in {"", n.topic}), key=lambda n: (n.topic, n.source)
    )
    good, old = (tuple(n for n in here if n.old(today) is late) for late in (False, True))
    words = f"{len(good)} notes" if len(good) != 1 else "1 note"
    if not good:
        words = NONE
    if old:
        words += f"; expired, ask Legal: {', '.join(sorted({n.topic for n in old}))}"
    return Said(wanted, good, old, words)


def load(folder: Path) -> tuple[Note, ...]:
    """The notes of a folder, one file for each country or region.

    Raises
    ------
    ConfigError
        One lacks its source, its owner or its dates, names no country, or ends before it was checked.
    """
    return tuple(note for path in sorted(folder.glob("*.toml")) for note in _file(path))


def _file(path: Path) -> list[Note]:
    raw = files.read(path)
    files.known(raw, ("defaults", "notes"), str(path))
    defaults = files.value(raw, "defaults", dict, str(path), {})
    return [
        _note({**defaults, **entry}, f"{path}, note {number}")
        for number, entry in enumerate(files.tables(raw, "notes", str(path)), 1)
    ]


def _note(raw: Mapping[str, Any], where: str) -> Note:
    files.known(raw, _KEYS, where)
    checked, expires = files.value(raw, "checked", date, where), files.value(raw, "expires", date, where)
    if expires <= checked:
        raise ConfigError("it ends before it was checked", where, "a note is good for a while")
    listed = files.texts(raw, "countries", where)
    if wrong := [c for c in listed if not _COUNTRY.fullmatch(c)]:
        raise ConfigError(f"{wrong[0]!r} is no country", where, "write two capital letters: DE")
    if not listed:
        raise ConfigError("it applies nowhere", where, "name its countries")
    topic, text, source, owner = (files.value(raw, k, str, where) for k in ("topic", "text", "source", "owner"))
    return Note(topic, " ".join(text.split()), source, owner, frozenset(listed), checked, expires)
