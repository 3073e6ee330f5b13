"""``lockstep cases emergency``: declared, commanded, contained, stood down, and reviewed."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.answers import AnswerFileOption, answers_from
from lockstep.verbs.casework.caseload import CaseArgument, WhyOption

emergency = typer.Typer(no_args_is_help=True, help="Emergencies in cases of severity S0, by a playbook.")

EmergencyArgument = Annotated[str, typer.Argument(metavar="EMERGENCY", help="An emergency's id.")]


def add(group: typer.Typer) -> None:
    """Add the group."""
    group.add_typer(emergency, name="emergency")


@emergency.command()
def declare(
    case_id: CaseArgument,
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A wrong one is answered with those there are.")],
    why: WhyOption,
    commander: Annotated[str, typer.Option(help="Who leads; you unless said.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare an emergency: its checklist becomes the case's tasks, and its contacts are paged."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        key = at.do(work.declare, case_id, playbook, why, commander=commander)
        at.done(f"emergency {key} is declared", emergency=key, case=case_id)


@emergency.command()
def log(
    emergency_id: EmergencyArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What happened, or what was done.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write into its log."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        at.do(work.log, emergency_id, text)
        at.done("written", emergency=emergency_id)


@emergency.command("hand-over")
def hand_over(
    emergency_id: EmergencyArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who commands from now on.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the command to somebody else."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        at.do(work.hand_over, emergency_id, person, why)
        at.done(f"{person} commands", emergency=emergency_id, commander=person)


@emergency.command()
def contained(
    emergency_id: EmergencyArgument,
    left: Annotated[str, typer.Option(help="Why steps of the checklist that are not done need not be.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that it spreads no further."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        at.do(work.contained, emergency_id, left=left)
        at.done(f"emergency {emergency_id} is contained", emergency=emergency_id)


@emergency.command()
def resolve(
    emergency_id: EmergencyArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Say that it is over."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        at.do(work.resolve, emergency_id, why)
        at.done(f"emergency {emergency_id} is over; its review is due", emergency=emergency_id)


@emergency.command("stand-down")
def stand_down(
    emergency_id: EmergencyArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Say that it was none, or is none any more: a false alarm is reviewed too."""
    from cases.escalation import playbook as work

    with desk(config, as_json=as_json) as at:
        at.do(work.stand_down, emergency_id, why)
        at.done(f"emergency {emergency_id} is stood down; its review is due", emergency=emergency_id)


@emergency.command()
def review(
    emergency_id: EmergencyArgument,
    say: Annotated[list[str] | None, typer.Option("--say", help="NAME=TEXT, to what a review must say.")] = None,
    answers: AnswerFileOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write its review; what is missing is answered with what a review must say."""
    from cases.escalation import playbook as work

    told = answers_from(say, answers, "--say")
    with desk(config, as_json=as_json) as at:
        at.do(work.review, emergency_id, told)
        at.done(f"emergency {emergency_id} is reviewed", emergency=emergency_id)
