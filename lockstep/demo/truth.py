"""What was planted in a network, and what a fair detector should say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from graph.errors import IngestError

PLATFORM = "plaza"


def truth_file(folder: Path) -> Path:
    """Where a network's truth is kept: beside its folder, which holds nothing but data to load."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}-truth.json")


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that were made to act together, or that look as if they were."""

    id: str
    kind: str  # sybil_ring · shilling_cluster · coordinated_pump; of look-alikes, what they are
    members: tuple[str, ...]  # scoped account keys
    flagged: bool  # expected outcome
    why: str  # what they do, and why that is the expected outcome
    start: datetime
    end: datetime
    tickers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()  # scoped keys of the posts that make up the behaviour
    hijacked: tuple[str, ...] = ()  # members that are victims themselves
    returns: str = ""  # id of the group that came back in this one
    hidden: str = ""  # why windowed sweeps at default parameters cannot see it: a miss shown openly


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is wrong on purpose."""

    file: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that was planted."""

    seed: int
    size: int
    days: int
    start: datetime
    end: datetime
    groups: tuple[Group, ...]
    bad_rows: tuple[BadRow, ...] = ()
    files: tuple[str, ...] = ()  # data files, relative to the folder
    rows: Mapping[str, int] = field(default_factory=dict)  # good rows per record type

    @property
    def planted(self) -> tuple[Group, ...]:
        """Groups that ought to be flagged."""
        return tuple(g for g in self.groups if g.flagged)

    @property
    def lookalikes(self) -> tuple[Group, ...]:
        """Groups that ought to be left alone."""
        return tuple(g for g in self.groups if not g.flagged)

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_bytes(orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z) + b"\n")

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read what :meth:`save` wrote.

        Raises
        ------
        IngestError
            The file cannot be read or is no truth file.
        """
        try:
            raw = orjson.loads(path.read_bytes())
            return cls(
                **{
                    **raw,
                    **_times(raw),
                    "groups": tuple(_group(g) for g in raw["groups"]),
                    "bad_rows": tuple(BadRow(**b) for b in raw["bad_rows"]),
                    "files": tuple(raw["files"]),
                }
            )
        except (OSError, ValueError, TypeError, KeyError) as e:
            raise IngestError(
                f"not a truth file: {e}", where=str(path), hint="make a network with `lockstep demo`"
            ) from e


def _group(raw: dict[str, Any]) -> Group:
    lists = {f.name: tuple(raw[f.name]) for f in fields(Group) if isinstance(raw[f.name], list)}
    return Group(**{**raw, **lists, **_times(raw)})


def _times(raw: Mapping[str, Any]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(raw[name]) for name in ("start", "end")}
