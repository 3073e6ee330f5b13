"""``lockstep cases contain``: emergency measures before a decision, in cases of severity S0, reversible."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.caseload import CaseArgument, WhyOption
from lockstep.verbs.casework.choices import MeasureChoice

contain = typer.Typer(
    no_args_is_help=True, help="Emergency measures: reach limited or a link blocked, for four hours unless approved."
)

MeasureArgument = Annotated[str, typer.Argument(metavar="MEASURE", help="A measure's id.")]


def add(group: typer.Typer) -> None:
    """Add the group."""
    group.add_typer(contain, name="contain")


@contain.command()
def take(
    case_id: CaseArgument,
    kind: Annotated[MeasureChoice, typer.Option(help="Nothing more may be done before a decision.")],
    subject: Annotated[str, typer.Option(help="The account, or the link.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a measure; another person approves it within four hours, or it is paged upward."""
    from cases import containment

    with desk(config, as_json=as_json) as at:
        key = at.do(containment.contain, case_id, containment.Containment(kind), subject, why)
        at.done(f"measure {key} is taken; somebody else approves it within four hours", measure=key, case=case_id)


@contain.command()
def approve(measure: MeasureArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Approve a measure that somebody else took."""
    from cases import containment

    with desk(config, as_json=as_json) as at:
        at.do(containment.approve, measure)
        at.done(f"measure {measure} is approved", measure=measure)


@contain.command()
def release(measure: MeasureArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """End a measure."""
    from cases import containment

    with desk(config, as_json=as_json) as at:
        at.do(containment.release, measure, why)
        at.done(f"measure {measure} is released", measure=measure)
