"""``lockstep cases open|add|claim|…``: cases opened, held by one person, moved and written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cases.lifecycles import Outcome, Severity
from graph.errors import ConfigError
from lockstep.acting import Desk, desk
from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption
from lockstep.verbs.casework.choices import TrackChoice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.caseload import Subject

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="A case's id.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, in a sentence.")]
AlertsOption = Annotated[
    list[str] | None, typer.Option("--alert", help="Alert that becomes part of it, with the accounts of its finding.")
]
AccountsOption = Annotated[
    list[str] | None, typer.Option("--account", help="Account that it is about too; no evidence is claimed by that.")
]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("open", open_),
        ("add", add_),
        ("claim", claim),
        ("release", release),
        ("assign", assign),
        ("move", move),
        ("note", note),
        ("task", task),
        ("conclude", conclude),
        ("grade", grade),
    ):
        group.command(name)(command)


def open_(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="In a few words, what it is about.")],
    severity: Annotated[Severity, typer.Option(help="How bad it is by policy, S0 the worst: a person says it.")],
    alert: AlertsOption = None,
    account: AccountsOption = None,
    track: Annotated[
        TrackChoice, typer.Option(help="market: only its access list may know of it.")
    ] = TrackChoice.PLATFORM,
    restricted: Annotated[bool, typer.Option("--restricted", help="Only its access list may know of it.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a case, from alerts or without; who opens it is the first on the access list of a restricted one."""
    from cases import caseload

    with desk(config, as_json=as_json, store=store, data_dir=data_dir) as at:
        about = _about(at, alert or (), account or ())
        how = {"alert_ids": alert or (), "about": about, "track": caseload.Track(track), "restricted": restricted}
        key = at.do(caseload.open_case, title, severity, **how)
        at.done(f"case {key} is open, about {len(about)} accounts", case=key, accounts=len(about))


def add_(
    case_id: CaseArgument,
    alert: AlertsOption = None,
    account: AccountsOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put alerts and accounts into a case that is there."""
    from cases import alerts
    from cases.caseload import find
    from cases.intake import tell_of

    if not (alert or account):
        raise ConfigError("nothing is named", "lockstep cases add", "name --alert or --account")
    with desk(config, as_json=as_json, store=store, data_dir=data_dir) as at:
        about = _about(at, alert or (), account or ())
        with at.book.change(at.actor) as change:
            find(change, case_id)
            for one in alert or ():
                alerts.promote(change, one, case_id)
            tell_of(change, case_id, about)
        at.done(f"added to case {case_id}", case=case_id, alerts=alert or [], accounts=[a.account for a in about])


def claim(
    case_id: Annotated[str | None, typer.Argument(metavar="[CASE]", help="A case's id.")] = None,
    next_: Annotated[bool, typer.Option("--next", help="The worst, oldest one that is nobody's.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a case that is nobody's; no two people get the same one."""
    from cases import caseload

    if (case_id is None) is not next_:
        raise ConfigError("name one case, or --next", "lockstep cases claim")
    with desk(config, as_json=as_json) as at:
        if case_id is None:
            case_id = at.do(caseload.claim_next)
        else:
            at.do(caseload.claim, case_id)
        at.done(f"case {case_id} is yours" if case_id else "no case is free", case=case_id)


def release(
    case_id: CaseArgument, why: WhyOption = "", config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Give a case back; another's only as a lead."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.release, case_id, why)
        at.done(f"case {case_id} is nobody's", case=case_id)


def assign(
    case_id: CaseArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who gets it.")],
    why: WhyOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a case to somebody; one that another has only as a lead."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.assign, case_id, person, why)
        at.done(f"case {case_id} is {person}'s", case=case_id, assignee=person)


def move(
    case_id: CaseArgument,
    name: Annotated[str, typer.Argument(metavar="MOVE", help="investigate, ready, hold, resume, watch, close …")],
    why: WhyOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a move of the case's states; a wrong one is answered with those that are possible."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.move, case_id, name, why)
        with at.look("case", case_id) as look:
            state = caseload.find(look, case_id)["state"]
        at.done(f"case {case_id} is {state}", case=case_id, state=state)


def note(
    case_id: CaseArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="@NAME mentions somebody.")],
    public: Annotated[bool, typer.Option("--public", help="Those whom the case is about may read it.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a note into a case, internal unless said otherwise."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        mentioned = at.do(caseload.write, case_id, text, public=public)
        at.done("written" + (f"; mentions {', '.join(mentioned)}" if mentioned else ""), mentions=mentioned)


def task(
    case_id: CaseArgument,
    title: Annotated[list[str] | None, typer.Argument(metavar="[TITLE]…", help="What is to be done.")] = None,
    done: Annotated[str | None, typer.Option("--done", help="Id of a task that is done.")] = None,
    template: Annotated[bool, typer.Option("--template", help="The task lists that fit the case.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put tasks after those that the case has, or say that one is done."""
    from cases import caseload
    from cases.escalation import templates

    if bool(title) + (done is not None) + template != 1:
        raise ConfigError("name what is to be done, or --done TASK, or --template", "lockstep cases task")
    with desk(config, as_json=as_json) as at:
        if done is not None:
            at.do(caseload.finish, done)
            at.done("done", case=case_id, done=done)
        elif template:
            names = at.do(templates.apply, case_id)
            at.done(f"task lists added: {', '.join(names)}", case=case_id, templates=names)
        else:
            at.do(caseload.set_tasks, case_id, "", title)
            at.done(f"{len(title or ())} tasks added", case=case_id, tasks=title)


def conclude(
    case_id: CaseArgument,
    outcome: Annotated[Outcome, typer.Argument(metavar="OUTCOME", help="no_violation, inconclusive or duplicate.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a case without a decision came to."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.conclude, case_id, outcome, why)
        at.done(f"case {case_id}: {outcome}", case=case_id, outcome=outcome)


def grade(
    case_id: CaseArgument,
    severity: Annotated[Severity, typer.Argument(metavar="SEVERITY", help="S0 to S4, S0 the worst.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how bad a case is, and why that changed."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.grade, case_id, severity, why)
        at.done(f"case {case_id} is of severity {severity}", case=case_id, severity=severity)


def _about(at: Desk, alert_ids: Iterable[str], accounts: Iterable[str]) -> list[Subject]:
    """Members of the alerts' findings, as the store has them, and the accounts that were named besides."""
    from cases.caseload import Subject
    from cases.intake import subjects_of
    from cases.storage.schema import alerts

    about: dict[str, Subject] = {}
    ids = list(alert_ids)
    if ids:
        with at.look("alert", " ".join(ids)[:80]) as look:
            rows = [look.row(alerts, one) for one in ids]
        with at.s.view() as view:
            found = {row["finding"]: view.finding(row["finding"]) for row in rows}
        for name, finding in found.items():
            if finding is None:
                raise ConfigError(f"the store has no finding {name}", at.s.settings.store_url, "--store")
            for subject in subjects_of(finding):
                before = about.get(subject.account)
                if before is None or subject.own_evidence > before.own_evidence:
                    about[subject.account] = subject
    for account in accounts:
        about.setdefault(account, Subject(account))
    return list(about.values())
