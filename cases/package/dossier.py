"""What a case's dossier says, as plain data: the page and the PDF are made from this one material.

Every text in it has its hidden characters shown, so that what is read is what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping

from cases.package.contents import Contents
from cases.untrusted import visible

MOST_POSTS = 25  # of a snapshot, in the dossier; all are in posts.jsonl
FLAGGED = (
    "Flagged is not guilty. A program flagged what follows as a reason for a person to look. A score ranks; it is no"
    " probability that a rule was broken. Membership in a flagged group is no evidence against an account: only what is"
    " listed as evidence against that account itself is."
)
_P = (
    "A p-value is the chance of a pattern at least this strong under the stated comparison; it is not the chance of"
    " innocence."
)
_TITLES = {
    "case": "case",
    "subject": "account",
    "alert": "alert",
    "note": "note",
    "task": "task",
    "proposal": "proposal",
    "decision": "decision",
    "action": "action",
    "appeal": "appeal",
    "containment": "emergency measure",
}


def material(told: Contents) -> dict[str, Any]:
    """Everything that the dossier says."""
    file, case = told.file, told.file.case
    findings = [_finding(sha, orjson.loads(text)) for sha, text in told.snapshots.items()]
    made = {
        "mark": told.mark,
        "title": case["title"],
        "case": case["id"],
        "taken": f"{utc(told.now)} by {told.actor}",
        "head": f"{told.head.seq} · {told.head.hash}",
        "flagged": FLAGGED,
        "p_value": _P,
        "summary": _summary(told, findings),
        "facts": _facts(case),
        "subjects": _subjects(told, findings),
        "findings": findings,
        "timeline": [_event(row) for row in file.timeline],
        "decisions": [_decision(told, row) for row in reversed(file.decisions)],
        "approvals": [_approval(row) for row in file.proposals],
        "appeals": [_appeal(row) for row in file.appeals],
        "measures": [_measure(row) for row in file.containments],
        "custody": [_held(row) for row in file.custody],
        "unknown": _unknown(told, findings),
        "drafts": sorted(told.drafts),
        "missing": [[name, why] for name, why in sorted(told.missing.items())],
    }
    return dict(_shown(made))


def utc(at: datetime | str | None) -> str:
    """``2026-03-02 09:00:00 UTC``; a dash where there is none."""
    if at is None or at == "":
        return "–"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


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


def _summary(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    file = told.file
    own = sum(1 for s in file.subjects if s["own_evidence"])
    said = [
        f"The case is about {_many(len(file.subjects), 'account')}; against {own} of them there is evidence of its own."
    ]
    said += [f"Flagged: {f['summary']}" for f in findings]
    if not findings:
        said.append("No snapshot of evidence is kept in this case.")
    if file.draft is None:
        said.append("Nothing is decided.")
    else:
        draft = file.draft
        acts = _many(sum(1 for a in file.actions if a["state"] != "reversed"), "action")
        under = f"policy “{draft.policy}”, version {draft.policy_version}"
        said.append(f"Decided under {under}: {words(draft.outcome)}; {acts} in force.")
    reversed_ = [a for a in file.appeals if a["state"] in {"reversed", "partially_reversed"}]
    said += [f"On appeal the decision was {words(a['state'])} on {utc(a['resolved_at'])}." for a in reversed_]
    return said


def _facts(case: RowMapping) -> list[list[str]]:
    return [
        ["State", words(case["state"])],
        ["Outcome", words(case["outcome"]) or "none yet"],
        ["Severity by policy", case["severity"]],
        ["Track", "market abuse" if case["track"] == "market" else "platform rules"],
        ["Opened", f"{utc(case['opened_at'])} by {case['opened_by']}"],
        ["Held by", case["assignee"] or "nobody"],
    ]


def _finding(sha: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    found = snapshot.get("finding") or {}
    window = found.get("window") or {}
    start, end = (window.get("start"), window.get("end")) if isinstance(window, Mapping) else tuple(window)
    posts = snapshot.get("posts", [])
    return {
        "sha": sha,
        "name": f"{words(found.get('kind', 'finding'))} by {found.get('detector', '?')} {found.get('version', '')}",
        "id": found.get("id", ""),
        "summary": found.get("summary", ""),
        "score": f"{number(found.get('score'))} ({found.get('score_means', '')})",
        "priority": found.get("priority", ""),
        "window": f"{utc(start)} to {utc(end)}",
        "taken": f"{utc(snapshot['taken_at'])} by {snapshot['taken_by']}, program {snapshot['program']},"
        f" data up to commit {snapshot['store']['data_cut']}",
        "params": [[k, str(v)] for k, v in sorted((found.get("params") or {}).items())],
        "evidence": [_evidence(e, found) for e in found.get("evidence", [])],
        "members": [_member(m, snapshot) for m in found.get("members", [])],
        "would_clear": [[w["text"], w["state"], w.get("detail", "")] for w in found.get("would_clear", [])],
        "limits": list(found.get("limits", [])),
        "left_out": list(snapshot.get("left_out", [])),
        "counts": f"{_many(len(snapshot.get('nodes', [])), 'node')}, {_many(len(snapshot.get('edges', [])), 'edge')},"
        f" {_many(len(posts), 'post')}",
        "posts": [_post(p) for p in posts[:MOST_POSTS]],
        "more_posts": max(0, len(posts) - MOST_POSTS),
        "picture": sha,
    }


def _evidence(e: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": e["id"],
        "measure": e["measure"],
        "value": number(e["value"]),
        "expected": number(e["expected"]),
        "p": number(e["p_value"], 2),
        "unit": e["unit"],
        "compared": f"{_many(len(e.get('nodes', [])), 'node')}, {_many(len(e.get('interactions', [])), 'interaction')}",
        "rests": e["id"] in found.get("rests_on", []),
    }


def _member(m: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Any]:
    names = {_tail(n["id"]): n.get("label", "") for n in snapshot.get("nodes", []) if n["kind"] == "account"}
    own = [str(e) for e in m.get("evidence", [])]
    return {
        "account": m["account"],
        "name": names.get(m["account"], ""),
        "role": m["role"],
        "score": number(m["score"]),
        "own": ", ".join(own) or "none",
    }


def _post(p: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": p["id"],
        "account": p["account"],
        "at": moment(p.get("created_at")),
        "text": p.get("text") or "(no text)",
    }


def _subjects(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = {m["account"]: m["name"] for f in findings for m in f["members"] if m["name"]}
    done: dict[str, list[str]] = {}
    accounts = {} if told.file.draft is None else {a.subject: a.account for a in told.file.draft.actions}
    for action in told.file.actions:
        whose = accounts.get(action["subject"], action["subject"])
        done.setdefault(whose, []).append(f"{words(action['kind'])} ({action['state']})")
    return [
        {
            "account": s["account"],
            "name": names.get(s["account"], ""),
            "role": s["role"] or "–",
            "own": "yes" if s["own_evidence"] else "no",
            "done": "; ".join(done.get(s["account"], [])) or "nothing",
        }
        for s in told.file.subjects
    ]


def _event(row: RowMapping) -> dict[str, str]:
    detail = orjson.loads(row["detail"])
    why = detail.get("why") or (detail.get("reason") if isinstance(detail.get("reason"), str) else "")
    about = _TITLES.get(row["subject"], row["subject"])
    change = detail.get("is") if isinstance(detail.get("is"), dict) else {}
    to = f" → {words(change['state'])}" if isinstance(change.get("state"), str) else ""
    return {
        "at": moment(row["at"]),
        "who": row["actor"],
        "what": f"{words(row['action'])} ({about}{'' if about == 'case' else ' ' + row['subject_id']}){to}",
        "why": why or "",
    }


def _decision(told: Contents, row: RowMapping) -> dict[str, Any]:
    content = orjson.loads(row["content"])
    in_force = told.file.decision is not None and told.file.decision["id"] == row["id"]
    return {
        "id": row["id"],
        "hash": row["hash"],
        "force": "in force" if in_force else "superseded",
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


def _approval(row: RowMapping) -> dict[str, str]:
    return {
        "kind": row["kind"],
        "state": row["state"],
        "by": f"{row['proposed_by']}, {utc(row['proposed_at'])}",
        "answer": f"{row['answered_by']}, {utc(row['answered_at'])}" if row["answered_by"] else "–",
        "why": "; ".join(row["grounds"]) + (f" · {row['reason']}" if row["reason"] else ""),
        "hash": row["hash"],
    }


def _appeal(row: RowMapping) -> dict[str, str]:
    return {
        "by": row["appellant"],
        "received": utc(row["received_at"]),
        "text": row["text"],
        "state": words(row["state"]),
        "reviewer": row["reviewer"] or "–",
        "reason": row["reason"] or "–",
        "resolved": utc(row["resolved_at"]),
    }


def _measure(row: RowMapping) -> dict[str, str]:
    return {
        "what": f"{words(row['kind'])}: {row['subject']}",
        "state": row["state"],
        "opened": f"{utc(row['opened_at'])} by {row['opened_by']}",
        "approved": row["approved_by"] or "nobody",
        "why": row["reason"],
    }


def _held(row: RowMapping) -> dict[str, Any]:
    return {
        "seq": str(row["seq"]),
        "at": moment(row["at"]),
        "who": row["who"],
        "event": row["event"],
        "what": row["item"],
        "why": f"{row['place']}: {row['why']}",
    }


def _unknown(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    said: list[str] = []
    for f in findings:
        said += [f"Not looked at: {text}" for text in f["limits"]]
        said += [f"Left out of the snapshot: {text}" for text in f["left_out"]]
        said += [
            f"An innocent explanation that could not be checked: {t}"
            for t, state, _ in f["would_clear"]
            if state == "not checkable"
        ]
        said += [
            f"An innocent explanation that holds in part: {t}. {d}"
            for t, state, d in f["would_clear"]
            if state == "present"
        ]
        bare = [m["name"] or m["account"] for m in f["members"] if m["own"] == "none"]
        if bare:
            said.append(f"Members against whom nothing is known beyond their membership: {', '.join(bare)}.")
    without = [s["account"] for s in told.file.subjects if not s["own_evidence"]]
    if without:
        said.append(f"Accounts of the case without evidence of their own: {', '.join(without)}.")
    if not findings:
        said.append("What the accounts posted is not kept here: no snapshot was taken.")
    return said


def _many(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _tail(node: str) -> str:
    return node.partition("/")[2] or node


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {name: _shown(v) for name, v in value.items()}
    if isinstance(value, Iterable):
        return [_shown(v) for v in value]
    return value
