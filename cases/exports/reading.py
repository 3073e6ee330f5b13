"""What several exports read from a case's snapshots, each thing with the name that it is cited by."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cases.casefile import CaseFile
from cases.privacy.tlp import Tlp
from cases.untrusted import one_line
from graph.explore import short_identifier
from graph.model import NodeType

FLAGGED = "Flagged is not guilty: what a program measured is a reason for a person to look, and no finding of fact."
_SHOWN = 12  # characters of a snapshot's hash that name it
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can say
_UNIX = 3  # who made it, as zip files say
Snapshots = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence as a snapshot holds it.

    Parameters
    ----------
    cite : str
        What it is cited by: its number in the finding and the snapshot's short name.
    kind : str
        Of the finding.
    nodes : tuple of str
        Their names (``account/x:1``).
    rests_on : bool
        Whether the finding would not stand without it.
    """

    cite: str
    snapshot: str
    kind: str
    measure: str
    value: float
    expected: float
    p_value: float | None
    unit: str
    nodes: tuple[str, ...]
    interactions: tuple[str, ...]
    rests_on: bool

    @property
    def amount(self) -> str:
        """What was measured, with its unit where it has one."""
        return f"{self.value:g} {self.unit}" if self.unit not in {"", "1"} else f"{self.value:g}"


def mark(file: CaseFile) -> str:
    """How far the case may go, as a document carries it."""
    return Tlp(file.case["tlp"]).shown


def short(sha: str) -> str:
    """The short name of a snapshot."""
    return sha[:_SHOWN]


def evidence(snapshots: Snapshots) -> list[Piece]:
    """All evidence, in the order of the snapshots."""
    return [
        Piece(
            f"{e['id']}@{short(sha)}",
            sha,
            str(finding.get("kind", "")),
            str(e.get("measure", "")),
            float(e.get("value") or 0.0),
            float(e.get("expected") or 0.0),
            e.get("p_value"),
            str(e.get("unit", "")),
            tuple(n if isinstance(n, str) else "/".join(map(str, n)) for n in e.get("nodes", ())),
            tuple(map(str, e.get("interactions", ()))),
            e["id"] in finding.get("rests_on", ()),
        )
        for sha, finding in findings(snapshots).items()
        for e in finding.get("evidence", ())
    ]


def findings(snapshots: Snapshots) -> dict[str, Mapping[str, Any]]:
    """The finding of each snapshot that has one."""
    return {sha: s["finding"] for sha, s in snapshots.items() if s.get("finding")}


def posts(snapshots: Snapshots) -> list[dict[str, Any]]:
    """Posts as they were captured first, in the order of their time, each with the snapshot that has it."""
    found: dict[str, dict[str, Any]] = {}
    for sha, snapshot in snapshots.items():
        for post in snapshot.get("posts", ()):
            found.setdefault(str(post["id"]), {**post, "snapshot": sha})
    return sorted(found.values(), key=lambda p: (utc(p.get("created_at")), str(p["id"])))


def members(snapshots: Snapshots) -> list[dict[str, Any]]:
    """Members of the findings, each with its snapshot."""
    return [{**m, "snapshot": sha} for sha, f in findings(snapshots).items() for m in f.get("members", ())]


def gathered(snapshots: Snapshots, name: str) -> list[str]:
    """What the findings list under a name (``tickers``, ``links``, ``limits``), each once."""
    return list(dict.fromkeys(str(v) for f in findings(snapshots).values() for v in f.get(name, ())))


def span(snapshots: Snapshots) -> tuple[str, str] | None:
    """The earliest and the latest moment that the findings speak of; None without any."""
    windows = [f["window"] for f in findings(snapshots).values() if f.get("window")]
    if not windows:
        return None
    return min(utc(w["start"]) for w in windows), max(utc(w["end"]) for w in windows)


def named(file: CaseFile) -> tuple[str, ...]:
    """The accounts against which there is evidence itself: nobody is named for membership alone."""
    return tuple(row["account"] for row in file.subjects if row["own_evidence"])


def masked(node: str) -> str:
    """A node's name; of an identifier that is personal its kind and a short name of it, never its value or hash."""
    prefix, _, key = node.partition("/")
    short = short_identifier(key) if prefix == NodeType.IDENTIFIER else None
    return node if short is None else "identifier/{} #{}".format(*short)


def utc(value: object) -> str:
    """A time as ISO 8601 in UTC, to the second; empty where there is none, and as it is where it is no time."""
    if value is None or value == "":
        return ""
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def line(text: str, limit: int = 2_000) -> str:
    """A text that anybody wrote, in one line and with what it hides made visible."""
    return one_line(text, limit)


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as one zip file, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16  # else nobody may read what is unpacked
            kept.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
