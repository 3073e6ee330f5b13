"""The record of a decision for the Commission's Transparency Database (DSA Art. 24(5)): without anybody's data.

One statement about each post or account that something is done about, with all that is done about it. A line of the
file is the body of one request of at most 100 statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from cases.drafts import Action, Automated, Draft, Ground, Measure
from cases.escalation.releases import Step
from cases.exports import reading
from cases.exports.base import Export, Material, Question, parts
from cases.exports.dsa_rules import BATCH, CATEGORIES, EEA, KEYWORDS, RULES, WRITTEN, unordered, unpaired, wrong
from cases.lifecycles import ActionState
from cases.privacy import names
from cases.privacy.redaction import described, detect
from graph.errors import CaseError

_VISIBILITY = {
    Measure.REMOVE_CONTENT: "REMOVED",
    Measure.DISABLE_CONTENT: "DISABLED",
    Measure.DEMOTE_CONTENT: "DEMOTED",
    Measure.RESTRICT_INTERACTION: "INTERACTION_RESTRICTED",
    Measure.LABEL_CONTENT: "LABELLED",
}
_MONETARY = {Measure.SUSPEND_MONETISATION: "SUSPENSION", Measure.TERMINATE_MONETISATION: "TERMINATION"}
_SERVICE = {Measure.SUSPEND_SERVICE: "SUSPENSION", Measure.TERMINATE_SERVICE: "TERMINATION"}
_ACCOUNT = {Measure.SUSPEND_ACCOUNT: "SUSPENDED", Measure.TERMINATE_ACCOUNT: "TERMINATED"}
_KINDS = (("visibility", _VISIBILITY), ("monetary", _MONETARY), ("service", _SERVICE), ("account", _ACCOUNT))
_AUTOMATED = {Automated.NOT: "NOT_AUTOMATED", Automated.PARTIALLY: "PARTIALLY", Automated.FULLY: "FULLY"}
_DIRECT = ("category", "account_type", "content_language", "source_type", "source_identity", "content_type_other")
_RENAMED = {"keyword_other": "category_specification_other", "reference_url": "decision_ground_reference_url"}
_LISTS = {
    "keywords": "category_specification",
    "category_addition": "category_addition",
    "content_type": "content_type",
}


@dataclass(frozen=True, slots=True)
class Group:
    """What one statement is about.

    Parameters
    ----------
    puid : str
        Its name on the platform: random, and the same as long as the action stands.
    actions : tuple of Action
        All about the same subject.
    """

    puid: str
    actions: tuple[Action, ...]


def make(material: Material) -> bytes:
    """The requests, one a line."""
    found = statements(material)
    bodies = [{"statements": found[i : i + BATCH]} for i in range(0, len(found), BATCH)]
    return b"".join(orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for body in bodies)


def statements(material: Material) -> list[dict[str, Any]]:
    """A statement about each subject of the decision in force.

    Raises
    ------
    CaseError
        There is nothing to report, or all that is wrong with the statements, personal data among it.
    """
    file, where = material.file, f"case {material.file.case['id']}"
    if file.decision is None or file.draft is None or not file.draft.actions:
        raise CaseError("no decision in force restricts anything", where, "there is nothing to report")
    if file.draft.scope and not set(file.draft.scope) & set(EEA):
        raise CaseError("the decision applies nowhere in the EEA", where, "there is nothing to report")
    if "service_extent" not in material.answers and any(a.measure in _SERVICE for a in file.draft.actions):
        raise CaseError("service_extent is not answered, and the decision is about the service", where)
    common = _common(file.draft, material.answers)
    common["application_date"] = material.answers.get("application_date") or _day(file.decision["at"])
    dates = _dates(material)
    found = [{**common, **_about(g, material.answers, dates), "puid": g.puid} for g in groups(material)]
    check(found, names.known(file, material.snapshots.values()), where)
    return found


def groups(material: Material) -> list[Group]:
    """The actions that stand, by subject; two about the same that one statement cannot say are two statements."""
    file = material.file
    standing = {(a["kind"], a["subject"]): a["id"] for a in file.actions if a["state"] != ActionState.REVERSED}
    grouped: dict[tuple[str, int], list[Action]] = {}
    for action in () if file.draft is None else file.draft.actions:
        place = 0
        while any(_clash(action, other) for other in grouped.get((action.subject, place), ())):
            place += 1
        grouped.setdefault((action.subject, place), []).append(action)
    found = []
    for (subject, _), actions in sorted(grouped.items()):
        ids = [standing[a.measure.value, subject] for a in actions if (a.measure.value, subject) in standing]
        if ids:
            found.append(Group(min(ids), tuple(actions)))
    return found


def check(records: Sequence[Mapping[str, Any]], known: frozenset[str], where: str) -> None:
    """Go on only with statements that the Commission takes, and that hold nobody's data.

    Raises
    ------
    CaseError
        All that is wrong with them.
    """
    said = Counter(why for r in records for why in (*wrong(r), *unpaired(r), *unordered(r), *personal(r, known)))
    if said:
        told = "; ".join(why if n == len(records) else f"{why} ({n} of {len(records)})" for why, n in said.items())
        raise CaseError(f"the statements cannot be made: {told}", where, "mend the answers, or correct the decision")


def personal(record: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    """Personal data in a statement, by field, without saying it again."""
    for name in (*WRITTEN, "puid"):
        if found := detect(str(record.get(name) or ""), known):
            yield f"{name} has personal data: {described(found)}"


def _clash(one: Action, other: Action) -> bool:
    """Whether one statement cannot say both: it has one monetary decision, and one end for each kind."""
    kind, other_kind = _kind(one.measure), _kind(other.measure)
    return kind == other_kind and (kind != "visibility" or one.until != other.until)


def _kind(measure: Measure) -> str:
    return next(kind for kind, measures in _KINDS if measure in measures)


def _common(draft: Draft, answers: Mapping[str, str]) -> dict[str, Any]:
    """What all statements of a decision say."""
    ground = "illegal_content" if draft.ground is Ground.ILLEGAL else "incompatible_content"
    record: dict[str, Any] = {
        "decision_ground": f"DECISION_GROUND_{ground.upper()}",
        f"{ground}_explanation": draft.explanation,
        (
            "illegal_content_legal_ground" if draft.ground is Ground.ILLEGAL else "incompatible_content_ground"
        ): draft.reference,
        "decision_facts": draft.facts,
        "territorial_scope": [code for code in EEA if not draft.scope or code in draft.scope],
        "automated_detection": "Yes" if draft.automated_detection else "No",
        "automated_decision": f"AUTOMATED_DECISION_{_AUTOMATED[draft.automated_decision]}",
    }
    record |= {name: answers[name] for name in _DIRECT if name in answers}
    record |= {field: answers[name] for name, field in _RENAMED.items() if name in answers}
    record |= {field: parts(answers[name]) for name, field in _LISTS.items() if name in answers}
    if "also_illegal" in answers:
        record["incompatible_content_illegal"] = answers["also_illegal"]
    return record


def _about(group: Group, answers: Mapping[str, str], dates: Mapping[str, str]) -> dict[str, Any]:
    """What one statement says of its subject."""
    record: dict[str, Any] = {}
    for action in group.actions:
        kind, measure = _kind(action.measure), action.measure
        if kind == "visibility":
            record.setdefault("decision_visibility", []).append(f"DECISION_VISIBILITY_CONTENT_{_VISIBILITY[measure]}")
        elif kind == "monetary":
            record["decision_monetary"] = f"DECISION_MONETARY_{_MONETARY[measure]}"
        elif kind == "service":
            extent = answers["service_extent"].upper()
            record["decision_provision"] = f"DECISION_PROVISION_{extent}_{_SERVICE[measure]}"
        else:
            record["decision_account"] = f"DECISION_ACCOUNT_{_ACCOUNT[measure]}"
        if action.until:
            record[f"end_date_{kind}_restriction"] = action.until.isoformat()
    subject, account = group.actions[0].subject, group.actions[0].account
    posted = dates.get(subject) or dates.get(account) or answers.get("content_date")
    return record | ({"content_date": posted} if posted else {})


def _dates(material: Material) -> dict[str, str]:
    """When what is captured was posted, and when an account posted first."""
    found: dict[str, str] = {}
    for post in reading.posts(material.snapshots):
        if at := post.get("created_at"):
            found.setdefault(str(post["id"]), str(at)[:10])
            found.setdefault(str(post["account"]), str(at)[:10])
    return found


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _values(field: str) -> tuple[str, ...]:
    return RULES[field].values


ASKS = (
    Question("category", "Of which category is it?", CATEGORIES),
    Question(
        "keywords", "Which keywords describe it? They must be of that category.", KEYWORDS, required=False, several=True
    ),
    Question("keyword_other", "What is it, where KEYWORD_OTHER is named?", required=False),
    Question("category_addition", "Of which other categories is it too?", CATEGORIES, required=False, several=True),
    Question("content_type", "What kind of content is it about?", _values("content_type"), several=True),
    Question("content_type_other", "What kind, where CONTENT_TYPE_OTHER is named?", required=False),
    Question("content_language", "In which language is it (ISO 639-1)?", _values("content_language"), required=False),
    Question("content_date", "When was it posted, where no snapshot says so (YYYY-MM-DD)?", required=False),
    Question("application_date", "Since when does it apply, if not since the decision (YYYY-MM-DD)?", required=False),
    Question("source_type", "What led to it?", _values("source_type")),
    Question("source_identity", "Which body notified it? Never a person.", required=False),
    Question("account_type", "Whose account is it?", _values("account_type"), required=False),
    Question(
        "service_extent", "Is the service ended or suspended in part or in whole?", ("partial", "total"), required=False
    ),
    Question("also_illegal", "Where it breaks the terms: is it held to be illegal too?", ("Yes", "No"), required=False),
    Question("reference_url", "Where can the rule be read (https://…)?", required=False),
)
EXPORT = Export(
    "dsa_record", "Statements of reasons for the Commission (DSA Art. 24(5))", ".jsonl", make, ASKS, step=Step.NOTICE
)
