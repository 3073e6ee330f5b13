"""Who is at the other end: what a token must say to be somebody's."""

from __future__ import annotations

from typing import Any

import pytest

from cases.roles import Permission, Role
from dashboard.access import ended, people
from dashboard.access.login import Login
from dashboard.access.people import Standing, logged_in

NOW = 1_000_000.0
LOGIN = Login("", "me", "", "", "roles", {r.value: r for r in Role}, "", "")
ANNA = {
    "is_logged_in": True, "iss": "https://i.example", "sub": "42", "aud": "me", "exp": NOW + 1,
    "name": "Anna", "roles": ["analyst"],
}  # fmt: skip


def test_a_person_is_named_by_issuer_and_subject() -> None:
    anna = logged_in(ANNA, LOGIN, NOW)
    assert (anna.standing, anna.name, anna.shown) == (Standing.LOGGED_IN, "https://i.example|42", "Anna")
    assert anna.may(Permission.QUERY)
    assert not anna.may(None), "what declares no permission opens for no one who logs in"
    assert logged_in({**ANNA, "name": "Somebody else"}, LOGIN, NOW).name == anna.name
    assert logged_in({**ANNA, "name": 7}, LOGIN, NOW).shown == "42"


@pytest.mark.parametrize(
    ("changed", "standing"),
    [
        ({"exp": NOW}, Standing.EXPIRED),
        ({"exp": NOW - 1}, Standing.EXPIRED),
        ({"exp": None}, Standing.EXPIRED),
        ({"exp": True}, Standing.EXPIRED),
        ({"exp": "9999999999"}, Standing.EXPIRED),
        ({"exp": float("nan")}, Standing.EXPIRED),
        ({"is_logged_in": False}, Standing.LOGGED_OUT),
        ({"is_logged_in": "yes"}, Standing.LOGGED_OUT),
        ({"iss": None}, Standing.LOGGED_OUT),
        ({"sub": ""}, Standing.LOGGED_OUT),
        ({"sub": 42}, Standing.LOGGED_OUT),
        ({"aud": "another"}, Standing.LOGGED_OUT),
        ({"aud": None}, Standing.LOGGED_OUT),
        ({"aud": ["another", "me"]}, Standing.LOGGED_IN),
    ],
)
def test_what_a_token_must_say(changed: dict[str, Any], standing: Standing) -> None:
    person = logged_in({**ANNA, **changed}, LOGIN, NOW)
    assert person.standing is standing
    assert person.known is bool(person.permissions) is (standing is Standing.LOGGED_IN)


def test_a_login_that_was_ended_is_ended_in_every_tab() -> None:
    claims = {**ANNA, "exp": 9e9, "nonce": "of this test"}
    assert logged_in(claims, LOGIN, NOW).known
    ended.end(claims)
    assert logged_in(dict(claims), LOGIN, NOW).standing is Standing.EXPIRED
    assert logged_in({**claims, "nonce": "of the next login"}, LOGIN, NOW).known


def test_the_single_user_may_do_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    people.alone.cache_clear()
    monkeypatch.setattr("getpass.getuser", nameless)
    person = people.alone()
    people.alone.cache_clear()
    assert person.name.startswith("local:uid-")
    assert all(person.may(p) for p in Permission)
