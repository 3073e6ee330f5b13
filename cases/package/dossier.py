"""What a case's dossier says, as plain data: the page and the PDF are made from this one material.

Every text in it has its hidden characters shown, so that what is read is what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from cases.package import rows
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
_ELSEWHERE = frozenset({"custody"})  # entries that have a table of their own


def material(told: Contents) -> dict[str, Any]:
    """Everything that the dossier says."""
    file, case = told.file, told.file.case
    read = {sha: orjson.loads(text) for sha, text in told.snapshots.items()}
    findings = [_finding(sha, snapshot) for sha, snapshot in read.items()]
    made = {
        "mark": told.mark,
        "title": case["title"],
        "case": case["id"],
        "taken": f"{rows.utc(told.now)} by {told.actor}",
        "head": f"{told.head.seq} · {told.head.hash}",
        "flagged": FLAGGED,
        "p_value": _P,
        "summary": _summary(told, findings),
        "facts": rows.facts(case),
        "subjects": _subjects(told, findings),
        "findings": findings,
        "timeline": _timeline(told, read.values()),
        "decisions": [rows.decision(row, file.decision) for row in reversed(file.decisions)],
        "approvals": [rows.approval(row) for row in file.proposals],
        "appeals": [rows.appeal(row) for row in file.appeals],
        "handoffs": [rows.handoff(row) for row in file.handoffs],
        "measures": [rows.measure(row) for row in file.containments],
        "custody": [rows.held(row) for row in file.custody],
        "unknown": _unknown(told, findings),
        "drafts": sorted(told.drafts),
        "missing": [[name, why] for name, why in sorted(told.missing.items())],
    }
    return dict(shown(made))


def _summary(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    file = told.file
    own = sum(1 for s in file.subjects if s["own_evidence"])
    accounts = rows.many(len(file.subjects), "account")
    said = [f"The case is about {accounts}; against {own} of them there is evidence of its own."]
    said += [f"Flagged: {f['summary']}" for f in findings]
    if not findings:
        said.append("No snapshot of evidence is kept in this case.")
    if file.draft is None:
        said.append("Nothing is decided.")
    else:
        acts = rows.many(sum(1 for a in file.actions if a["state"] != "reversed"), "action")
        under = f"policy “{file.draft.policy}”, version {file.draft.policy_version}"
        said.append(f"Decided under {under}: {rows.words(file.draft.outcome)}; {acts} in force.")
    answered = [a for a in file.appeals if a["resolved_at"] is not None]
    said += [f"On appeal, {rows.utc(a['resolved_at'])}: {rows.words(a['state'])}." for a in answered]
    waiting = len(file.appeals) - len(answered)
    return said + ([f"{rows.many(waiting, 'appeal')} not answered yet."] if waiting else [])


def _finding(sha: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    found, posts = snapshot["finding"], snapshot["posts"]
    names = {rows.tail(n["id"]): n["label"] for n in snapshot["nodes"] if n["kind"] == "account"}
    counts = (("nodes", "node"), ("edges", "edge"), ("posts", "post"))
    return {
        "sha": sha,
        "name": _name(found),
        "summary": found["summary"],
        "score": f"{rows.number(found['score'])} ({found['score_means']})",
        "priority": found["priority"],
        "window": f"{rows.utc(found['window']['start'])} to {rows.utc(found['window']['end'])}",
        "taken": f"{rows.utc(snapshot['taken_at'])} by {snapshot['taken_by']}, program {snapshot['program']},"
        f" data up to commit {snapshot['store']['data_cut']}",
        "params": [[k, str(v)] for k, v in sorted(found["params"].items())],
        "evidence": [rows.evidence(e, found) for e in found["evidence"]],
        "members": [rows.member(m, names) for m in found["members"]],
        "would_clear": [[w["text"], w["state"], w["detail"] or "–"] for w in found["would_clear"]],
        "limits": found["limits"],
        "left_out": snapshot["left_out"],
        "counts": ", ".join(rows.many(len(snapshot[part]), one) for part, one in counts),
        "posts": [rows.post(p) for p in posts[:MOST_POSTS]],
        "more_posts": max(0, len(posts) - MOST_POSTS),
    }


def _name(found: Mapping[str, Any]) -> str:
    return f"{rows.words(found['kind'])} by {found['detector']} {found['version']}"


def _timeline(told: Contents, read: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    done = [rows.event(row) for row in told.file.timeline if row["subject"] not in _ELSEWHERE]
    was = [line for snapshot in read for line in rows.flagged(snapshot["finding"], _name(snapshot["finding"]))]
    return sorted([*was, *done], key=lambda line: line["at"])  # which keeps the order of equal times


def _subjects(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = {m["account"]: m["name"] for f in findings for m in f["members"]}
    said = [a for row in told.file.decisions for a in orjson.loads(row["content"])["actions"]]
    owner = {a["subject"]: a["account"] for a in said}
    done: dict[str, list[str]] = {}
    for action in told.file.actions:
        told_of = f"{rows.words(action['kind'])} ({action['state']})"
        done.setdefault(owner.get(action["subject"], action["subject"]), []).append(told_of)
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


def _unknown(told: Contents, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    said: list[str] = []
    for f in findings:
        said += [f"Limit: {text}" for text in f["limits"]]
        said += [f"Left out of the snapshot: {text}" for text in f["left_out"]]
        said += [f"{_CLEARS[state]}: {text} ({known})" for text, state, known in f["would_clear"] if state in _CLEARS]
        if bare := [m["name"] or m["account"] for m in f["members"] if m["own"] == "none"]:
            said.append(f"Members against whom nothing is known beyond their membership: {', '.join(bare)}.")
    if without := [s["account"] for s in told.file.subjects if not s["own_evidence"]]:
        said.append(f"Accounts of the case without evidence of their own: {', '.join(without)}.")
    if not findings:
        said.append("What the accounts posted is not kept here: no snapshot was taken.")
    return list(dict.fromkeys(said))


_CLEARS = {
    "not checkable": "An innocent explanation that could not be checked",
    "present": "An innocent explanation that holds, in part or whole",
}


def shown(value: Any) -> Any:
    """A value with the hidden characters of its texts shown."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {name: shown(v) for name, v in value.items()}
    if isinstance(value, Iterable):
        return [shown(v) for v in value]
    return value
