"""The configured casebook, and who works in it on this page: what the screens of casework share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from cases.casebook import Casebook, Look
from cases.escalation import office
from cases.intake import take_from
from cases.people import Actor, system
from cases.storage.database import Database
from cases.tokens import standing
from dashboard import state
from dashboard.access import gate
from dashboard.access.people import Person, Standing, who
from graph.errors import SchemaMismatch
from graph.store import open_store

PASSWORD = "LOCKSTEP_CASES_PASSWORD"  # noqa: S105 - its name


@dataclass(frozen=True)
class Desk:
    """One person at work in the casebook."""

    book: Casebook
    actor: Actor

    def do(self, step: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """One step, in a transaction of its own."""
        with self.book.change(self.actor) as change:
            return step(change, *args, **named)

    def look(self, subject: str, subject_id: str = "", **detail: Any) -> AbstractContextManager[Look]:
        """One state of the casebook to read; the trail says who read what."""
        return self.book.look(self.actor, subject, subject_id, **detail)


def actor(person: Person) -> Actor:
    """The person as the casebook knows them: under the name that records keep, with the roles of this very moment."""
    return Actor(person.name, person.roles)


def desk() -> Desk:
    """The configured casebook and the person of this session.

    Raises
    ------
    LockstepError
        A setting is wrong, the casebook cannot be reached, or its tables are not there.
    PermissionError
        Whoever looks may not, or not any more.
    """
    gate.required()
    book, person = _checked(*_configured()), who()
    acting = actor(person)
    return Desk(book, standing(book, acting) if person.standing is Standing.ALONE else acting)


def may_make() -> bool:
    """Whether whoever looks may make the tables from the page: the single user of a casebook that is a file."""
    url, _ = _configured()
    return url.startswith("sqlite:") and who().standing is Standing.ALONE


def make() -> None:
    """Make the casebook's tables, or bring them to this program's version."""
    gate.required()
    _opened(*_configured()).database.migrate()


def missing(error: Exception) -> bool:
    """Whether an error says that the tables are not there, or of another version."""
    return isinstance(error, SchemaMismatch)


def intake(at: Desk, opened: state.Opened) -> int:
    """Take in what detectors told people of up to this commit, once for each commit; gives how many were new."""
    return _taken(opened.key, at.book.database.url, at.book)


@st.cache_resource(max_entries=4, show_spinner="Taking in alerts …")
def _taken(key: state.Key, url: str, _book: Casebook) -> int:  # noqa: ARG001 - the key of the cache
    known = state.settings()
    with open_store(known.store_url, known.data_dir, create=False) as store, store.view(key[1]) as view:
        return len(take_from(_book, system("alerts"), store, view)[0])


def _configured() -> tuple[str, str | None]:
    known = state.settings()
    return known.text("cases.url"), (known.secrets or {}).get(PASSWORD)


@functools.lru_cache(maxsize=4)
def _opened(url: str, password: str | None) -> Casebook:
    """The casebook of this process: its connections are shared by all sessions."""
    return Casebook(Database(url, password), office=office.of(state.settings()))


@st.cache_resource(max_entries=4, show_spinner=False)
def _checked(url: str, password: str | None) -> Casebook:
    """The same, once its tables were seen to be those of this program; a file that is not there is not made."""
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        raise SchemaMismatch("there is no casebook yet", url, "lockstep cases migrate")
    book = _opened(url, password)
    book.database.check()
    return book
