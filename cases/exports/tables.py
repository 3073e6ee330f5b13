"""A case as tables: who, by what evidence, with which posts, what was decided, and what happened when."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from cases.exports import reading
from cases.exports.base import Export, Material
from graph.spreadsheets import to_csv

Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]


def make(material: Material) -> bytes:
    """A zip file of CSV files and of what they are; no cell is one that a spreadsheet runs."""
    file = material.file
    about = {
        "case": file.case["id"],
        "tlp": reading.mark(file),
        "taken_out": reading.utc(material.now),
        "snapshots": list(material.snapshots),
        "note": reading.FLAGGED,
    }
    made = {
        "members": _members(material),
        "evidence": _evidence(material),
        "posts": _posts(material),
        "actions": _actions(material),
        "timeline": _timeline(material),
    }
    files = [(f"{name}.csv", to_csv(columns, rows)) for name, (columns, rows) in made.items()]
    return reading.archive([("about.json", orjson.dumps(about, option=orjson.OPT_INDENT_2)), *files])


def _members(material: Material) -> Table:
    scored = {m["account"]: m for m in reading.members(material.snapshots)}
    rows = (
        (
            s["account"],
            s["role"],
            "yes" if s["own_evidence"] else "no",
            (m := scored.get(s["account"], {})).get("score"),
            m.get("snapshot"),
        )
        for s in material.file.subjects
    )
    return ("account", "role", "own_evidence", "score", "snapshot"), rows


def _evidence(material: Material) -> Table:
    columns = ("evidence", "finding", "measure", "value", "expected", "p_value", "unit", "nodes", "rests_on")
    rows = (
        (
            e.cite,
            e.kind,
            e.measure,
            e.value,
            e.expected,
            e.p_value,
            e.unit,
            len(e.nodes),
            "yes" if e.rests_on else "no",
        )
        for e in reading.evidence(material.snapshots)
    )
    return columns, rows


def _posts(material: Material) -> Table:
    rows = (
        (p["id"], p.get("account"), reading.utc(p.get("created_at")), p.get("text"), p["snapshot"])
        for p in reading.posts(material.snapshots)
    )
    return ("post", "account", "created_at", "text", "snapshot"), rows


def _actions(material: Material) -> Table:
    rows = (
        (a["id"], a["decision_id"], a["subject"], a["kind"], a["state"], reading.utc(a["updated_at"]), a["reason"])
        for a in material.file.actions
    )
    return ("action", "decision", "subject", "measure", "state", "updated_at", "reason"), rows


def _timeline(material: Material) -> Table:
    """What was done when, by what kind of actor: names of people at work stay inside."""
    rows = (
        (e["seq"], reading.utc(e["at"]), e["kind"], e["action"], e["subject"], e["subject_id"], e["hash"])
        for e in material.file.timeline
    )
    return ("entry", "at", "by", "action", "subject", "subject_id", "hash"), rows


EXPORT = Export("tables", "Tables of a case (CSV)", ".zip", make, track=None)
