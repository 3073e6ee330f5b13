"""``lockstep cases grant|revoke|mark``: who may know of a case, and how far it may go."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.caseload import CaseArgument, WhyOption
from lockstep.verbs.casework.choices import TlpChoice


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("grant")(grant)
    group.command("revoke")(revoke)
    group.command("mark")(mark)


def grant(
    case_id: CaseArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who may know of it.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put somebody on a case's access list."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.grant, case_id, person)
        at.done(f"{person} may know of case {case_id}", case=case_id, person=person)


def revoke(
    case_id: CaseArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who may not know of it any more.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take somebody off a case's access list; never the last one."""
    from cases import caseload

    with desk(config, as_json=as_json) as at:
        at.do(caseload.revoke, case_id, person)
        at.done(f"{person} is off the access list of case {case_id}", case=case_id, person=person)


def mark(
    case_id: CaseArgument,
    tlp: Annotated[TlpChoice, typer.Argument(metavar="TLP", help="CLEAR, GREEN, AMBER, AMBER+STRICT or RED.")],
    why: WhyOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how far a case may go, by the Traffic Light Protocol; what lets more through needs a lead or Legal."""
    from cases.privacy import tlp as marks

    with desk(config, as_json=as_json) as at:
        at.do(marks.mark, case_id, marks.Tlp(tlp), why)
        at.done(f"case {case_id} is TLP:{tlp}", case=case_id, tlp=tlp)
