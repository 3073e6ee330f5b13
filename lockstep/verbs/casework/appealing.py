"""``lockstep cases appeal``: appeals, answered by who neither made nor approved the decision."""

from __future__ import annotations

from typing import Annotated

import typer

from cases.lifecycles import AppealState
from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.caseload import WhyOption
from lockstep.verbs.casework.deciding import tell_proposal

appeal = typer.Typer(no_args_is_help=True, help="Appeals against decisions; who made or approved one answers none.")

AppealArgument = Annotated[str, typer.Argument(metavar="APPEAL", help="An appeal's id.")]
OutcomeOption = Annotated[
    AppealState, typer.Option("--outcome", help="upheld (the decision stays), partially_reversed, reversed or omitted.")
]
ReverseOption = Annotated[
    list[str] | None,
    typer.Option("--reverse", help="For a partial reversal: subject whose actions are taken back."),
]


def add(group: typer.Typer) -> None:
    """Add the group."""
    group.add_typer(appeal, name="appeal")


@appeal.command()
def receive(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="Id of the decision in force.")],
    by: Annotated[str, typer.Option("--by", help="Who appeals: the account, or who reported it.")],
    text: Annotated[str, typer.Option("--text", help="What they say.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an appeal against the decision in force."""
    from cases import appeals

    with desk(config, as_json=as_json) as at:
        key = at.do(appeals.receive, decision, by, text)
        at.done(f"appeal {key} is received", appeal=key, decision=decision)


@appeal.command()
def acknowledge(appeal_id: AppealArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say that it has arrived."""
    from cases import appeals

    with desk(config, as_json=as_json) as at:
        at.do(appeals.acknowledge, appeal_id)
        at.done(f"appeal {appeal_id} is acknowledged", appeal=appeal_id)


@appeal.command()
def assign(
    appeal_id: AppealArgument,
    reviewer: Annotated[str, typer.Argument(metavar="PERSON", help="Who neither made nor approved the decision.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give it to a reviewer."""
    from cases import appeals

    with desk(config, as_json=as_json) as at:
        at.do(appeals.assign, appeal_id, reviewer)
        at.done(f"appeal {appeal_id} is {reviewer}'s to answer", appeal=appeal_id, reviewer=reviewer)


@appeal.command()
def answer(
    appeal_id: AppealArgument,
    outcome: OutcomeOption,
    why: WhyOption,
    reverse: ReverseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer it, and take back at once what the answer reverses; a decision of S0 or S1 is reversed by two."""
    from cases import appeals

    with desk(config, as_json=as_json) as at:
        at.do(appeals.resolve, appeal_id, outcome, why, reverse=reverse or ())
        at.done(f"appeal {appeal_id}: {outcome}", appeal=appeal_id, outcome=outcome)


@appeal.command()
def propose(
    appeal_id: AppealArgument,
    outcome: OutcomeOption,
    why: WhyOption,
    reverse: ReverseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lay a reversal before a second person; `lockstep cases approve` by them does it."""
    from cases import appeals

    with desk(config, as_json=as_json) as at:
        tell_proposal(at, at.do(appeals.propose, appeal_id, outcome, why, reverse=reverse or ()))
