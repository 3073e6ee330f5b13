"""Who is at the other end of this session, asked anew on every run: a login ends while a page is open."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import streamlit as st

from cases.people import lone
from cases.roles import Permission, Role, permitted
from dashboard.access import ended
from dashboard.access.login import Login, configured, loopback


class Standing(Enum):
    """Why a session is somebody's, or nobody's."""

    LOGGED_IN = auto()
    ALONE = auto()  # no login is configured, and only this machine can reach the server
    LOGGED_OUT = auto()
    EXPIRED = auto()
    EXPOSED = auto()  # no login is configured, and others can reach the server


@dataclass(frozen=True)
class Person:
    """One person, or nobody.

    ``name`` is what records are kept under: issuer and subject of the login, which stay when a person changes their
    display name or address. ``shown`` is for eyes alone, and text from outside.
    """

    standing: Standing
    name: str = ""
    shown: str = ""
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()

    @property
    def known(self) -> bool:
        """Whether this is somebody."""
        return self.standing in {Standing.LOGGED_IN, Standing.ALONE}

    def may(self, permission: Permission | None) -> bool:
        """Whether the person has the permission; what declares none is open to no one who logs in."""
        return self.standing is Standing.ALONE if permission is None else permission in self.permissions


def who() -> Person:
    """The person of this session, as of now.

    Raises
    ------
    ConfigError
        The login is configured wrongly.
    """
    login = configured()
    if login is None:
        return alone() if loopback(st.get_option("server.address")) else Person(Standing.EXPOSED)
    return logged_in(st.user.to_dict(), login, time.time())


@functools.cache
def alone() -> Person:
    """The single user of this machine, who may do everything."""
    actor = lone()
    return Person(Standing.ALONE, actor.name, actor.name.removeprefix("local:"), actor.roles, frozenset(Permission))


def logged_in(claims: Mapping[str, Any], login: Login, now: float) -> Person:
    """The person that an ID token's claims name.

    Parameters
    ----------
    claims : mapping
        Streamlit's cookie as it was read when the session began: signed by this server, but not looked at since.
    now : float
        Seconds since 1970.
    """
    if claims.get("is_logged_in") is not True:
        return Person(Standing.LOGGED_OUT)
    issuer, subject, audience = claims.get("iss"), claims.get("sub"), claims.get("aud")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        return Person(Standing.LOGGED_OUT)
    if login.client_id not in (audience if isinstance(audience, list) else [audience]):
        return Person(Standing.LOGGED_OUT)  # a token that was made for another program
    if not now < _until(claims) or ended.has(claims):
        return Person(Standing.EXPIRED)
    roles = login.roles_in(claims)
    names = (claims.get(key) for key in ("name", "preferred_username", "email"))
    shown = next((n for n in names if isinstance(n, str) and n), subject)
    return Person(Standing.LOGGED_IN, f"{issuer}|{subject}", shown, roles, permitted(roles))


def _until(claims: Mapping[str, Any]) -> float:
    """When the login ends; a token that does not say so has ended."""
    until = claims.get("exp")
    return until if isinstance(until, int | float) and not isinstance(until, bool) else -math.inf
