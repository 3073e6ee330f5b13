"""``lockstep cases handoff|let-out|law``: other teams asked, what they say, and notes on the law."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.answers import AnswerFileOption, answers_from
from lockstep.verbs.casework.caseload import CaseArgument, WhyOption
from lockstep.verbs.casework.choices import StepChoice

handoff = typer.Typer(
    no_args_is_help=True, help="A case given to another team, with what they need; it goes on meanwhile."
)

HandoffArgument = Annotated[str, typer.Argument(metavar="HANDOFF", help="A hand-off's id.")]
SayOption = Annotated[
    list[str] | None, typer.Option("--say", help="NAME=TEXT, to what the team needs (lockstep cases handoff desks).")
]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.add_typer(handoff, name="handoff")
    group.command("let-out")(let_out)
    group.command("law")(law)


@handoff.command()
def desks(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """The teams that a case can be handed to, how long each has, and what it needs."""
    with desk(config, as_json=as_json) as at:
        found = at.book.office.desks
        if at.s.as_json:
            fields = {
                team: [
                    {"name": f.name, "about": f.about, "required": f.required, "choices": f.choices} for f in d.fields
                ]
                for team, d in found.items()
            }
            at.s.emit({team: {"title": d.title, "fields": fields[team]} for team, d in found.items()})
            return
        for team, one in found.items():
            at.s.line(f"{team}: {one.title}")
            for field in one.fields:
                choices = f" [{' | '.join(field.choices)}]" if field.choices else ""
                at.s.line(f"    {field.name}{'' if field.required else ' (may be left out)'}: {field.about}{choices}")


@handoff.command()
def ask(
    case_id: CaseArgument,
    team: Annotated[str, typer.Argument(metavar="TEAM", help="legal, compliance, policy, communications, security.")],
    say: SayOption = None,
    answers: AnswerFileOption = None,
    person: Annotated[str, typer.Option(help="Whom it is given to; needed where a case has an access list.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a case to a team, with what they need to answer."""
    from cases.escalation import handoffs

    told = answers_from(say, answers, "--say")
    with desk(config, as_json=as_json) as at:
        key = at.do(handoffs.request, case_id, team, told, person=person)
        at.done(f"hand-off {key} waits for {person or team}", handoff=key, case=case_id, team=team)


@handoff.command("list")
def list_(
    team: Annotated[str, typer.Option(help="Only this one's.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand-offs that wait, of cases that you may know of; what is due first is at the top."""
    from cases.escalation import handoffs

    with desk(config, as_json=as_json) as at:
        with at.look("handoffs") as look:
            found = handoffs.waiting(look, team)
        if at.s.as_json:
            at.s.emit([dict(row) for row in found])
            return
        columns = ("id", "team", "person", "state", "due_at", "severity", "case_id", "title")
        at.s.table(columns, [[row[c] for c in columns] for row in found])


@handoff.command()
def accept(handoff_id: HandoffArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say that you are at it."""
    from cases.escalation import handoffs

    with desk(config, as_json=as_json) as at:
        at.do(handoffs.accept, handoff_id)
        at.done(f"hand-off {handoff_id} is yours to answer", handoff=handoff_id)


@handoff.command()
def answer(
    handoff_id: HandoffArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The answer.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer it."""
    from cases.escalation import handoffs

    with desk(config, as_json=as_json) as at:
        at.do(handoffs.answer, handoff_id, text)
        at.done(f"hand-off {handoff_id} is answered", handoff=handoff_id)


@handoff.command("give-back")
def give_back(
    handoff_id: HandoffArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Give it back unanswered, and say what is missing."""
    from cases.escalation import handoffs

    with desk(config, as_json=as_json) as at:
        at.do(handoffs.give_back, handoff_id, why)
        at.done(f"hand-off {handoff_id} is given back", handoff=handoff_id)


@handoff.command()
def again(
    handoff_id: HandoffArgument,
    say: SayOption = None,
    answers: AnswerFileOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask again with what was missing; the time begins anew."""
    from cases.escalation import handoffs

    told = answers_from(say, answers, "--say")
    with desk(config, as_json=as_json) as at:
        at.do(handoffs.ask_again, handoff_id, told)
        at.done(f"hand-off {handoff_id} waits again", handoff=handoff_id)


@handoff.command()
def withdraw(
    handoff_id: HandoffArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take it back: its answer is not needed any more."""
    from cases.escalation import handoffs

    with desk(config, as_json=as_json) as at:
        at.do(handoffs.withdraw, handoff_id, why)
        at.done(f"hand-off {handoff_id} is withdrawn", handoff=handoff_id)


def let_out(
    case_id: CaseArgument,
    step: Annotated[StepChoice, typer.Argument(metavar="STEP", help="enforce, notice (to the user) or answer.")],
    about: Annotated[str, typer.Argument(metavar="ID", help="The decision; of an answer, the appeal.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record Legal's release of what goes out of a case; whether it waited is not said."""
    from cases.escalation import releases

    with desk(config, as_json=as_json) as at:
        key = at.do(releases.release, case_id, releases.Step(step), about, why)
        at.done(f"{step} of {about} is released", release=key, case=case_id)


def law(
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="ISO 3166-1 alpha-2: DE.")],
    topic: Annotated[str, typer.Option(help="Only this one.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the notes say that a country's law asks; without a note, that Legal is to be asked."""
    from cases.escalation.jurisdictions import said

    with desk(config, as_json=as_json) as at:
        found = said(at.book.office.notes, country, at.book.clock().date(), topic)
        if at.s.as_json:
            notes = [
                {"topic": n.topic, "text": n.text, "source": n.source, "owner": n.owner, "checked": n.checked}
                | {"expires": n.expires, "old": n in found.old}
                for n in (*found.notes, *found.old)
            ]
            at.s.emit({"country": found.country, "words": found.words, "notes": notes})
            return
        at.s.line(f"{found.country}: {found.words}")
        for note in (*found.notes, *found.old):
            old = "expired, not to be gone by: " if note in found.old else ""
            at.s.line(f"{note.topic}: {old}{note.text}")
            at.s.line(f"    {note.source}; checked {note.checked} by {note.owner}, good until {note.expires}")
