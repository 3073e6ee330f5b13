"""What lies in a package's ``data/``: everything of the case as it is kept, and the dossier made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping

from cases.audit import Head, canonical
from cases.casefile import CaseFile
from cases.evidence import custody

_PRETTY = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE

_APART = {"case", "decisions", "decision", "draft", "timeline", "snapshots", "custody"}  # told elsewhere


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package is made from.

    Parameters
    ----------
    file : CaseFile
    snapshots : mapping of str to str
        Canonical JSON of each snapshot by its hash.
    head : Head
        The audit trail's newest entry when the case was read.
    mark : str
        The TLP 2.0 mark.
    now : datetime
    actor : str
        Who takes it out.
    drafts : mapping of str to bytes
        Drafts of exports by their files' names.
    missing : mapping of str to str
        Why other exports were not made.
    """

    file: CaseFile
    snapshots: Mapping[str, str]
    head: Head
    mark: str
    now: datetime
    actor: str
    drafts: Mapping[str, bytes]
    missing: Mapping[str, str]


def pretty(value: object) -> bytes:
    """JSON that people can read, with sorted keys."""
    return orjson.dumps(value, option=_PRETTY)


def lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """One line of canonical JSON a row."""
    return "".join(canonical(dict(row)) + "\n" for row in rows).encode()


def trail(rows: Sequence[RowMapping]) -> bytes:
    """Entries of the audit trail, as their hashes are of them."""
    return lines([{**row, "at": row["at"].isoformat(timespec="microseconds")} for row in rows])


def payload(told: Contents) -> dict[str, bytes]:
    """The payload's files by their names."""
    file, snapshots = told.file, {sha: orjson.loads(text) for sha, text in told.snapshots.items()}
    made = {
        "data/case.json": pretty(_case(told)),
        "data/decisions.json": pretty([_without(row, "content") for row in file.decisions]),
        "data/audit.jsonl": trail(file.timeline),
        "data/custody.jsonl": lines([custody.plain(dict(row)) for row in file.custody]),
        "data/detectors.json": pretty([_detector(sha, s) for sha, s in snapshots.items()]),
        "data/commands.json": pretty({sha: s["commands"] for sha, s in snapshots.items()}),
        "data/market.jsonl": lines([{**m, "snapshot": sha} for sha, s in snapshots.items() for m in s["market"]]),
        "data/posts.jsonl": lines([{**p, "snapshot": sha} for sha, s in snapshots.items() for p in s["posts"]]),
    }
    made |= {f"data/decisions/{row['id']}.json": row["content"].encode() for row in file.decisions}
    made |= {f"data/snapshots/{sha}.json": text.encode() for sha, text in told.snapshots.items()}
    made |= {f"data/drafts/{name}": content for name, content in told.drafts.items()}
    return made | _dossier(told, snapshots)


def _dossier(told: Contents, snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    from cases.package import printing
    from cases.package.dossier import material

    said, drawn = material(told), printing.pictures(snapshots)
    return {
        "data/dossier.html": printing.html(said, drawn),
        "data/dossier.pdf": printing.pdf(said, snapshots, told.now),
        **{f"data/snapshots/{sha}.svg": svg.encode() for sha, svg in drawn.items()},
    }


def _case(told: Contents) -> dict[str, Any]:
    file = told.file
    parts = [f.name for f in fields(file) if f.name not in _APART]
    return {
        "format": 1,
        "case": dict(file.case),
        **{name: [dict(row) for row in getattr(file, name)] for name in parts},
        "decision": None if file.decision is None else file.decision["id"],
        "snapshots": sorted(told.snapshots),
        "drafts": {"made": sorted(told.drafts), "not made": dict(told.missing)},
        "audit": {"seq": told.head.seq, "hash": told.head.hash, "entries": len(file.timeline)},
        "custody": {"records": len(file.custody)},
        "tlp": told.mark,
        "taken_out": {"at": told.now, "by": told.actor},
    }


def _without(row: RowMapping, *names: str) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in names}


def _detector(sha: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    finding = snapshot["finding"]
    names = ("id", "kind", "detector", "version", "params", "data_cut", "score", "score_means", "window")
    return {
        "snapshot": sha,
        "program": snapshot["program"],
        "store": snapshot["store"],
        **{name: finding[name] for name in names},
    }
