"""``lockstep cases decide|propose|approve|…``: decisions, by one person or by two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from cases.roles import Permission
from graph.errors import ConfigError
from lockstep.acting import Desk, desk
from lockstep.session import ConfigOption, JsonOption
from lockstep.verbs.casework.caseload import CaseArgument, WhyOption

if TYPE_CHECKING:
    from types import ModuleType

    from sqlalchemy import RowMapping

    from cases.drafts import Draft

FileOption = Annotated[
    Path | None, typer.Option("--file", help="The filled-in form, TOML or JSON.", exists=True, dir_okay=False)
]
ProtectedOption = Annotated[
    list[str] | None, typer.Option("--protected", help="Account that nobody acts on alone: official, of high profile.")
]
ProposalArgument = Annotated[str, typer.Argument(metavar="PROPOSAL", help="A proposal's id.")]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("decide", decide),
        ("propose", propose),
        ("proposal", proposal),
        ("approve", approve),
        ("refuse", refuse),
        ("withdraw", withdraw),
        ("enforce", enforce),
        ("confirm", confirm),
    ):
        group.command(name)(command)


def decide(
    case_id: CaseArgument,
    file: FileOption = None,
    template: Annotated[bool, typer.Option("--template", help="Print a form for this case, to be filled in.")] = False,
    protected: ProtectedOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a decision that one person may make; or print its form."""
    from cases import decisions

    if template is (file is not None):
        raise ConfigError(
            "name the filled-in form with --file, or ask for one with --template", "lockstep cases decide"
        )
    with desk(config, as_json=as_json) as at:
        if file is None:
            _form(at, case_id)
            return
        key = at.do(decisions.decide, case_id, _draft(file), protected=protected or ())
        at.done(f"decided: {key}; nothing is sent before lockstep cases enforce", case=case_id, decision=key)


def propose(
    case_id: CaseArgument,
    file: Annotated[
        Path, typer.Option("--file", help="The filled-in form, TOML or JSON.", exists=True, dir_okay=False)
    ],
    protected: ProtectedOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lay a decision before a second person, who approves this very text within 24 hours."""
    from cases import decisions

    with desk(config, as_json=as_json) as at:
        tell_proposal(at, at.do(decisions.propose, case_id, _draft(file), protected=protected or ()))


def proposal(proposal_id: ProposalArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What a proposal says, and the hash by which an approval names it."""
    from cases.caseload import within
    from cases.storage.schema import proposals

    with desk(config, as_json=as_json) as at:
        at.actor.need(Permission.SEE, f"proposal {proposal_id}")  # it names accounts, which people outside never read
        with at.look("proposal", proposal_id) as look:
            row = within(look, proposals, proposal_id)
        if at.s.as_json:
            at.s.emit({**row, "content": orjson.loads(row["content"])})
            return
        at.s.line(f"{row['kind']} of case {row['case_id']}, {row['state']}, by {row['proposed_by']}")
        at.s.line(f"a second person must approve: {', '.join(row['grounds'])}")
        at.s.line(orjson.dumps(orjson.loads(row["content"]), option=orjson.OPT_INDENT_2).decode())
        at.s.line(f"good until {row['expires_at']:%Y-%m-%d %H:%M} UTC; hash {row['hash']}")


def approve(
    proposal_id: ProposalArgument,
    seen: Annotated[str, typer.Option("--seen", help="Hash of the text that you read (lockstep cases proposal).")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve what somebody else proposed, which does it."""
    with desk(config, as_json=as_json) as at:
        module = _module(at, proposal_id)
        made = at.do(module.approve, proposal_id, seen)
        at.done(f"approved{f': decision {made}' if made else ''}", proposal=proposal_id, decision=made)


def refuse(
    proposal_id: ProposalArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Say no to a proposal, and why."""
    with desk(config, as_json=as_json) as at:
        at.do(_module(at, proposal_id).refuse, proposal_id, why)
        at.done("refused", proposal=proposal_id)


def withdraw(
    proposal_id: ProposalArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take one's own proposal back."""
    with desk(config, as_json=as_json) as at:
        at.do(_module(at, proposal_id).withdraw, proposal_id, why)
        at.done("withdrawn", proposal=proposal_id)


def enforce(case_id: CaseArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send what the decision in force says to those who carry it out (lockstep cases deliver sends it)."""
    from cases import decisions

    with desk(config, as_json=as_json) as at:
        sent = at.do(decisions.enforce, case_id)
        at.done(f"{len(sent)} actions wait to be delivered", case=case_id, actions=sent)


def confirm(
    action: Annotated[list[str], typer.Argument(metavar="ACTION…", help="Ids of actions.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that the platform did what actions say."""
    from cases import decisions

    with desk(config, as_json=as_json) as at:
        with at.book.change(at.actor) as change:
            for one in action:
                decisions.confirm(change, one)
        at.done(f"{len(action)} confirmed", actions=action)


def _form(at: Desk, case_id: str) -> None:
    from cases.casefile import read
    from cases.forms import template

    with at.look("case", case_id) as look:
        form = template(read(look, case_id))
    if at.s.as_json:
        at.s.emit({"form": form})
    else:
        at.s.line(form.rstrip())


def _draft(file: Path) -> Draft:
    from cases.forms import read

    try:
        return read(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the form cannot be read: {error}", str(file)) from error


def tell_proposal(at: Desk, row: RowMapping) -> None:
    """Say that a proposal waits, and by which hash an approval names it."""
    at.done(
        f"proposal {row['id']} waits for a second person until {row['expires_at']:%Y-%m-%d %H:%M} UTC"
        f" ({', '.join(row['grounds'])}); its hash is {row['hash']}",
        proposal=row["id"],
        hash=row["hash"],
        grounds=row["grounds"],
        expires_at=row["expires_at"],
    )


def _module(at: Desk, proposal_id: str) -> ModuleType:
    """Where a proposal of its kind is answered."""
    from cases import appeals, decisions
    from cases.caseload import within
    from cases.storage.schema import proposals

    with at.look("proposal", proposal_id) as look:
        kind = within(look, proposals, proposal_id)["kind"]
    return appeals if kind == appeals.KIND else decisions
