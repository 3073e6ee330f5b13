"""The statement of reasons to each account that something is done about (DSA Art. 17): its own, and nobody else's.

Not the record for the Commission, which is :mod:`cases.exports.dsa_record`: this one names the account and what was
done to it, and says what its holder can do. Nothing of the market track is in it, and like the enforcement it may have
to wait for Legal.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime
from typing import Any

from cases.drafts import Action, Automated, Draft, Ground, Measure
from cases.escalation.releases import Step
from cases.exports import reading
from cases.exports.base import Export, Material, Question
from cases.exports.rendering import rendered
from cases.lifecycles import ActionState
from cases.privacy import names
from cases.privacy.redaction import described, detect
from cases.untrusted import visible
from graph.errors import CaseError

MONTHS = 6  # for a complaint, at the least (Art. 20(1))
_DONE = {
    Measure.REMOVE_CONTENT: "The content {0} was removed",
    Measure.DISABLE_CONTENT: "Access to the content {0} was disabled",
    Measure.DEMOTE_CONTENT: "The content {0} is shown less prominently",
    Measure.RESTRICT_INTERACTION: "Interaction with {0} was restricted",
    Measure.LABEL_CONTENT: "The content {0} was given a label",
    Measure.SUSPEND_MONETISATION: "Payments through the account were suspended",
    Measure.TERMINATE_MONETISATION: "Payments through the account were ended",
    Measure.SUSPEND_SERVICE: "The service was suspended for the account",
    Measure.TERMINATE_SERVICE: "The service was ended for the account",
    Measure.SUSPEND_ACCOUNT: "The account was suspended",
    Measure.TERMINATE_ACCOUNT: "The account was closed",
}
_SOURCES = {
    "own initiative": "This was looked into on the platform's own initiative.",
    "notice": "This was looked into because of a notice (Art. 16 of Regulation (EU) 2022/2065).",
    "trusted flagger": "This was looked into because of a notice by a trusted flagger (Art. 22 of that Regulation).",
    "other notification": "This was looked into because somebody drew attention to it.",
}
_DECIDED = {
    Automated.NOT: "The decision itself was made by people.",
    Automated.PARTIALLY: "The decision itself was made by people with the help of automated means.",
    Automated.FULLY: "The decision itself was made by automated means.",
}
_GROUND = {
    Ground.ILLEGAL: "The decision rests on law. The rule, and why what happened is held to break it:",
    Ground.TERMS: "The decision rests on the terms and conditions. The clause, and why what happened breaks it:",
}
_CAREFUL = (
    "This statement is about what was posted or done through the account and about the rules of the platform. It is no"
    " finding of a court, and says nothing about who used the account."
)


def make(material: Material) -> bytes:
    """A zip file with each letter as text and as a page."""
    return reading.archive(
        (f"{number:03d}-{_file_name(account)}.{kind}", letter[kind].encode())
        for number, (account, letter) in enumerate(letters(material).items(), 1)
        for kind in ("txt", "html")
    )


def letters(material: Material) -> dict[str, dict[str, str]]:
    """A letter to each account that something is done about, as ``txt`` and ``html``.

    Raises
    ------
    CaseError
        Nothing is done about anybody, or what is said names somebody else.
    """
    file, where = material.file, f"case {material.file.case['id']}"
    only = material.answers.get("account")
    acts = [a for a in _standing(material) if only in {None, a.account}]
    if file.draft is None or file.decision is None or not acts:
        raise CaseError("no decision in force restricts anything", where, "there is nobody to tell")
    known = names.known(file, material.snapshots.values())
    found = {}
    for account in sorted({a.account for a in acts}):
        own = [a for a in acts if a.account == account]
        _check(file.draft, known - _own(account, own, material), where)
        found[account] = _rendered(_told(file.draft, file.decision, account, own, material))
    return found


def due(informed: date) -> date:
    """The first day on which a complaint may be late, that is six months on (Regulation (EEC) 1182/71, Art. 3)."""
    years, month = divmod(informed.month - 1 + MONTHS, 12)
    year = informed.year + years
    return date(year, month + 1, min(informed.day, calendar.monthrange(year, month + 1)[1]))


def _standing(material: Material) -> list[Action]:
    rows = material.file.actions
    standing = {(a["kind"], a["subject"]) for a in rows if a["state"] != ActionState.REVERSED}
    told = () if material.file.draft is None else material.file.draft.actions
    return [a for a in told if (a.measure.value, a.subject) in standing]


def _own(account: str, acts: list[Action], material: Material) -> frozenset[str]:
    """Names of the account itself, and of what of its own it is told about."""
    labels = {names.handles(s).get(account, "") for s in material.snapshots.values()} | {""}
    spelt = {other for label in labels for other in names.spellings(account, label)}
    return frozenset({account, *spelt, *(a.subject for a in acts)})


def _check(draft: Draft, others: frozenset[str], where: str) -> None:
    told = {"facts": draft.facts, "reference": draft.reference, "explanation": draft.explanation}
    wrong = [f"{name} has {described(found)}" for name, text in told.items() if (found := detect(text, others))]
    if wrong:
        hint = "correct the decision, without personal data"
        raise CaseError(f"what is said names somebody: {'; '.join(wrong)}", where, hint)


def _told(draft: Draft, decision: Any, account: str, acts: list[Action], material: Material) -> dict[str, Any]:
    answers = material.answers
    ground = draft.ground or Ground.TERMS
    told = {
        "decision": decision["id"],
        "decided": _day(decision["at"]),
        "account": account,
        "measures": [_measure(a) for a in acts],
        "scope": f"This applies in: {', '.join(draft.scope)}." if draft.scope else "This applies everywhere.",
        "facts": draft.facts,
        "source": _SOURCES[answers["source"]],
        "detection": "Automated means were used to detect it."
        if draft.automated_detection
        else "No automated means were used to detect it.",
        "decision_by": _DECIDED[draft.automated_decision],
        "ground": _GROUND[ground],
        "reference": draft.reference,
        "explanation": draft.explanation,
        "policy": f"It was decided under the policy “{draft.policy}”, version {draft.policy_version}.",
        "redress": _redress(answers, material.now),
        "careful": _CAREFUL,
    }
    return {k: [visible(v) for v in value] if isinstance(value, list) else visible(value) for k, value in told.items()}


def _measure(action: Action) -> str:
    done = _DONE[action.measure].format(action.subject)
    return f"{done}, {f'until {action.until.isoformat()}' if action.until else 'without an end date'}."


def _redress(answers: Any, now: datetime) -> list[str]:
    last = due(now.astimezone(UTC).date())
    bodies = answers.get("out_of_court", "The European Commission publishes the list of these bodies.")
    complain = (
        f"Complain to the platform, free of charge: {answers['complaint']}. You have six months from the day on which"
        f" this reached you, that is until {last.isoformat()} or later. A person who took no part in the decision looks"
        " at it again, and you are told the reasons."
    )
    settle = (
        "Have the dispute settled out of court by a body that a Digital Services Coordinator has certified (Art. 21 of"
        f" Regulation (EU) 2022/2065). {bodies}"
    )
    return [complain, settle, "Go to court at any time; neither of the other ways takes that right away."]


def _rendered(told: dict[str, Any]) -> dict[str, str]:
    return {kind: rendered(f"dsa_statement.{kind}.j2", told) for kind in ("txt", "html")}


def _file_name(account: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", account)[:80].strip("._") or "account"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


ASKS = (
    Question("source", "What led to it?", tuple(_SOURCES)),
    Question("complaint", "Where can its holder complain, electronically and free of charge (an address)?"),
    Question("out_of_court", "Which certified bodies settle disputes out of court, in a sentence?", required=False),
    Question("account", "To which account alone? Empty for all.", required=False),
)
EXPORT = Export(
    "dsa_statement", "Statements of reasons to those concerned (DSA Art. 17)", ".zip", make, ASKS, step=Step.NOTICE
)
