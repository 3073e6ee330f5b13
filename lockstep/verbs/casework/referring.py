"""``lockstep cases referral``: what became of a suspicion of market abuse; Lockstep files nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.caseload import CaseArgument
from lockstep.verbs.casework.choices import BreachChoice, FilingChoice


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("referral")(referral)


def referral(
    case_id: CaseArgument,
    outcome: Annotated[FilingChoice, typer.Argument(metavar="OUTCOME", help="filed or not_filed.")],
    breach: Annotated[BreachChoice, typer.Option(help="What it may be (MiCA Art. 89 to 91): a person says it.")],
    reasons_for: Annotated[str, typer.Option("--for", help="What speaks for filing.")],
    reasons_against: Annotated[str, typer.Option("--against", help="What speaks against it.")],
    snapshot: Annotated[list[str], typer.Option("--snapshot", help="Hash of evidence that it was judged from.")],
    entity: Annotated[str, typer.Option(help="Who bears the duty, and filed it.")] = "",
    reference: Annotated[str, typer.Option(help="The number under which it was filed.")] = "",
    delay: Annotated[str, typer.Option(help="Why it was not at once, where it was not.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep what became of a suspicion, with the reasons for and against, for five years; it is never changed."""
    from cases.referrals import Breach, Filing, Told, record

    told = Told(
        Filing(outcome), Breach(breach), reasons_for, reasons_against, entity, reference, delay, tuple(snapshot)
    )
    with desk(config, as_json=as_json) as at:
        key = at.do(record, case_id, told)
        at.done(f"kept as {key}", referral=key, case=case_id)
