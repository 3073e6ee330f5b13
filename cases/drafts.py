"""What a decision says before anybody has made it: checked against its case, and hashed, so that approvals bind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import orjson

from cases.audit import canonical
from cases.lifecycles import Outcome, Severity
from graph.errors import CaseError

MANY = 20  # subjects of one decision beyond which a second person must approve
BROKEN = frozenset({Outcome.VIOLATION_CONFIRMED, Outcome.VIOLATION_PARTIAL})


class Measure(StrEnum):
    """What is done about one subject; each has its place among the decisions of DSA Art. 17(1)."""

    REMOVE_CONTENT = "remove_content"
    DISABLE_CONTENT = "disable_content"
    DEMOTE_CONTENT = "demote_content"
    RESTRICT_INTERACTION = "restrict_interaction"
    LABEL_CONTENT = "label_content"
    SUSPEND_MONETISATION = "suspend_monetisation"
    TERMINATE_MONETISATION = "terminate_monetisation"
    SUSPEND_SERVICE = "suspend_service"
    TERMINATE_SERVICE = "terminate_service"
    SUSPEND_ACCOUNT = "suspend_account"
    TERMINATE_ACCOUNT = "terminate_account"


TERMINATIONS = frozenset(m for m in Measure if m.startswith("terminate_"))
AGAINST_ACCOUNTS = frozenset(m for m in Measure if not m.endswith("_content"))


class Ground(StrEnum):
    """What a decision stands on."""

    ILLEGAL = "illegal"
    TERMS = "terms"


class Automated(StrEnum):
    """How far a program made the decision."""

    NOT = "not_automated"
    PARTIALLY = "partially"
    FULLY = "fully"


@dataclass(frozen=True, slots=True)
class Action:
    """One measure against one subject.

    Parameters
    ----------
    subject : str
        An account's id, or a post's or a link's for a measure about content.
    account : str
        Whose content it is; for a measure against an account the same as ``subject``.
    until : date or None
        Last day of a restriction that ends.
    """

    measure: Measure
    subject: str
    account: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision as it is proposed.

    Parameters
    ----------
    outcome : Outcome
    severity : Severity
    policy, policy_version : str
        The policy that it is made under, and the version in force.
    facts : str
        What happened, without personal data.
    ground : Ground or None
        None where no rule was broken.
    reference, explanation : str
        The law's or the terms' place, and why the facts break it.
    actions : tuple of Action
    automated_detection : bool
        Whether a program found it.
    automated_decision : Automated
    scope : tuple of str
        Country codes that it applies in; empty for all.
    snapshots : tuple of str
        Hashes of the evidence it rests on.
    """

    outcome: Outcome
    severity: Severity
    policy: str
    policy_version: str
    facts: str
    ground: Ground | None = None
    reference: str = ""
    explanation: str = ""
    actions: tuple[Action, ...] = ()
    automated_detection: bool = True
    automated_decision: Automated = Automated.NOT
    scope: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()

    @property
    def accounts(self) -> frozenset[str]:
        """Accounts that something is done about."""
        return frozenset(a.account for a in self.actions)

    def content(self) -> str:
        """Canonical JSON, what is hashed and kept."""
        return canonical(asdict(self))


def draft_from(content: str) -> Draft:
    """Read what :meth:`Draft.content` wrote."""
    raw: dict[str, Any] = orjson.loads(content)
    actions = tuple(
        Action(
            Measure(a["measure"]),
            a["subject"],
            a["account"],
            None if a["until"] is None else date.fromisoformat(a["until"]),
        )
        for a in raw["actions"]
    )
    ground = None if raw["ground"] is None else Ground(raw["ground"])
    typed = {
        "outcome": Outcome(raw["outcome"]),
        "severity": Severity(raw["severity"]),
        "ground": ground,
        "actions": actions,
        "automated_decision": Automated(raw["automated_decision"]),
        "scope": tuple(raw["scope"]),
        "snapshots": tuple(raw["snapshots"]),
    }
    return Draft(**{**raw, **typed})


def check(draft: Draft, about: Mapping[str, bool], where: str, *, by_program: bool = False) -> None:
    """Look whether a draft can be a decision about these accounts.

    Parameters
    ----------
    about : mapping of str to bool
        The case's accounts, and whether there is evidence against the account itself.
    by_program : bool
        Whether a service proposes it.

    Raises
    ------
    CaseError
        All that is wrong with it.
    """
    wrong = [*_lacking(draft), *_against(draft, about)]
    if by_program and draft.automated_decision is Automated.NOT:
        wrong.append("a service proposes it, and it says that no program decided")
    if len({(a.measure, a.subject) for a in draft.actions}) < len(draft.actions):
        wrong.append("it has the same action twice")
    if wrong:
        raise CaseError("the decision cannot be made: " + "; ".join(wrong), where, "mend it and propose it again")


def _lacking(draft: Draft) -> list[str]:
    found = [f"{name} is empty" for name in ("policy", "policy_version", "facts") if not getattr(draft, name).strip()]
    if draft.outcome in BROKEN:
        if draft.ground is None:
            found.append("no ground is named")
        found += [f"{name} is empty" for name in ("reference", "explanation") if not getattr(draft, name).strip()]
    elif draft.actions:
        found.append(f"{draft.outcome} has actions")
    return found


def _against(draft: Draft, about: Mapping[str, bool]) -> list[str]:
    found = []
    for account in sorted(draft.accounts):
        if account not in about:
            found.append(f"the case is not about {account}")
        elif not about[account]:
            found.append(f"there is no evidence against {account} itself")
    mismatched = (a for a in draft.actions if a.measure in AGAINST_ACCOUNTS and a.subject != a.account)
    return found + [f"{a.measure} is against an account, and {a.subject} is not {a.account}" for a in mismatched]


def grounds_for_approval(draft: Draft, protected: Collection[str] = ()) -> list[str]:
    """Why a second person must approve a draft; nothing where one person may decide.

    Parameters
    ----------
    protected : collection of str
        Accounts that nobody acts on alone: official, verified, of high profile.
    """
    found = []
    if draft.severity <= Severity.S1:
        found.append(f"severity {draft.severity}")
    if any(a.measure in TERMINATIONS for a in draft.actions):
        found.append("a termination")
    if len(draft.accounts) > MANY:
        found.append(f"{len(draft.accounts)} accounts, more than {MANY}")
    if touched := draft.accounts & set(protected):
        found.append(f"{len(touched)} protected accounts")
    return found
