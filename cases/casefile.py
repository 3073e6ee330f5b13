"""A case as a whole, as one actor may read it: what its page, its dossier and every export are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Table, and_, or_, select

from cases.casebook import Look
from cases.caseload import find
from cases.decisions import in_force
from cases.drafts import Draft, draft_from
from cases.escalation.sources import alerts_of
from cases.privacy.pseudonyms import for_reader
from cases.storage.columns import one
from cases.storage.escalation import clocks, emergencies, handoffs, log_entries, releases
from cases.storage.evidence import custody, snapshots
from cases.storage.referrals import stor_decisions
from cases.storage.schema import (
    access,
    actions,
    alerts,
    appeals,
    audit,
    containments,
    decisions,
    notes,
    proposals,
    subjects,
    tasks,
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything that hangs on one case, each list in the order in which it came about.

    Parameters
    ----------
    case : RowMapping
        Its row (:data:`cases.storage.schema.cases`).
    subjects, alerts, notes, tasks, proposals, decisions, actions, appeals, containments, access : tuple of RowMapping
        Rows of the tables of these names.
    clocks, handoffs, emergencies, log_entries, releases : tuple of RowMapping
        What it is held to (as it stands now: :func:`cases.escalation.clocks.at`), who was asked, emergencies with their
        log, and what Legal released.
    stor_decisions : tuple of RowMapping
        What became of a suspicion of market abuse; of the market track alone.
    snapshots, custody : tuple of RowMapping
        What was frozen, without its content (:func:`cases.evidence.snapshots.read`), and who held what.
    decision : RowMapping or None
        The decision in force.
    draft : Draft or None
        What that decision says.
    timeline : tuple of RowMapping
        The audit trail's entries about the case and what hangs on it, reads left out.
    """

    case: RowMapping
    subjects: tuple[RowMapping, ...]
    alerts: tuple[RowMapping, ...]
    notes: tuple[RowMapping, ...]
    tasks: tuple[RowMapping, ...]
    proposals: tuple[RowMapping, ...]
    decisions: tuple[RowMapping, ...]
    actions: tuple[RowMapping, ...]
    appeals: tuple[RowMapping, ...]
    containments: tuple[RowMapping, ...]
    access: tuple[RowMapping, ...]
    snapshots: tuple[RowMapping, ...]
    custody: tuple[RowMapping, ...]
    clocks: tuple[RowMapping, ...]
    handoffs: tuple[RowMapping, ...]
    emergencies: tuple[RowMapping, ...]
    log_entries: tuple[RowMapping, ...]
    releases: tuple[RowMapping, ...]
    stor_decisions: tuple[RowMapping, ...]
    decision: RowMapping | None
    draft: Draft | None
    timeline: tuple[RowMapping, ...]


_PARTS: dict[str, tuple[Table, str]] = {
    "subjects": (subjects, "account"),
    "alerts": (alerts, "raised_at"),
    "notes": (notes, "at"),
    "tasks": (tasks, "place"),
    "proposals": (proposals, "proposed_at"),
    "decisions": (decisions, "at"),
    "actions": (actions, "id"),
    "appeals": (appeals, "received_at"),
    "containments": (containments, "opened_at"),
    "access": (access, "granted_at"),
    "snapshots": (snapshots, "at"),
    "custody": (custody, "seq"),
    "clocks": (clocks, "started_at"),
    "handoffs": (handoffs, "asked_at"),
    "emergencies": (emergencies, "declared_at"),
    "log_entries": (log_entries, "place"),
    "releases": (releases, "at"),
    "stor_decisions": (stor_decisions, "at"),
}


def read(look: Look, case_id: str) -> CaseFile:
    """The whole of a case that the actor may know of; people outside read it under pseudonyms.

    Raises
    ------
    CaseError
        There is none, or the actor may not know of it.
    """
    row = find(look, case_id)
    parts = {name: _rows(look, table, case_id, order) for name, (table, order) in _PARTS.items()}
    parts["alerts"] = tuple(alerts_of(look, case_id))
    decision = in_force(look, case_id)
    draft = None if decision is None else draft_from(decision["content"])
    timeline = _timeline(look, case_id, parts)
    file = CaseFile(case=row, decision=decision, draft=draft, timeline=timeline, **parts)
    return for_reader(file, look.actor)


def _rows(look: Look, table: Table, case_id: str, order: str) -> tuple[RowMapping, ...]:
    told = [c for c in table.c if table is not snapshots or c.name != "content"]  # which may be megabytes
    query = select(*told).where(table.c.case_id == case_id).order_by(table.c[order])
    return tuple(look.connection.execute(query).mappings())


def _timeline(look: Look, case_id: str, parts: dict[str, Any]) -> tuple[RowMapping, ...]:
    about = [and_(audit.c.subject.in_(["case", one(access)]), audit.c.subject_id == case_id)]
    for name, (table, _) in _PARTS.items():
        if ids := [r["id"] for r in parts[name] if "id" in r]:
            about.append(and_(audit.c.subject == one(table), audit.c.subject_id.in_(ids)))
    query = select(audit).where(or_(*about), audit.c.action != "read").order_by(audit.c.seq)
    return tuple(look.connection.execute(query).mappings())
