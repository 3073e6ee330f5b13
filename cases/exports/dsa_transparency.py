"""The transparency report of a period (DSA Art. 15 and 24; Implementing Regulation (EU) 2024/2835), as a set of tables.

It is of the whole casebook, not of a case: only sums leave it. Cases of the market track and restricted ones are
counted among the others and are nowhere told apart, so only somebody who may say who knows of a case may make one. What
the casebook does not know comes from a file that a person gives; what neither knows stays empty, and the qualitative
rows say why.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy import RowMapping, select

from cases.casebook import Casebook, Look
from cases.caseload import visible
from cases.drafts import AGAINST_ACCOUNTS, Automated, Draft, Ground, Measure, draft_from
from cases.exports.base import need
from cases.exports.dsa_rules import CATEGORIES, OTHER
from cases.exports.dsa_tables import QUALITATIVE, RESTRICTIONS, TABLES, TOTAL, TYPES, Row, written, wrong
from cases.lifecycles import AppealState
from cases.people import Actor
from cases.roles import Permission
from cases.storage.schema import actions, appeals, cases, decisions
from graph.errors import CaseError
from lockstep.config import nearest

#: What a person gives: tables of what the casebook does not keep, and what its own counts need.
GIVEN = ("orders", "notices", "disputes-and-suspensions", "classifiers", "human-resources", "recipients")
_PLAIN = ("identification", "categories", "from_notices", "qualitative")
NOTICES = ("notice", "trusted_flagger")
_COLUMN = {
    Measure.REMOVE_CONTENT: "visibility_removal",
    Measure.DISABLE_CONTENT: "visibility_disable",
    Measure.DEMOTE_CONTENT: "visibility_demoted",
    Measure.RESTRICT_INTERACTION: "visibility_interaction_restricted",
    Measure.LABEL_CONTENT: "visibility_labelled",
    Measure.SUSPEND_MONETISATION: "monetary_suspension",
    Measure.TERMINATE_MONETISATION: "monetary_termination",
    Measure.SUSPEND_SERVICE: "service_suspension",
    Measure.TERMINATE_SERVICE: "service_termination",
    Measure.SUSPEND_ACCOUNT: "account_suspension",
    Measure.TERMINATE_ACCOUNT: "account_termination",
}
_KEPT = frozenset(_COLUMN.values())
_ENDED = (AppealState.UPHELD, AppealState.PARTIALLY_REVERSED, AppealState.REVERSED, AppealState.OMITTED)
_HOUR = timedelta(hours=1)
_TERMS_ALONE, _NOTICES_ALONE = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"


@dataclass(frozen=True, slots=True)
class Taken:
    """One measure of the period.

    Parameters
    ----------
    measure : Measure
    draft : Draft
        The decision that took it.
    category, keyword : str
        What the person who gives the file says of its policy.
    source : str
        Empty for the platform's own initiative.
    """

    measure: Measure
    draft: Draft
    category: str
    keyword: str
    source: str


def transparency(book: Casebook, actor: Actor, start: date, end: date, given: Mapping[str, Any]) -> dict[str, bytes]:
    """The report's files by their names.

    Parameters
    ----------
    start, end : date
        First and last day of the period, UTC.
    given : mapping
        ``categories`` (policy to ``{"category": …, "keyword": …}``), ``from_notices`` (case to ``notice`` or
        ``trusted_flagger``), ``identification`` and ``qualitative`` (item to text), and rows of the tables in
        :data:`GIVEN`.

    Raises
    ------
    NotPermitted
        The actor may not take data out, or may not say who knows of a case.
    CaseError
        All that is wrong with what was given, or sums that do not add up.
    """
    where = f"transparency report {start} to {end}"
    need(actor, where)
    actor.need(Permission.GRANT, where)
    if end < start:
        raise CaseError("it ends before it begins", where)
    _check_given(given, where)
    with book.look(actor, "report", "transparency", start=start.isoformat(), end=end.isoformat()) as look:
        _known_cases(look, given.get("from_notices", {}), where)
        taken = _taken(look, start, end, given, where)
        complaints, left = _complaints(look, start, end)
    tables = _tables(taken, complaints, given, (start, end), left)
    said = [why for name, rows in tables.items() for why in wrong(TABLES[name], rows)]
    if said:
        raise CaseError(f"the report cannot be made: {'; '.join(said)}", where, "mend what was given")
    files = {TABLES[name].file: written(TABLES[name], rows) for name, rows in tables.items()}
    with book.change(actor) as change:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        detail = {"what": "transparency", "start": start.isoformat(), "end": end.isoformat(), "sha256": hashes}
        change.note("export", "report", "transparency", detail)
    return files


def _check_given(given: Mapping[str, Any], where: str) -> None:
    known = (*_PLAIN, *GIVEN)
    for name in given:
        if name not in known:
            raise CaseError(f"{name!r} is nothing that can be given", where, nearest(name, known))
    said = [f"{n} is no table of rows" for n in GIVEN if not _is_rows(given.get(n, []))]
    said += [f"{n} is no table of names and values" for n in _PLAIN if not isinstance(given.get(n, {}), Mapping)]
    if said:
        raise CaseError("; ".join(said), where, "see docs/casework.md")
    for policy, told in given.get("categories", {}).items():
        if not isinstance(told, Mapping) or told.get("category") not in CATEGORIES:
            said.append(f"the category of the policy {policy!r} is none")
        elif not isinstance(told.get("keyword", ""), str):
            said.append(f"the keyword of the policy {policy!r} is no text")
    said += [
        f"{case} is from {source!r}" for case, source in given.get("from_notices", {}).items() if source not in NOTICES
    ]
    said += [
        f"there is no qualitative row {name!r}" for name in given.get("qualitative", {}) if name not in QUALITATIVE
    ]
    if said:
        raise CaseError("; ".join(said), where, "see docs/casework.md")


def _is_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value)


def _known_cases(look: Look, wanted: Iterable[str], where: str) -> None:
    query = select(cases.c.id).where(cases.c.id.in_(list(wanted)), visible(look.actor))
    missing = sorted(set(wanted) - set(look.connection.execute(query).scalars()))
    if missing:
        raise CaseError(f"no case {', '.join(missing)}", where, "check the ids in from_notices")


def _taken(look: Look, start: date, end: date, given: Mapping[str, Any], where: str) -> list[Taken]:
    """Measures of the decisions of the period, whatever became of them; what stays from an earlier one is its own."""
    query = select(actions.c.kind, actions.c.case_id, decisions.c.id.label("decision"), decisions.c.content)
    joined = query.join(decisions, decisions.c.id == actions.c.decision_id)
    rows = look.connection.execute(joined.where(*_within(decisions.c.at, start, end)).order_by(actions.c.id)).mappings()
    seen = set(look.connection.execute(select(cases.c.id).where(visible(look.actor))).scalars())
    drafts: dict[str, Draft] = {}
    categories, sources = given.get("categories", {}), given.get("from_notices", {})
    found: list[Taken] = []
    lacking: dict[str, bool] = {}
    for row in rows:
        draft = drafts.setdefault(row["decision"], draft_from(row["content"]))
        told = categories.get(draft.policy)
        if told is None:
            lacking[draft.policy] = lacking.get(draft.policy, False) or row["case_id"] in seen
            continue
        source = sources.get(row["case_id"], "")
        if (why := _unfitting(told["category"], draft, source)) is not None:
            raise CaseError(f"a policy cannot be of {told['category']}: {why}", where, "see categories")
        found.append(Taken(Measure(row["kind"]), draft, told["category"], told.get("keyword", OTHER), source))
    if lacking:
        hint = "name each policy's category under categories"
        named = ", ".join(sorted(p for p, may_know in lacking.items() if may_know))
        raise CaseError(f"no category is given for {f'the policies: {named}' if named else 'a policy'}", where, hint)
    return found


def _unfitting(category: str, draft: Draft, source: str) -> str | None:
    if category == _TERMS_ALONE and draft.ground is Ground.ILLEGAL:
        return "a decision under it rests on law"
    return "a decision under it was on own initiative" if category == _NOTICES_ALONE and not source else None


def _within(column: Any, start: date, end: date) -> tuple[Any, Any]:
    first = datetime.combine(start, time(), UTC)
    return column >= first, column < datetime.combine(end, time(), UTC) + timedelta(days=1)


def _complaints(look: Look, start: date, end: date) -> tuple[list[Row], int]:
    """Complaints by the gravest thing that was done to who complains, and how many are open at the end."""
    query = select(appeals, decisions.c.content).join(decisions, decisions.c.id == appeals.c.decision_id)
    last = _within(appeals.c.received_at, start, end)[1]
    rows = list(look.connection.execute(query.where(last).order_by(appeals.c.id)).mappings())
    begin, close = datetime.combine(start, time(), UTC), datetime.combine(end, time(), UTC) + timedelta(days=1)
    received = Counter(_type(r) for r in rows if r["received_at"] >= begin)
    decided = [r for r in rows if r["resolved_at"] is not None and begin <= r["resolved_at"] < close]
    left = sum(r["resolved_at"] is None or r["resolved_at"] >= close for r in rows)
    told = [_outcomes(name, received[name], [r for r in decided if _type(r) == name]) for name in TYPES]
    return [_outcomes(TOTAL, received.total(), decided), *told], left


def _outcomes(name: str, received: int, decided: Sequence[RowMapping]) -> Row:
    counts = Counter(r["state"] for r in decided)
    waits = [(r["resolved_at"] - r["received_at"]) / _HOUR for r in decided if r["state"] != AppealState.OMITTED]
    return {
        "type_of_decision": name,
        "complaints": received,
        "decided": len(decided),
        **{state.value: counts[state] for state in _ENDED},
        "median_hours_to_decision": round(float(median(waits)), 2) if waits else None,
    }


def _type(row: RowMapping) -> str:
    """The gravest thing that was done to who complains; where nothing was done to them, that the decision did."""
    acts = draft_from(row["content"]).actions
    own = [a.measure for a in acts if a.account == row["appellant"]] or [a.measure for a in acts]
    kinds = {"VISIBILITY" if m not in AGAINST_ACCOUNTS else _COLUMN[m].partition("_")[0].upper() for m in own}
    return max(kinds | {"VISIBILITY"}, key=TYPES.index)


def _tables(
    taken: Sequence[Taken], complaints: Sequence[Row], given: Mapping[str, Any], period: tuple[date, date], left: int
) -> dict[str, Sequence[Row]]:
    own = [t for t in taken if not t.source]
    rows: dict[str, Sequence[Row]] = {name: list(given.get(name, ())) for name in GIVEN}
    identified = {"period_start": period[0].isoformat(), "period_end": period[1].isoformat()}
    rows["identification"] = [
        {"item": name, "value": value} for name, value in {**given.get("identification", {}), **identified}.items()
    ]
    rows["own-initiative-illegal"] = _measures([t for t in own if t.draft.ground is Ground.ILLEGAL], Ground.ILLEGAL)
    rows["own-initiative-terms"] = _measures([t for t in own if t.draft.ground is not Ground.ILLEGAL], Ground.TERMS)
    rows["complaints"] = complaints
    rows["automated-measures"] = _automated(taken)
    rows["qualitative"] = _qualitative(given, taken, left)
    return {name: rows[name] for name in TABLES}


def _measures(taken: Sequence[Taken], ground: Ground) -> list[Row]:
    """A row in all, one a category, and one a sub-category that there was one of."""
    unfitting = {_NOTICES_ALONE, *([_TERMS_ALONE] if ground is Ground.ILLEGAL else [])}
    found = [_sums(TOTAL, "", taken)]
    for category in (c for c in CATEGORIES if c not in unfitting):
        of = [t for t in taken if t.category == category]
        found.append(_sums(category, "", of))
        found += [_sums(category, k, [t for t in of if t.keyword == k]) for k in sorted({t.keyword for t in of})]
    return found


def _sums(category: str, keyword: str, taken: Sequence[Taken]) -> Row:
    counts = Counter(_COLUMN[t.measure] for t in taken)
    return {
        "category": category,
        "sub_category": keyword,
        "measures": len(taken),
        "after_solely_automated_detection": sum(t.draft.automated_detection for t in taken),
        **{name: counts[name] if name in _KEPT else None for name in RESTRICTIONS},
    }


def _automated(taken: Sequence[Taken]) -> list[Row]:
    def row(name: str, of: Callable[[Taken], bool]) -> Row:
        some = [t for t in taken if of(t)]
        solely = sum(t.draft.automated_decision is Automated.FULLY for t in some)
        counts = {"measures": len(some), "solely_automated": solely, "not_solely_automated": len(some) - solely}
        return {"ground": name, **counts}

    return [
        row(TOTAL, lambda _: True),
        row("ILLEGAL_CONTENT", lambda t: t.draft.ground is Ground.ILLEGAL),
        row("INCOMPATIBLE_CONTENT", lambda t: t.draft.ground is not Ground.ILLEGAL),
    ]


def _qualitative(given: Mapping[str, Any], taken: Sequence[Taken], left: int) -> list[Row]:
    """What a person wrote for each row, and after it what is empty in its section, and why."""
    noticed = sum(bool(t.source) for t in taken)
    own = {
        "1.2": "" if given.get("orders") else "Orders are not kept in the casebook, and none were given: empty.",
        "1.3": (
            "Notices are not kept in the casebook"
            + ("" if given.get("notices") else ", and none were given: empty")
            + f". Measures after a notice that the casebook has: {noticed}."
        ),
        "1.4": (
            "Measures are counted by the day of the decision, whatever became of them after. The casebook has no age"
            " restriction, and no other restriction of visibility or payments: these columns are empty."
        ),
        "1.5": f"Outcomes are of complaints that were decided in the period; open at its end: {left}.",
        "1.6": "" if given.get("classifiers") else "Accuracy, precision and recall were not given: empty.",
        "1.7": ""
        if given.get("human-resources")
        else "Human resources are not kept in the casebook, and were not given.",
        "1.8": "" if given.get("recipients") else "Recipients are not kept in the casebook, and were not given.",
    }
    said = given.get("qualitative", {})
    texts = {name: " ".join(filter(None, (said.get(name, ""), own.get(name, "")))) for name in QUALITATIVE}
    return [{"item": name, "text": text} for name, text in texts.items()]
