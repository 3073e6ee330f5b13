"""Pseudonyms: the same in a case, another in every other, and nothing of the account in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.people import Actor
from cases.privacy import pseudonyms
from cases.privacy.pseudonyms import of_snapshot, outside, pseudonym
from cases.roles import Role
from graph.errors import ConfigError
from tests.casework import ANNA, BOSS, VERA

KEY = b"k" * 16
NAMES = st.text(min_size=1, max_size=20)
SNAPSHOT = {
    "case": "c1",
    "finding": {
        "id": "f1",
        "summary": "local/a1 and @moonboy paid mail@example.org",
        "members": [{"account": "local/a1", "score": 0.9}, {"account": "local/zz", "score": 0.2}],
    },
    "nodes": [
        {"id": "account/local/a1", "kind": "account", "label": "moonboy", "handle": "moonboy"},
        {"id": "ticker/XYZ", "kind": "ticker", "label": "$XYZ"},
    ],
    "edges": [{"source": "account/local/a1", "target": "ticker/XYZ", "kind": "mentions"}],
    "posts": [{"id": "local:p1", "account": "local/q", "text": "@moonboy says $XYZ to +49 30 901820", "views": 3}],
    "layout": {"account/local/a1": [1.0, 2.0]},
}


@given(NAMES, NAMES, NAMES)
def test_a_pseudonym_is_of_one_name_in_one_case_under_one_key(case: str, other: str, name: str) -> None:
    told = pseudonym(KEY, case, name)
    assert told == pseudonym(KEY, case, name)
    assert len(told) == 5
    assert set(told).isdisjoint("AEIOUY")
    long = pseudonym(KEY, case, name, 30)
    assert long.startswith(told)
    assert long != pseudonym(b"other key of ours", case, name, 30)
    assert (long == pseudonym(KEY, other, name, 30)) == (case == other)


@pytest.mark.parametrize(
    ("roles", "is_outside"),
    [
        ({Role.VENDOR}, True),
        ({Role.VENDOR, Role.AUDITOR}, True),
        ({Role.VENDOR, Role.ANALYST}, False),
        ({Role.ANALYST}, False),
        (set(), False),
        (set(Role), False),
    ],
)
def test_who_is_outside(roles: set[Role], *, is_outside: bool) -> None:
    assert outside(Actor("somebody", frozenset(roles))) is is_outside


def test_a_snapshot_is_read_outside_without_anybody_in_it() -> None:
    shown = of_snapshot(SNAPSHOT, VERA, KEY)
    first = f"account {pseudonym(KEY, 'c1', 'local/a1')}"
    assert shown["finding"]["summary"] == f"{first} and {first} paid [e-mail]"
    assert shown["nodes"] == [
        {"id": f"account/{first}", "kind": "account", "label": first},
        {"id": "ticker/XYZ", "kind": "ticker", "label": "$XYZ"},
    ]
    assert shown["edges"][0]["source"] == f"account/{first}"
    assert shown["layout"] == {f"account/{first}": [1.0, 2.0]}
    assert shown["posts"][0]["text"] == f"{first} says $XYZ to [phone]"
    assert shown["posts"][0]["account"] == f"account {pseudonym(KEY, 'c1', 'local/q')}"
    assert not {"local/", "moonboy", "example.org"} & {
        w for w in ("local/", "moonboy", "example.org") if w in str(shown)
    }
    for inside in (ANNA, BOSS):
        assert of_snapshot(SNAPSHOT, inside) == SNAPSHOT


def test_two_that_begin_alike_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {"local/a1": "BCDFGHX" * 6, "local/zz": "BCDFGHZ" * 6}
    monkeypatch.setattr(pseudonyms, "pseudonym", lambda _key, _case, name, length=5: codes.get(name, "Q" * 40)[:length])
    shown = of_snapshot(SNAPSHOT, VERA, KEY)
    assert [m["account"] for m in shown["finding"]["members"]] == ["account BCDFGHX", "account BCDFGHZ"]


def test_without_a_key_nobody_outside_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_PSEUDONYM_KEY", raising=False)
    with pytest.raises(ConfigError, match="no key"):
        of_snapshot(SNAPSHOT, VERA)
    monkeypatch.setenv("LOCKSTEP_PSEUDONYM_KEY", KEY.decode())
    assert of_snapshot(SNAPSHOT, VERA) == of_snapshot(SNAPSHOT, VERA, KEY)
