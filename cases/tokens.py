"""Who works from the command line: people and services with roles, each known by a token that is shown once.

Only a token's hash is kept. SHA-256 is enough for it, since the secret is 256 random bits that nobody chose.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import RowMapping, insert, select, text

from cases.audit import sha256
from cases.casebook import Casebook, Change, Look, new_id
from cases.people import Actor, Kind, system
from cases.roles import Permission, Role
from cases.storage.people import persons, tokens
from graph.errors import CaseError, NotPermitted

LASTS = timedelta(days=90)
PREFIX = "lockstep"
_KINDS = frozenset({Kind.PERSON, Kind.SERVICE})


def register(
    change: Change, name: str, roles: Collection[Role], *, kind: Kind = Kind.PERSON, lasts: timedelta = LASTS
) -> str:
    """Register somebody; gives the token, which is kept nowhere.

    Parameters
    ----------
    name : str
        What the trail keeps them under. A person who works on the pages too has the same name there, or two names of
        one person could approve each other's proposals.
    lasts : timedelta
        After which the token is none any more.

    Raises
    ------
    CaseError
        The name is taken, or stands for the program itself; or no role is named.
    """
    change.actor.need(Permission.PEOPLE)
    return _register(change, name, roles, kind, lasts)


def bootstrap(book: Casebook, name: str, lasts: timedelta = LASTS) -> str:
    """Register the first admin, as who made the tables and without a token; gives the new token.

    Raises
    ------
    NotPermitted
        There is an admin already, or the tables are another's.
    """
    with book.change(system("bootstrap")) as change:
        book.database.take_turn(change.connection)  # of two who try at once, one is the first
        if _admins(change):
            raise NotPermitted("there is an admin", hint="set LOCKSTEP_TOKEN to theirs, or have them register people")
        if book.database.kind == "postgresql" and not change.connection.execute(_OWNS).scalar():
            raise NotPermitted("these tables are another's", hint="the first admin is made by who migrates")
        return _register(change, name, [Role.ADMIN], Kind.PERSON, lasts)


def renew(change: Change, name: str, *, lasts: timedelta = LASTS) -> str:
    """Give somebody a new token, and end those before it; gives the token.

    Raises
    ------
    CaseError
        They are disabled.
    """
    change.actor.need(Permission.PEOPLE)
    row = _named(change, name)
    if row["disabled_at"]:
        raise CaseError("they are disabled", name, "lockstep people enable")
    _end(change, row)
    return _issue(change, str(row["id"]), lasts)


def disable(change: Change, name: str, why: str) -> None:
    """Let somebody do nothing any more; what they did stays.

    Raises
    ------
    CaseError
        They are already, no reason is written, or nobody would be left to register people.
    """
    change.actor.need(Permission.PEOPLE)
    row = _named(change, name)
    if row["disabled_at"] or not why.strip():
        raise CaseError("they are disabled" if row["disabled_at"] else "it needs a reason", name)
    _not_the_last(change, row)
    change.alter("disable", persons, row, {"disabled_at": change.now}, why)
    _end(change, row)


def enable(change: Change, name: str, why: str) -> None:
    """Take that back; a new token is another step.

    Raises
    ------
    CaseError
        They are not disabled, or no reason is written.
    """
    change.actor.need(Permission.PEOPLE)
    row = _named(change, name)
    if not row["disabled_at"] or not why.strip():
        raise CaseError("it needs a reason" if row["disabled_at"] else "they are not disabled", name)
    change.alter("enable", persons, row, {"disabled_at": None}, why)


def assign(change: Change, name: str, roles: Collection[Role], why: str) -> None:
    """Give somebody other roles in place of those that they have.

    Raises
    ------
    CaseError
        No role is named, no reason is written, or nobody would be left to register people.
    """
    change.actor.need(Permission.PEOPLE)
    row = _named(change, name)
    if not roles or not why.strip():
        raise CaseError("it needs a role and a reason", name)
    if Role.ADMIN not in roles:
        _not_the_last(change, row)
    change.alter("roles", persons, row, {"roles": _written(roles)}, why)


def listed(look: Look) -> list[RowMapping]:
    """Everybody who was registered, by name."""
    if not (look.actor.may(Permission.PEOPLE) or look.actor.may(Permission.AUDIT)):
        look.actor.need(Permission.PEOPLE)
    return look.rows(persons, order=persons.c.name)


def valid(look: Look) -> dict[str, RowMapping]:
    """The token in use of each person's id, where they have one."""
    found = look.rows(tokens, tokens.c.ended_at.is_(None), tokens.c.expires_at > look.now)
    return {str(row["person_id"]): row for row in found}


def anybody(book: Casebook) -> bool:
    """Whether anybody was ever registered: from then on nobody works without a token."""
    with book.database.reading() as connection:
        return connection.execute(select(persons.c.id).limit(1)).first() is not None


def standing(book: Casebook, lone: Actor) -> Actor:
    """The single user of a machine, as a casebook lets them act without a token, on its pages.

    Where nobody is registered they do everything, as one person. Where people are, they act as they were registered
    under that name: else one person could propose by their token and approve as the user of a page.

    Raises
    ------
    NotPermitted
        People are registered, and not this one; or they are disabled.
    """
    with book.database.reading() as connection:
        rows = connection.execute(select(persons)).mappings().all()
    if not rows:
        return lone
    found = next((r for r in rows if r["name"] == lone.name and r["kind"] == Kind.PERSON), None)
    if found is None or found["disabled_at"]:
        hint = f"an admin registers who uses this page: lockstep people add {lone.name} --role …"
        raise NotPermitted(f"{lone.name} is not registered in this casebook", hint=hint)
    return replace(lone, roles=frozenset(map(Role, found["roles"])))


def administered(book: Casebook) -> bool:
    """Whether there is somebody who can register others."""
    with book.database.reading() as connection:
        return bool(_admins(Look(connection, system("bootstrap"), book.clock())))


def bearer(book: Casebook, token: str) -> Actor:
    """Who a token stands for, as of now.

    Raises
    ------
    NotPermitted
        It is none, was replaced, has expired, or its bearer is disabled.
    """
    prefix, _, rest = token.strip().partition("_")
    key = rest.partition("_")[0]
    with book.database.reading() as connection:
        query = select(tokens, persons.c.name, persons.c.kind, persons.c.roles, persons.c.disabled_at)
        found = connection.execute(query.join(persons).where(tokens.c.id == key)).mappings().first()
    kept = found["hash"] if found else "0" * 64
    if not hmac.compare_digest(sha256(token.strip()), kept) or prefix != PREFIX or found is None:
        raise NotPermitted("the token is none of this casebook", "LOCKSTEP_TOKEN", "ask an admin for a new one")
    for wrong, what in (
        (found["disabled_at"], "is disabled"),
        (found["ended_at"], "has another token by now"),
        (found["expires_at"] <= book.clock(), "has a token that expired"),
    ):
        if wrong:
            raise NotPermitted(f"{found['name']} {what}", "LOCKSTEP_TOKEN", "ask an admin")
    return Actor(found["name"], frozenset(map(Role, found["roles"])), Kind(found["kind"]))


def _register(change: Change, name: str, roles: Collection[Role], kind: Kind, lasts: timedelta) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable() or name.startswith("system:"):
        raise CaseError("that is no name for anybody", name, f"up to {_LONGEST} letters, and not system:…")
    if not roles or kind not in _KINDS:
        raise CaseError("they need a role", name, f"some of: {', '.join(Role)}")
    if _alike(name) in {_alike(row["name"]) for row in change.rows(persons)}:
        raise CaseError("that name is taken", name, "names are never given twice")
    values = {"name": name, "kind": kind.value, "roles": _written(roles), "registered_by": change.actor.name}
    key = change.add("register", persons, {**values, "registered_at": change.now, "disabled_at": None})
    return _issue(change, key, lasts)


def _issue(change: Change, person_id: str, lasts: timedelta) -> str:
    if lasts <= timedelta():
        raise CaseError("a token lasts for some time", hint="name a span: 90d")
    key = new_id()
    token = f"{PREFIX}_{key}_{secrets.token_hex(32)}"
    told = {"person_id": person_id, "made_by": change.actor.name}
    until = change.now + lasts
    times = {"made_at": change.now, "expires_at": until, "ended_at": None}
    change.connection.execute(insert(tokens).values(id=key, hash=sha256(token), version=1, **told, **times))
    change.note("issue", "token", key, {**told, "expires_at": until.isoformat()})
    return token


def _end(change: Change, row: RowMapping) -> None:
    for token in change.rows(tokens, tokens.c.person_id == row["id"], tokens.c.ended_at.is_(None)):
        change.alter("end", tokens, token, {"ended_at": change.now})


def _named(look: Look, name: str) -> RowMapping:
    found = look.rows(persons, persons.c.name == name.strip())
    if not found:
        raise CaseError("nobody of that name is registered", name, "lockstep people list")
    return found[0]


def _admins(look: Look) -> set[str]:
    active = look.rows(persons, persons.c.disabled_at.is_(None))
    return {str(r["id"]) for r in active if Role.ADMIN in r["roles"] and r["kind"] == Kind.PERSON}


def _not_the_last(look: Look, row: RowMapping) -> None:
    if _admins(look) == {row["id"]}:
        raise CaseError("nobody would be left to register people", row["name"], "register another admin first")


def _alike(name: str) -> str:
    """The name as one reads it: without its cases and its letters' variants."""
    return unicodedata.normalize("NFKC", name).casefold()


def _written(roles: Collection[Role]) -> list[str]:
    return sorted(role.value for role in roles)


_LONGEST = 200
_OWNS = text(
    "SELECT pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename = 'persons'"
)
