"""Rows of a dossier's tables: each from one row of the casebook or one part of a snapshot, as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping

_NAMED = ("account", "person", "assignee", "item", "title")  # of an entry's detail: what it was about
_LONG = 24  # characters of an id that is a hash


def utc(at: datetime | str | None) -> str:
    """``2026-03-02 09:00:00 UTC``; a dash where there is none."""
    if at is None or at == "":
        return "–"
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{known.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def moment(at: datetime | str | None) -> str:
    """The same without its zone, for columns that say it."""
    return utc(at).removesuffix(" UTC")


def number(value: float | None, digits: int = 4) -> str:
    """A measured number, shortly; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"


def words(name: str) -> str:
    """``pending_decision`` → ``pending decision``."""
    return str(name).replace("_", " ")


def facts(case: RowMapping) -> list[list[str]]:
    """What a case is."""
    return [
        ["State", words(case["state"])],
        ["Outcome", words(case["outcome"]) or "none yet"],
        ["Severity by policy", case["severity"]],
        ["Track", "market abuse" if case["track"] == "market" else "platform rules"],
        ["Opened", f"{utc(case['opened_at'])} by {case['opened_by']}"],
        ["Held by", case["assignee"] or "nobody"],
    ]


def evidence(e: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """One thing that was measured."""
    kinds = Counter(str(node[0]) for node in e["nodes"])
    compared = [many(count, kind) for kind, count in sorted(kinds.items())]
    if e["interactions"]:
        compared.append(many(len(e["interactions"]), "interaction"))
    return {
        "id": e["id"],
        "measure": e["measure"],
        "value": number(e["value"]),
        "expected": number(e["expected"]),
        "p": number(e["p_value"], 2),
        "unit": e["unit"],
        "compared": ", ".join(compared),
        "rests": e["id"] in found["rests_on"],
    }


def member(m: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """One member of what was flagged."""
    return {
        "account": m["account"],
        "name": names.get(m["account"], ""),
        "role": m["role"],
        "score": number(m["score"]),
        "own": ", ".join(m["evidence"]) or "none",
    }


def post(p: Mapping[str, Any]) -> dict[str, str]:
    """One post as it was captured, and what became of it at its source."""
    since = ""
    if p.get("as_captured"):
        now = p.get("text_now")
        since = "deleted at its source since" if now is None else f"edited since; it now reads: {now}"
    text = p.get("text")
    return {
        "account": p["account"],
        "at": moment(p.get("created_at")),
        "text": "(no text)" if text is None else text,
        "since": since,
    }


def decision(row: RowMapping, in_force: RowMapping | None) -> dict[str, Any]:
    """A decision, whole."""
    content = orjson.loads(row["content"])
    return {
        "id": row["id"],
        "hash": row["hash"],
        "force": "in force" if in_force is not None and in_force["id"] == row["id"] else "superseded",
        "rows": [
            ["Outcome", f"{words(content['outcome'])}, severity {content['severity']}"],
            ["Policy", f"{content['policy']}, version {content['policy_version']}"],
            ["Ground", _ground(content)],
            ["Facts", content["facts"]],
            ["Explanation", content["explanation"] or "–"],
            ["Detected by a program", "yes" if content["automated_detection"] else "no"],
            ["Decided by a program", words(content["automated_decision"])],
            ["Where it applies", ", ".join(content["scope"]) or "everywhere"],
            ["Decided", f"{utc(row['at'])} by {row['decided_by']}"],
            ["Approved by", row["approved_by"] or "nobody: no second person was needed"],
            ["Rests on", ", ".join(content["snapshots"]) or "no snapshot"],
        ],
        "actions": [
            [words(a["measure"]), a["subject"], a["account"], a["until"] or "no end"] for a in content["actions"]
        ],
    }


def _ground(content: Mapping[str, Any]) -> str:
    if content["ground"] is None:
        return "none: no rule was broken"
    kind = "illegal content" if content["ground"] == "illegal" else "terms and conditions"
    return f"{kind}: {content['reference']}"


def approval(row: RowMapping) -> dict[str, str]:
    """A proposal and who answered it."""
    return {
        "kind": row["kind"],
        "state": row["state"],
        "by": f"{row['proposed_by']}, {utc(row['proposed_at'])}",
        "answer": f"{row['answered_by']}, {utc(row['answered_at'])}" if row["answered_by"] else "–",
        "why": "; ".join(row["grounds"]) + (f" · {row['reason']}" if row["reason"] else ""),
        "hash": row["hash"],
    }


def appeal(row: RowMapping) -> dict[str, str]:
    """An appeal and its answer."""
    return {
        "by": row["appellant"],
        "received": utc(row["received_at"]),
        "text": row["text"],
        "state": words(row["state"]),
        "reviewer": row["reviewer"] or "–",
        "reason": row["reason"] or "–",
        "resolved": utc(row["resolved_at"]),
    }


def measure(row: RowMapping) -> dict[str, str]:
    """An emergency measure."""
    return {
        "what": f"{words(row['kind'])}: {row['subject']}",
        "state": row["state"],
        "opened": f"{utc(row['opened_at'])} by {row['opened_by']}",
        "approved": row["approved_by"] or "nobody",
        "why": row["reason"],
    }


def held(row: RowMapping) -> dict[str, str]:
    """A record of custody."""
    return {
        "seq": str(row["seq"]),
        "at": moment(row["at"]),
        "who": row["who"],
        "event": row["event"],
        "what": row["item"],
        "why": f"{row['place']}: {row['why']}",
    }


def handoff(row: RowMapping) -> dict[str, str]:
    """A question to another team and its answer."""
    return {
        "team": row["team"],
        "state": words(row["state"]),
        "asked": f"{row['asked_by']}, {utc(row['asked_at'])}",
        "due": utc(row["due_at"]),
        "answer": row["answer"] or row["reason"] or "–",
        "by": f"{row['answered_by']}, {utc(row['answered_at'])}" if row["answered_by"] else "–",
    }


def event(row: RowMapping) -> dict[str, str]:
    """An entry of the audit trail, as a line of the timeline."""
    detail = orjson.loads(row["detail"])
    told = {**detail, **detail["is"]} if isinstance(detail.get("is"), dict) else detail
    named = next((str(told[n]) for n in _NAMED if isinstance(told.get(n), str)), "")
    key = "" if row["subject"] == "case" else short(row["subject_id"])
    about = " ".join(part for part in (words(row["subject"]), key, named) if part)
    state = told.get("state") if "is" in detail else None
    why = next((detail[n] for n in ("why", "reason") if isinstance(detail.get(n), str)), "")
    return {
        "at": moment(row["at"]),
        "who": row["actor"],
        "what": f"{words(row['action'])} · {about}{f' → {words(state)}' if isinstance(state, str) else ''}",
        "why": why,
    }


def flagged(found: Mapping[str, Any], name: str) -> list[dict[str, str]]:
    """When what was flagged began and ended, as lines of the timeline."""
    ends = (("begins", found["window"]["start"]), ("ends", found["window"]["end"]))
    return [{"at": moment(at), "who": "–", "what": f"what was flagged {word} ({name})", "why": ""} for word, at in ends]


def short(key: str) -> str:
    """An id; of a hash, its beginning."""
    return key if len(key) <= _LONG else f"{key[:12]}…"


def many(count: int, one: str) -> str:
    """``1 post``, ``2 posts``."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def tail(node: str) -> str:
    """A node's key: ``account/x:1`` → ``x:1``."""
    return node.partition("/")[2] or node
