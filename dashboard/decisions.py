"""A decision as a page asks and shows it: from what was filled in to a draft, and from a draft to lines to read.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import RowMapping

from cases.drafts import AGAINST_ACCOUNTS, BROKEN, Action, Draft, Measure
from cases.lifecycles import Outcome
from dashboard.untrusted import one_line, visible
from dashboard.views import Row

NOTHING = "nothing is done"
_WORDS: Mapping[str, str] = {
    "remove_content": "Remove content",
    "disable_content": "Disable access to content",
    "demote_content": "Show content to fewer",
    "restrict_interaction": "Restrict interaction",
    "label_content": "Label content",
    "suspend_monetisation": "Suspend payments",
    "terminate_monetisation": "End payments",
    "suspend_service": "Suspend the service",
    "terminate_service": "End the service",
    "suspend_account": "Suspend the account",
    "terminate_account": "End the account",
}


def words(name: str) -> str:
    """A measure's, an outcome's or a ground's name as it is read."""
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


def actions(measure: Measure | None, accounts: Sequence[str], content: str, until: date | None) -> tuple[Action, ...]:
    """The actions that were filled in.

    Parameters
    ----------
    accounts : sequence of str
        For a measure against accounts.
    content : str
        For one about content: a line each, the account, then the post or the link.
    """
    if measure is None:
        return ()
    if measure in AGAINST_ACCOUNTS:
        return tuple(Action(measure, a, a, until) for a in accounts)
    lines = (line.split(maxsplit=1) for line in content.splitlines() if line.strip())
    return tuple(Action(measure, parts[-1].strip(), parts[0], until) for parts in lines)


def broken(outcome: Outcome) -> bool:
    """Whether the outcome says that a rule was broken."""
    return outcome in BROKEN


def lines(draft: Draft) -> list[str]:
    """A decision to read, as it is approved: everything that the hash is of."""
    found = [
        f"{words(draft.outcome)} · severity {draft.severity}",
        f"Policy: {one_line(draft.policy, 200)}, version {one_line(draft.policy_version, 40)}",
        f"Facts: {visible(draft.facts)}",
    ]
    if draft.ground is not None:
        found.append(f"Ground: {words(draft.ground)}, {one_line(draft.reference, 300)}")
    if draft.explanation:
        found.append(f"Why: {visible(draft.explanation)}")
    found.append(
        f"A program {'found' if draft.automated_detection else 'did not find'} it;"
        f" how far one decided: {words(draft.automated_decision).lower()}"
    )
    found.append("Applies in: " + (", ".join(one_line(c, 8) for c in draft.scope) or "every country"))
    found.append(f"Rests on {len(draft.snapshots):,} frozen pictures: {', '.join(s[:12] for s in draft.snapshots)}"
                 if draft.snapshots else "Rests on no frozen picture")  # fmt: skip
    return found


def action_rows(told: Sequence[Action]) -> list[Row]:
    """The actions of a draft."""
    return [
        {
            "What is done": words(a.measure),
            "To": one_line(a.subject, 200),
            "Account": one_line(a.account, 120),
            "Until": a.until.isoformat() if a.until else "further notice",
        }
        for a in told
    ]


def done_rows(rows: Sequence[RowMapping]) -> list[Row]:
    """Actions as they stand."""
    return [
        {
            "What is done": words(r["kind"]),
            "To": one_line(r["subject"], 200),
            "State": r["state"],
            "Reason": one_line(r["reason"], 300),
        }
        for r in rows
    ]
