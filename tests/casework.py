"""A casebook for tests: over each database, with a clock that they set, people, and a case to decide."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cases import caseload, decisions
from cases.audit import Head, verify
from cases.casebook import Casebook
from cases.caseload import Subject
from cases.drafts import Action, Draft, Ground, Measure
from cases.lifecycles import Outcome, Severity
from cases.people import Actor, Kind
from cases.roles import Role
from cases.storage.database import Database
from detectors.alerting.alert import Alert
from graph.findings import Priority, Window

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Actor("anna", frozenset({Role.ANALYST}))
ADA = Actor("ada", frozenset({Role.ANALYST}))
LENA = Actor("lena", frozenset({Role.LEAD}))
LUIS = Actor("luis", frozenset({Role.LEAD}))
RUTH = Actor("ruth", frozenset({Role.REVIEWER}))
VERA = Actor("vera", frozenset({Role.VENDOR}))
BOSS = Actor("boss", frozenset(Role))  # everything that a role can give
BOT = Actor("bot", frozenset(Role), Kind.SERVICE)
ACCOUNTS = ("local/a1", "local/a2", "local/a3")
ONLOOKER = "local/onlooker"


@dataclass
class Clock:
    """A time that stands still until a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Work:
    """A casebook and its clock."""

    book: Casebook
    clock: Clock
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def do(self, actor: Actor, step: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """One step in a change of its own."""
        with self.book.change(actor) as change:
            return step(change, *args, **named)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.book.database.reading() as connection:
            return [dict(r) for r in connection.execute(table.select()).mappings()]

    def row(self, table: Any, key: str) -> dict[str, Any]:
        return next(r for r in self.rows(table) if r["id"] == key)

    def wrong(self, *heads: Head) -> list[str]:
        """What is wrong with the audit trail."""
        with self.book.database.reading() as connection:
            return verify(connection, heads)

    def case(self, severity: Severity = Severity.S2, *, by: Actor = ANNA, ready: bool = True, **more: Any) -> str:
        """A case about three accounts with evidence of their own and an onlooker without, ready to be decided."""
        about = [*(Subject(a, "core", own_evidence=True) for a in ACCOUNTS), Subject(ONLOOKER, "fringe")]
        key: str = self.do(by, caseload.open_case, "copied posts about $XYZ", severity, about=about, **more)
        if ready:
            self.do(by, caseload.move, key, "investigate")
            self.do(by, caseload.move, key, "ready")
        return key

    def decided(self, severity: Severity = Severity.S2, measure: Measure = Measure.DEMOTE_CONTENT) -> tuple[str, str]:
        """A case and its decision, made by anna alone, or with lena's approval where it needs one; sent out."""
        case_id = self.case(severity)
        told = draft(severity, measure)
        if severity <= Severity.S1 or measure is not Measure.DEMOTE_CONTENT:
            proposal = self.do(ANNA, decisions.propose, case_id, told)
            decision = self.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
        else:
            decision = self.do(ANNA, decisions.decide, case_id, told)
        self.do(ANNA, decisions.enforce, case_id)
        return case_id, decision


def draft(severity: Severity = Severity.S2, measure: Measure = Measure.DEMOTE_CONTENT, **changed: Any) -> Draft:
    """A decision about the three accounts."""
    about = measure.endswith("_content")
    actions = tuple(Action(measure, f"post-of-{a}" if about else a, a) for a in ACCOUNTS)
    made = Draft(
        outcome=Outcome.VIOLATION_CONFIRMED,
        severity=severity,
        policy="inauthentic promotion",
        policy_version="3",
        facts="Three accounts posted the same text within a minute, 37 times in six days.",
        ground=Ground.TERMS,
        reference="terms 4.2",
        explanation="The terms forbid promotion that hides who is behind it.",
        actions=actions,
    )
    return replace(made, **changed)


def alert(number: int = 1, *, lineage: str = "ring-1", **changed: Any) -> Alert:
    """An alert as a detector raises it."""
    made = Alert(
        id=f"alert-{number}",
        reason="new",
        finding=f"finding-{number}",
        lineage=lineage,
        detector="shilling",
        version="3",
        kind="shilling_cluster",
        priority=Priority.MEDIUM,
        score=0.7,
        score_means="uncalibrated rank",
        summary="3 accounts posted $XYZ within 60 s of each other 37 times.",
        accounts=ACCOUNTS,
        tickers=("XYZ",),
        links=(),
        window=Window(START - timedelta(days=6), START),
        run="run-1",
        data_cut=7,
        raised_at=START,
    )
    return replace(made, **changed)


@cache
def _template() -> bytes:
    """A SQLite casebook with its tables and nothing in it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/casebook.db")
        database.migrate()
        database.close()
        return Path(folder, "casebook.db").read_bytes()


def sqlite_url(folder: Path) -> str:
    """URL of a new, migrated casebook in a folder."""
    path = folder / "casebook.db"
    path.write_bytes(_template())
    return f"sqlite:///{path}"


def postgres_url() -> str:
    """URL of a new, migrated database of the shared server."""
    from tests import postgres

    server = postgres.shared()
    if not server.run("SELECT 1 FROM pg_database WHERE datname = 'template_casebook'"):
        server.run("CREATE DATABASE template_casebook")
        database = Database(server.url("template_casebook"), postgres.PASSWORD)
        database.migrate()
        database.close()
    name = f"casebook_{next(_NUMBERS)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE template_casebook")
    return server.url(name)


def opened(url: str) -> Work:
    """The casebook of a URL, with a clock of its own."""
    from tests import postgres

    clock = Clock()
    password = postgres.PASSWORD if url.startswith("postgresql") else None
    return Work(Casebook(Database(url, password), clock), clock)


_NUMBERS = itertools.count(1)
