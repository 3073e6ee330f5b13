"""``lockstep people``: who may work in the casebook from the command line."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cases.roles import Role
from graph.errors import ConfigError
from lockstep.acting import TOKEN, Desk, acting, casebook, desk
from lockstep.config import read_span
from lockstep.session import ConfigOption, JsonOption, Session, session

if TYPE_CHECKING:
    from cases.casebook import Casebook

group = typer.Typer(no_args_is_help=True, help="People and services that work in the casebook from the command line.")

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="What the trail keeps them under; for who logs in to the dashboard, ISSUER|SUBJECT."
    ),
]
RoleOption = Annotated[list[Role], typer.Option("--role", help="What they are; may be given several times.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, in a sentence.")]
LastsOption = Annotated[str, typer.Option("--lasts", help="How long the token is good for.")]


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="people")


@group.command("add")
def add_(
    name: NameArgument,
    role: RoleOption,
    service: Annotated[
        bool, typer.Option("--service", help="A program: it may propose, and never judges people.")
    ] = False,
    lasts: LastsOption = "90d",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register somebody, and show their token, once: only its hash is kept.

    The first one is an admin, registered without a token by who made the tables.
    """
    from cases import tokens
    from cases.people import Kind

    s = session(config, as_json=as_json)
    _one_name(s, name, service=service)
    with casebook(s) as book:
        if _first(s, book, role, service=service):
            token = tokens.bootstrap(book, name, _span(lasts))
        else:
            kind = Kind.SERVICE if service else Kind.PERSON
            at = Desk(s, book, acting(s, book))
            token = at.do(tokens.register, name, role, kind=kind, lasts=_span(lasts))
    _show(s, name, token)


@group.command("list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Everybody who was registered, with their roles and until when their token is good."""
    from cases import tokens

    with desk(config, as_json=as_json) as at:
        with at.look("people") as look:
            found, good = tokens.listed(look), tokens.valid(look)
        rows = [
            {
                "name": r["name"],
                "kind": r["kind"],
                "roles": r["roles"],
                "registered_by": r["registered_by"],
                "registered_at": r["registered_at"],
                "disabled_at": r["disabled_at"],
                "token_until": good[r["id"]]["expires_at"] if r["id"] in good else None,
            }
            for r in found
        ]
        if at.s.as_json:
            at.s.emit(rows)
            return
        shown = [
            [r["name"], r["kind"], ", ".join(r["roles"]), _day(r["token_until"]), _day(r["disabled_at"])] for r in rows
        ]
        at.s.table(["name", "kind", "roles", "token until", "disabled"], shown)


@group.command()
def token(
    name: NameArgument, lasts: LastsOption = "90d", config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Give somebody a new token; the one before ends at once."""
    from cases import tokens

    with desk(config, as_json=as_json) as at:
        _show(at.s, name, at.do(tokens.renew, name, lasts=_span(lasts)))


@group.command()
def disable(name: NameArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Let somebody do nothing any more; what they did stays under their name."""
    from cases import tokens

    with desk(config, as_json=as_json) as at:
        at.do(tokens.disable, name, why)
        at.done(f"{name} is disabled", name=name, disabled=True)


@group.command()
def enable(name: NameArgument, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take that back; they need a new token."""
    from cases import tokens

    with desk(config, as_json=as_json) as at:
        at.do(tokens.enable, name, why)
        at.done(f"{name} is enabled; lockstep people token gives a token", name=name, disabled=False)


@group.command()
def roles(
    name: NameArgument, role: RoleOption, why: WhyOption, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Give somebody other roles in place of those that they have."""
    from cases import tokens

    with desk(config, as_json=as_json) as at:
        at.do(tokens.assign, name, role, why)
        at.done(f"{name}: {', '.join(sorted(role))}", name=name, roles=sorted(role))


def _first(s: Session, book: Casebook, role: list[Role], *, service: bool) -> bool:
    """Whether it is the first admin that is registered; who has a token is not the first."""
    from cases import tokens

    if (s.settings.secrets or {}).get(TOKEN) or tokens.administered(book):
        return False
    if service or set(role) != {Role.ADMIN}:
        raise ConfigError("nobody is registered who could register others", "--role", "first: --role admin")
    return True


def _one_name(s: Session, name: str, *, service: bool) -> None:
    """Refuse a second name for who has one on the pages: two names of one person could approve each other's work."""
    if s.settings.text("auth.metadata_url") and not service and "|" not in name:
        hint = "write ISSUER|SUBJECT, as the login names them: the trail shows it"
        raise ConfigError("the pages know people by another name", name, hint)


def _show(s: Session, name: str, token: str) -> None:
    if s.as_json:
        s.emit({"name": name, "token": token})
        return
    s.note(f"the token of {name}, shown this once; they set {TOKEN} to it:")
    s.line(token)


def _span(text: str) -> timedelta:
    found = read_span(text)
    if found is None:
        raise ConfigError(f"{text!r} is no time span", "--lasts", "write for example 90d")
    return found


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
