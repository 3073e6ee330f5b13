"""Allow-lists: who or what may act together here, why, and until when.

An entry *explains*: what its accounts do, or what anybody does with its object, no longer counts towards a ring, but
for texts that are copies of one another. It removes no finding silently: what remains is judged as ever, the finding
says how much an entry explained, and so does the run. Every entry has a reason and an end, at most a year ahead; one
that has expired counts no more.

The file is CSV with the columns of :data:`COLUMNS`, for example::

    kind,value,reason,until,added_by,source
    ticker,BTC,the daily thread of the platform itself,2027-03-01,anna,desk decision 12
    group,x:brand x:brand_de x:brand_fr,one owner who says so,2027-01-31,anna,
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graph.errors import ConfigError

COLUMNS = ("kind", "value", "reason", "until", "added_by", "source")
OBJECTS = ("ticker", "link", "domain", "hashtag")
KINDS = ("account", "group", *OBJECTS)
LONGEST = timedelta(days=366)
SOON = timedelta(days=14)  # an end this near is worth a word


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry.

    Parameters
    ----------
    kind : str
        ``account``: all that it does. ``group``: what these accounts do with each other; with others, they count.
        ``ticker``, ``link``, ``domain``, ``hashtag``: what anybody does with it.
    values : tuple of str
        The object, or the accounts' keys.
    until : datetime
        First moment at which it counts no more, UTC.
    source : str
        Where it was decided; may be empty.
    """

    kind: str
    values: tuple[str, ...]
    reason: str
    until: datetime
    added_by: str
    source: str = ""
    where: str = ""

    @property
    def shown(self) -> str:
        """The entry as a sentence has it."""
        return f"{self.kind} {' '.join(self.values)} ({self.reason}; until {self.until:%Y-%m-%d})"

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of an entry for a group or one account."""
        return self.values if self.kind in {"account", "group"} else ()


@dataclass(frozen=True, slots=True)
class AllowList:
    """Entries in force at a moment, those that have expired, and those that soon will."""

    entries: tuple[Allowed, ...] = ()
    expired: tuple[Allowed, ...] = ()
    expiring: tuple[Allowed, ...] = ()


def read(path: Path, now: datetime) -> AllowList:
    """Read the file as of a moment.

    Raises
    ------
    ConfigError
        It cannot be read, or has other columns, or an entry lacks something; the file and the line are named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                hint = f"the first line is {','.join(COLUMNS)}"
                raise ConfigError(f"columns are {','.join(rows.fieldnames or ())}", f"{path}: line 1", hint)
            found = [_entry(row, f"{path}: line {rows.line_num}", now) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"the allow-list cannot be read: {error}", str(path), "see detect.allow_list") from error
    live = tuple(e for e in found if e.until > now)
    return AllowList(live, tuple(e for e in found if e.until <= now), tuple(e for e in live if e.until <= now + SOON))


def _entry(row: Mapping[str | None, str | Sequence[str] | None], where: str, now: datetime) -> Allowed:
    if None in row or None in row.values():
        raise ConfigError(f"not {len(COLUMNS)} columns", where, "put quotes around a value with a comma")
    given = {str(k): str(v).strip() for k, v in row.items()}
    if given["kind"] not in KINDS:
        raise ConfigError(f"kind is {given['kind']!r}", where, f"one of {', '.join(KINDS)}")
    for column in ("value", "reason", "until", "added_by"):
        if not given[column]:
            raise ConfigError(f"{column} is missing", where, "every entry says what, why, until when, and who added it")
    values = tuple(_values(given["kind"], given["value"]))
    if given["kind"] == "group" and len(values) < 2:
        raise ConfigError("a group of one account", where, "write its accounts' keys with spaces between them")
    until = _moment(given["until"], where)
    if until > now + LONGEST:
        raise ConfigError(
            f"until {given['until']} is more than a year ahead", where, "an entry is looked at once a year"
        )
    return Allowed(given["kind"], values, given["reason"], until, given["added_by"], given["source"], where)


def _values(kind: str, text: str) -> Iterator[str]:
    """The values as the graph holds them."""
    if kind == "group":
        yield from sorted(set(text.split()))
    elif kind == "ticker":
        yield text.removeprefix("$").upper()
    elif kind == "hashtag":
        yield text.removeprefix("#").casefold()
    else:
        yield text.lower() if kind == "domain" else text


def _moment(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"until is {text!r}, no date", where, "write 2027-03-01") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
