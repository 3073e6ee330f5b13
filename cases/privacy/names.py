"""Names by which the accounts of a case are known: ids, keys without their platform, handles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cases.drafts import Draft, draft_from

if TYPE_CHECKING:
    from cases.casefile import CaseFile

_LEAST = 4  # characters of a name that is looked for without an @
_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]*")  # letters of one case, the first perhaps a capital: it may be a mere word
_ACCOUNT = "account/"


def accounts(file: CaseFile) -> list[str]:
    """Accounts that the case knows of, wherever it names them."""
    found = {str(row["account"]) for row in file.subjects}
    found |= {str(account) for row in file.alerts for account in row["told"].get("accounts", ())}
    found |= {str(row["appellant"]) for row in file.appeals}
    found |= {a.account for draft in drafts(file) for a in draft.actions}
    return sorted(found - {""})


def items(file: CaseFile) -> list[str]:
    """Posts, links and whatever else something is done about."""
    found = {a.subject for draft in drafts(file) for a in draft.actions}
    found |= {str(row["subject"]) for row in (*file.actions, *file.containments)}
    return sorted(found - {""})


def handles(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """Accounts of a snapshot, each with its handle where that is known."""
    nodes = (n for n in snapshot.get("nodes", ()) if n.get("kind") == "account")
    found = {str(n["id"]).removeprefix(_ACCOUNT): str(n.get("label") or "") for n in nodes}
    finding = snapshot.get("finding") or {}
    for row in (*finding.get("members", ()), *snapshot.get("posts", ())):
        found.setdefault(str(row["account"]), "")
    return found


def known(file: CaseFile, snapshots: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Every spelling of every account of a case and its snapshots, and the ids of what something is done about."""
    named = dict.fromkeys(accounts(file), "")
    for snapshot in snapshots:
        named |= {name: label for name, label in handles(snapshot).items() if label or name not in named}
    spelt = {other for name, label in named.items() for other in spellings(name, label)}
    return frozenset({*named, *items(file), *spelt})


def spellings(name: str, label: str = "") -> list[str]:
    """How else an account is written. A name that may be a mere word counts only with an @ before it."""
    found = []
    for other in (re.split(r"[/:]", name, maxsplit=1)[-1], label.removeprefix("@")):
        if other:
            found.append(f"@{other}")
        if len(other) >= _LEAST and not _WORD.fullmatch(other):
            found.append(other)
    return found


def drafts(file: CaseFile) -> list[Draft]:
    """What every decision, made or proposed, says."""
    rows = (*file.decisions, *(p for p in file.proposals if p["kind"] == "decision"))
    return [draft_from(row["content"]) for row in rows]
