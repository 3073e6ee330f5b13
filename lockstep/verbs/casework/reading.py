"""``lockstep cases list|show``: cases as one may read them; each reading is in the trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from cases.lifecycles import CaseState
from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption, Session
from lockstep.verbs.casework.caseload import CaseArgument

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from cases.casefile import CaseFile

_NEWEST = 20
#: Parts of a case file with what of them is shown, in the order in which it is read.
_SHOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("subjects", ("account", "role", "own_evidence")),
    ("alerts", ("id", "state", "priority", "score", "summary")),
    ("snapshots", ("id", "finding", "at", "taken_by")),
    ("custody", ("seq", "at", "event", "item", "who", "place", "why")),
    ("handoffs", ("id", "team", "person", "state", "due_at", "asked_by", "answered_by", "answer", "reason")),
    ("clocks", ("kind", "state", "due_at", "done_at", "why")),
    ("containments", ("id", "kind", "subject", "state", "due", "opened_by", "approved_by")),
    ("emergencies", ("id", "playbook", "state", "commander", "due_at", "reason")),
    ("log_entries", ("at", "author", "text")),
    ("releases", ("step", "about", "released_by", "at", "reason")),
    ("stor_decisions", ("id", "at", "outcome", "breach", "decided_by", "keep_until")),
    ("proposals", ("id", "kind", "state", "proposed_by", "expires_at", "grounds", "hash")),
    ("decisions", ("id", "at", "outcome", "severity", "decided_by", "approved_by", "supersedes")),
    ("actions", ("id", "kind", "subject", "state")),
    ("appeals", ("id", "appellant", "state", "reviewer", "reason")),
    ("tasks", ("id", "title", "done_by")),
    ("notes", ("at", "author", "public", "text")),
    ("access", ("person", "granted_by")),
)


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(list_)
    group.command("show")(show)


def list_(
    state: Annotated[list[CaseState] | None, typer.Option("--state", help="Only in these states.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you hold.")] = False,
    free: Annotated[bool, typer.Option("--free", help="Only those that nobody holds.")] = False,
    limit: Annotated[int, typer.Option(help="Most cases to print.", min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option(help="The last id of the page before.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cases that you may know of: the worst first, then the oldest."""
    from cases import caseload
    from cases.casefile import read
    from cases.privacy.pseudonyms import outside

    with desk(config, as_json=as_json) as at:
        holder = at.actor.name if mine else "" if free else None
        with at.look("cases") as look:
            found = caseload.listed(look, states=state or (), assignee=holder, limit=limit, after=after)
            counts = caseload.counts(look)
            if outside(at.actor):  # titles may name accounts
                found = [read(look, row["id"]).case for row in found]
        if at.s.as_json:
            at.s.emit({"cases": [dict(row) for row in found], "counts": counts})
            return
        columns = ("id", "severity", "state", "outcome", "assignee", "title")
        at.s.table(columns, [[row[c] for c in columns] for row in found])
        at.s.line(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no cases")


def show(
    case_id: CaseArgument,
    timeline: Annotated[bool, typer.Option("--timeline", help="All that was done, not the newest alone.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """A case as a whole: whom it is about, what it rests on, what was decided, and what was done."""
    from cases.casefile import read

    with desk(config, as_json=as_json) as at:
        with at.look("case", case_id) as look:
            file = read(look, case_id)
        if at.s.as_json:
            at.s.emit({f.name: plain(getattr(file, f.name)) for f in fields(file)})
        else:
            _tell(at.s, file, whole=timeline)


def plain(value: Any) -> Any:
    """A case file's part as JSON can hold it."""
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else value


def _tell(s: Session, file: CaseFile, *, whole: bool) -> None:
    case = file.case
    s.line(f"{case['id']}  {case['severity']}  {case['state']}  {case['title']}")
    s.line(
        f"track {case['track']}{', restricted' if case['restricted'] else ''} · outcome {case['outcome'] or 'none yet'}"
        f" · held by {case['assignee'] or 'nobody'}"
        f" · opened by {case['opened_by']} {case['opened_at']:%Y-%m-%d %H:%M} UTC"
    )
    for name, columns in _SHOWN:
        rows = getattr(file, name, ())
        if rows:
            there = [c for c in columns if c in rows[0]]
            s.line()
            s.table(there, [[_cell(row[c]) for c in there] for row in rows], title=name)
    if file.draft is not None:
        s.line()
        for line in _said(file):
            s.line(line)
    entries = file.timeline if whole else file.timeline[-_NEWEST:]
    s.line()
    if len(entries) < len(file.timeline):
        s.line(f"… {len(file.timeline) - len(entries)} earlier (--timeline)")
    s.table(
        ("at (UTC)", "who", "what", "of", "id", "why"),
        [
            [f"{e['at']:%Y-%m-%d %H:%M:%S}", *(e[c] for c in ("actor", "action", "subject", "subject_id")), _why(e)]
            for e in entries
        ],
    )
    s.line("flagged is not guilty: what is decided rests on evidence against each account itself")


def _said(file: CaseFile) -> Iterator[str]:
    draft = file.draft
    if draft is not None:
        yield f"decision in force: {draft.outcome}, severity {draft.severity}, {draft.policy} {draft.policy_version}"
        yield f"facts: {draft.facts}"
        if draft.ground is not None:
            yield f"ground: {draft.ground}, {draft.reference}: {draft.explanation}"


def _why(entry: RowMapping) -> str:
    return str(orjson.loads(entry["detail"]).get("why", ""))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else value
