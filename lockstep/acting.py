"""Who acts from the command line, and the casebook they act in: what the verbs of casework share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.session import Session, session

if TYPE_CHECKING:
    from cases.casebook import Casebook, Look
    from cases.people import Actor

PASSWORD = "LOCKSTEP_CASES_PASSWORD"  # noqa: S105 - its name
TOKEN = "LOCKSTEP_TOKEN"  # noqa: S105 - its name


@dataclass(frozen=True)
class Desk:
    """One person at work in the casebook."""

    s: Session
    book: Casebook
    actor: Actor

    def do(self, step: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """One step, in a transaction of its own."""
        with self.book.change(self.actor) as change:
            return step(change, *args, **named)

    def look(self, subject: str, subject_id: str = "", **detail: Any) -> AbstractContextManager[Look]:
        """One state of the casebook to read; the trail says who read what."""
        return self.book.look(self.actor, subject, subject_id, **detail)

    def done(self, sentence: str, **document: Any) -> None:
        """Say what was done: a sentence for people, a document for machines."""
        if self.s.as_json:
            self.s.emit(document)
        else:
            self.s.line(sentence)


@contextmanager
def casebook(s: Session) -> Iterator[Casebook]:
    """The configured casebook, of this program's version."""
    from cases.casebook import Casebook
    from cases.escalation import office
    from cases.storage.database import Database

    database = Database(s.settings.text("cases.url"), (s.settings.secrets or {}).get(PASSWORD))
    book = Casebook(database, office=office.of(s.settings))
    try:
        book.database.check()
        yield book
    finally:
        book.close()


@contextmanager
def desk(
    config: Path | None, *, as_json: bool, store: str | None = None, data_dir: Path | None = None
) -> Iterator[Desk]:
    """The casebook, and who acts in it: the bearer of ``LOCKSTEP_TOKEN``, else the single user.

    Raises
    ------
    NotPermitted
        Nobody is named, or the token is none.
    """
    s = session(config, store, data_dir, as_json=as_json)
    with casebook(s) as book:
        yield Desk(s, book, acting(s, book))


def acting(s: Session, book: Casebook) -> Actor:
    """Who acts.

    The single user of this machine acts without a token where nobody is registered, the casebook is SQLite's and the
    pages have no login either: under the name that the pages give them, so that they are one person on both ways.
    """
    from cases import tokens
    from cases.people import lone
    from graph.errors import NotPermitted

    token = (s.settings.secrets or {}).get(TOKEN)
    if token:
        return tokens.bearer(book, token)
    team = book.database.kind != "sqlite" or s.settings.text("auth.metadata_url") or tokens.anybody(book)
    if team:
        raise NotPermitted("nobody is named as the actor", TOKEN, "set it to the token that an admin gave you")
    return lone()
