"""People who work from the command line, over each database: registered, known by their token, and no longer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cases import decisions, tokens
from cases.lifecycles import Severity
from cases.people import Actor, Kind, system
from cases.roles import Role
from cases.storage.database import Database
from cases.storage.people import persons
from cases.storage.people import tokens as kept
from cases.storage.schema import audit
from graph.errors import CaseError, NotPermitted
from tests import casework, postgres
from tests.casework import BOSS, BOT, LENA, Work, draft
from tests.postgres import needs_postgres

ADMIN = Actor("root", frozenset({Role.ADMIN}))


@pytest.fixture
def staffed(work: Work) -> Work:
    """A casebook with an admin."""
    tokens.bootstrap(work.book, "root")
    return work


def test_the_first_admin_is_made_once_and_by_whom_is_written(work: Work) -> None:
    assert not tokens.anybody(work.book)
    assert not tokens.administered(work.book)
    root = tokens.bearer(work.book, tokens.bootstrap(work.book, "root"))
    assert root == ADMIN
    assert tokens.anybody(work.book)
    assert tokens.administered(work.book)
    assert {(e["actor"], e["action"]) for e in work.rows(audit)} == {
        ("system:bootstrap", "register"),
        ("system:bootstrap", "issue"),
    }
    with pytest.raises(NotPermitted, match="there is an admin"):
        tokens.bootstrap(work.book, "another")


def test_a_token_is_kept_nowhere(staffed: Work) -> None:
    token = staffed.do(ADMIN, tokens.register, "anna", [Role.ANALYST])
    assert re.fullmatch(r"lockstep_[a-z0-9]{12}_[0-9a-f]{64}", token)
    secret = token.rpartition("_")[2]
    assert secret not in repr([staffed.rows(t) for t in (persons, kept, audit)])
    hashes = {row["hash"] for row in staffed.rows(kept)}
    assert not any(h in repr(staffed.rows(audit)) for h in hashes)


def test_who_bears_a_token_acts_with_their_roles(staffed: Work) -> None:
    token = staffed.do(ADMIN, tokens.register, " anna ", [Role.ANALYST, Role.REVIEWER])
    bot = staffed.do(ADMIN, tokens.register, "bot", [Role.LEAD], kind=Kind.SERVICE)
    assert tokens.bearer(staffed.book, f" {token}\n") == Actor("anna", frozenset({Role.ANALYST, Role.REVIEWER}))
    assert tokens.bearer(staffed.book, bot) == Actor("bot", frozenset({Role.LEAD}), Kind.SERVICE)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _: "",
        lambda _: "lockstep",
        lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"),
        lambda t: t.rpartition("_")[0] + "_",
        lambda t: t.replace("lockstep_", "locksmith_"),
        lambda t: "lockstep_aaaaaaaaaaaa_" + t.rpartition("_")[2],
        lambda t: t.upper(),
    ],
)
def test_what_is_no_token_is_nobody(staffed: Work, spoilt: Callable[[str], str]) -> None:
    token = staffed.do(ADMIN, tokens.register, "anna", [Role.ANALYST])
    with pytest.raises(NotPermitted, match="none of this casebook"):
        tokens.bearer(staffed.book, spoilt(token))


def test_a_token_ends_by_time_by_another_and_by_its_bearers_end(staffed: Work) -> None:
    first = staffed.do(ADMIN, tokens.register, "anna", [Role.ANALYST], lasts=timedelta(days=2))
    staffed.clock.later(days=2, seconds=-1)
    assert tokens.bearer(staffed.book, first).name == "anna"
    staffed.clock.later(seconds=1)
    with pytest.raises(NotPermitted, match="expired"):
        tokens.bearer(staffed.book, first)
    second = staffed.do(ADMIN, tokens.renew, "anna")
    with pytest.raises(NotPermitted, match="another token"):
        tokens.bearer(staffed.book, first)
    with staffed.book.look(ADMIN, "people") as look:
        good = tokens.valid(look)
        assert {r["name"]: r["id"] in good for r in tokens.listed(look)} == {"anna": True, "root": True}
    staffed.do(ADMIN, tokens.disable, "anna", "left the team")
    with pytest.raises(NotPermitted, match="disabled"):
        tokens.bearer(staffed.book, second)
    with pytest.raises(CaseError, match="they are disabled"):
        staffed.do(ADMIN, tokens.renew, "anna")
    staffed.do(ADMIN, tokens.enable, "anna", "came back")
    with pytest.raises(NotPermitted, match="another token"):
        tokens.bearer(staffed.book, second)
    assert tokens.bearer(staffed.book, staffed.do(ADMIN, tokens.renew, "anna")).name == "anna"


def test_other_roles_count_at_once(staffed: Work) -> None:
    token = staffed.do(ADMIN, tokens.register, "anna", [Role.ANALYST])
    staffed.do(ADMIN, tokens.assign, "anna", [Role.LEAD], "leads the team from today")
    assert tokens.bearer(staffed.book, token).roles == {Role.LEAD}


def test_there_is_always_an_admin(staffed: Work) -> None:
    for step, more in ((tokens.disable, ()), (tokens.assign, ([Role.LEAD],))):
        with pytest.raises(CaseError, match="nobody would be left"):
            staffed.do(ADMIN, step, "root", *more, "tidying up")
    staffed.do(ADMIN, tokens.register, "service", [Role.ADMIN], kind=Kind.SERVICE)
    with pytest.raises(CaseError, match="nobody would be left"):
        staffed.do(ADMIN, tokens.disable, "root", "a service is none")
    staffed.do(ADMIN, tokens.register, "second", [Role.ADMIN])
    staffed.do(ADMIN, tokens.disable, "root", "left the team")


@pytest.mark.parametrize(
    ("step", "told", "wrong"),
    [
        (tokens.register, ("anna", [Role.LEAD]), "name is taken"),
        (tokens.register, ("Ａnna", [Role.LEAD]), "name is taken"),
        (tokens.register, ("ben", []), "need a role"),
        (tokens.register, (" ", [Role.LEAD]), "no name"),
        (tokens.register, ("x" * 201, [Role.LEAD]), "no name"),
        (tokens.register, ("be\nn", [Role.LEAD]), "no name"),
        (tokens.register, ("system:sweep", [Role.LEAD]), "no name"),
        (tokens.renew, ("nobody",), "nobody of that name"),
        (tokens.disable, ("anna", " "), "needs a reason"),
        (tokens.enable, ("anna", "why not"), "not disabled"),
        (tokens.assign, ("anna", [], "less"), "needs a role"),
        (tokens.assign, ("anna", [Role.LEAD], ""), "and a reason"),
    ],
)
def test_what_cannot_be_registered_is_said(staffed: Work, step: Any, told: tuple[Any, ...], wrong: str) -> None:
    staffed.do(ADMIN, tokens.register, "anna", [Role.ANALYST])
    with pytest.raises(CaseError, match=wrong):
        staffed.do(ADMIN, step, *told)
    with pytest.raises(CaseError, match="lasts for some time"):
        staffed.do(ADMIN, tokens.renew, "anna", lasts=timedelta())


@pytest.mark.parametrize("actor", [LENA, BOT, system("sweep"), Actor("cleo", frozenset(Role) - {Role.ADMIN})])
def test_only_a_person_who_is_admin_registers_people(staffed: Work, actor: Actor) -> None:
    for step, told in (
        (tokens.register, ("eve", [Role.LEAD])),
        (tokens.renew, ("root",)),
        (tokens.disable, ("root", "why")),
        (tokens.enable, ("root", "why")),
        (tokens.assign, ("root", [Role.LEAD], "why")),
    ):
        with pytest.raises(NotPermitted, match="may not register"):
            staffed.do(actor, step, *told)


def test_one_person_by_page_and_by_token_does_not_approve_their_own(staffed: Work) -> None:
    page = Actor("https://login.example|42", frozenset(Role))  # as the dashboard names who logged in
    token = staffed.do(ADMIN, tokens.register, page.name, list(Role))
    proposal = staffed.do(page, decisions.propose, staffed.case(Severity.S1), draft(Severity.S1))
    for same in (page, tokens.bearer(staffed.book, token), BOT):
        with pytest.raises(NotPermitted, match=r"who proposes does not approve|a program approves nothing"):
            staffed.do(same, decisions.approve, proposal["id"], proposal["hash"])
    service = staffed.do(ADMIN, tokens.register, "robot", list(Role), kind=Kind.SERVICE)
    with pytest.raises(NotPermitted, match="a program approves nothing"):
        staffed.do(tokens.bearer(staffed.book, service), decisions.approve, proposal["id"], proposal["hash"])
    lena = tokens.bearer(staffed.book, staffed.do(ADMIN, tokens.register, "lena", [Role.LEAD]))
    assert staffed.do(lena, decisions.approve, proposal["id"], proposal["hash"])


def test_the_single_user_of_a_page_is_one_of_those_who_are_registered(work: Work) -> None:
    lone = Actor("local:anna", frozenset(Role))
    assert tokens.standing(work.book, lone) == lone
    tokens.bootstrap(work.book, "root")
    with pytest.raises(NotPermitted, match="not registered in this casebook"):
        tokens.standing(work.book, lone)
    work.do(ADMIN, tokens.register, "local:anna", [Role.ANALYST])
    work.do(ADMIN, tokens.register, "local:bot", [Role.LEAD], kind=Kind.SERVICE)
    assert tokens.standing(work.book, lone) == Actor("local:anna", frozenset({Role.ANALYST}))
    work.do(ADMIN, tokens.disable, "local:anna", "left the team")
    for name in ("local:anna", "local:bot"):
        with pytest.raises(NotPermitted, match="not registered"):
            tokens.standing(work.book, Actor(name, frozenset(Role)))


@needs_postgres()
def test_the_first_admin_is_made_by_the_tables_owner() -> None:
    server, url = postgres.shared(), casework.postgres_url()
    role = f"app_{url.rpartition('/')[2]}"
    server.run(f"CREATE ROLE {role} LOGIN PASSWORD '{postgres.PASSWORD}'")
    database = Database(url, postgres.PASSWORD)
    database.grant(role)
    database.close()
    work = casework.opened(url.replace("lockstep@", f"{role}@"))
    with pytest.raises(NotPermitted, match="another's"):
        tokens.bootstrap(work.book, "root")
    owner = casework.opened(url)
    tokens.bootstrap(owner.book, "root")
    assert work.do(BOSS, tokens.register, "anna", [Role.ANALYST])
    for each in (work, owner):
        assert each.wrong() == []
        each.book.close()
