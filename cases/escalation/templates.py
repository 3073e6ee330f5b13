"""Task lists by kind of finding and severity, put into a case once each; done with :func:`cases.caseload.finish`."""

from __future__ import annotations

from cases.casebook import Change, Look
from cases.caseload import find, set_tasks
from cases.escalation.forms import Template
from cases.escalation.sources import alerts_of
from cases.lifecycles import Severity
from cases.storage.schema import tasks
from graph.errors import CaseError


def fitting(look: Look, case_id: str) -> tuple[Template, ...]:
    """The task lists for a case, by its severity and the kinds of its alerts, that it does not have yet."""
    case = find(look, case_id)
    kinds = frozenset(a["kind"] for a in alerts_of(look, case_id))
    has = {t["template"] for t in look.rows(tasks, tasks.c.case_id == case_id)}
    severity = Severity(case["severity"])
    return tuple(t for t in look.office.templates.values() if t.name not in has and t.fits(kinds, severity))


def apply(change: Change, case_id: str, name: str = "") -> list[str]:
    """Put task lists into a case; gives their names.

    Parameters
    ----------
    name : str
        Only this one, whether it fits or not; empty for all that fit.

    Raises
    ------
    CaseError
        There is no such list, the case has it, or none fits.
    """
    where = f"case {case_id}"
    chosen = fitting(change, case_id)
    if name:
        known = change.office.templates.get(name)
        if known is None:
            raise CaseError(f"there is no task list {name!r}", where, f"one of: {', '.join(change.office.templates)}")
        taken = change.rows(tasks, tasks.c.case_id == case_id, tasks.c.template == name)
        chosen = () if taken else (known,)
    if not chosen:
        raise CaseError("it has every task list that fits", where, "write a task of your own")
    for template in chosen:
        set_tasks(change, case_id, template.name, template.tasks)
    return [t.name for t in chosen]
