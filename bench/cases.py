"""A full casebook on PostgreSQL: how long its queues' pages, its claims and a whole case take.

A real server (Debian's package) with 100,000 alerts and 20,000 cases, each with subjects, alerts and notes, one in
forty restricted or of the market track, and an audit trail whose chain holds. Every figure is over pages drawn with a
seed: first ones and deep ones, of all roles. "The queue's query" is what the database is asked for one page; "the whole
page" is what a page does: the read is written into the trail first, then the page and the counts beside it.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pg8000.dbapi
from sqlalchemy import Table

from bench.report import Result, at_least, at_most, tail
from cases import alerts, casefile, caseload
from cases.audit import GENESIS, Entry, Head, chained, verify
from cases.casebook import Casebook, Look
from cases.escalation import clocks
from cases.lifecycles import AlertState, CaseState, Severity
from cases.people import Actor, system
from cases.roles import Role
from cases.storage import schema
from cases.storage.database import Database
from cases.storage.escalation import clocks as clock_rows
from tests import postgres
from tests.processes import HOST

SEED = 8
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = 100.0
"""Milliseconds that the 95th percentile of the queue's query stays under."""
PAGE = 50
LEAD = Actor("lead-1", frozenset({Role.LEAD}))
ANALYST = Actor("analyst-1", frozenset({Role.ANALYST}))
VENDOR = Actor("vendor-1", frozenset({Role.VENDOR}))


@dataclass(frozen=True)
class Form:
    """How much there is, and how often each thing is asked for."""

    alerts: int = 100_000
    cases: int = 20_000
    asked: int = 400
    threads: int = 8


FULL = Form()
QUICK = Form(2_000, 400, 20, 3)


def run(*, quick: bool) -> list[Result]:
    """All figures; the quick form over a small casebook."""
    form = QUICK if quick else FULL
    with serving() as (database, load):
        began = time.perf_counter()
        load(form)
        filled = time.perf_counter() - began
        book = Casebook(database)
        results = [
            at_least("alerts", [form.alerts], "alerts"),
            at_least("cases", [form.cases], "cases"),
            at_most("making and loading it", [filled], "s"),
            *queries(book, form),
            *pages(book, form),
            *together(book, form),
            *trail(book),
        ]
    for result in results:
        sys.stdout.write(f"{result.name}: {result.value:.4g} {result.unit}\n")
    return results


@contextmanager
def serving() -> Iterator[tuple[Database, Callable[[Form], None]]]:
    """A migrated casebook on a server of its own, and what fills it."""
    server = postgres.Postgres()
    try:
        server.run("CREATE DATABASE casebook")
        database = Database(server.url("casebook"), postgres.PASSWORD)
        database.migrate()

        def load(form: Form) -> None:
            with pg8000.dbapi.connect(
                "lockstep", host=HOST, port=server.port, database="casebook", password=postgres.PASSWORD
            ) as connection:
                fill(connection, form)
            server.run("VACUUM ANALYZE", "casebook")

        yield database, load
        database.close()
    finally:
        server.stop()


def fill(connection: Any, form: Form) -> None:
    """Write rows as they would have come about."""
    drawn = random.Random(SEED)
    for table, rows in _made(drawn, form).items():
        _copy(connection, table, rows)
    connection.commit()


def _made(drawn: random.Random, form: Form) -> dict[Table, list[dict[str, Any]]]:
    states = [*CaseState]
    made: dict[Table, list[dict[str, Any]]] = {t: [] for t in _TABLES}
    for n in range(form.cases):
        at = START + timedelta(minutes=10 * n, seconds=drawn.random() * 60)
        key, hidden = f"case{n:06d}", drawn.random() < 1 / 40
        row: dict[str, Any] = {"id": key, "title": f"copied posts about $T{n % 500}", "state": drawn.choice(states)}
        row |= {"severity": drawn.choices([*Severity], (1, 4, 20, 45, 30))[0], "opened_at": at, "updated_at": at}
        row |= {"track": "market" if hidden and n % 2 else "platform", "restricted": hidden, "version": 1}
        holder = drawn.randrange(60)
        row |= {"assignee": None if holder > 40 else f"analyst-{holder}", "opened_by": "analyst-1"}
        made[schema.cases].append(row)
        given = {LEAD.name} if hidden and drawn.random() < 0.5 else set()
        given |= {VENDOR.name} if drawn.random() < 0.02 else set()
        for person in sorted(given):
            made[schema.access].append({"case_id": key, "person": person, "granted_by": "lead-2", "granted_at": at})
        due = at + timedelta(days=drawn.randint(1, 7))
        for kind, nearest in (("acknowledgement", False), ("first_decision", row["state"] not in _ENDED)):
            clock: dict[str, Any] = {"id": f"{kind[:5]}{n:06d}", "case_id": key, "kind": kind, "state": "on_track"}
            clock |= {
                "severity": row["severity"],
                "calendar": "always",
                "span_s": 86_400.0,
                "left_s": None,
                "started_at": at,
            }
            clock |= {
                "warn_at": due,
                "due_at": due,
                "done_at": None,
                "ended_at": None,
                "nearest": nearest,
                "version": 1,
            }
            made[clock_rows].append(clock)
        for m in range(drawn.randint(2, 12)):
            told = {"case_id": key, "account": f"local/a{drawn.randrange(60_000)}-{m}", "role": "core"}
            made[schema.subjects].append({**told, "own_evidence": m % 3 > 0})
        for m in range(drawn.randint(0, 4)):
            note = {"id": f"note{n:06d}{m}", "case_id": key, "author": "analyst-1", "text": "looked at the posts again"}
            made[schema.notes].append({**note, "public": False, "mentions": [], "at": at + timedelta(hours=m + 1)})
    made[schema.alerts] = [_alert(drawn, n, form) for n in range(form.alerts)]
    made[schema.audit] = _trail(made[schema.alerts])
    return made


def _alert(drawn: random.Random, n: int, form: Form) -> dict[str, Any]:
    state = drawn.choices([*AlertState], (40, 20, 5, 15, 5, 15))[0]
    of = f"case{drawn.randrange(form.cases):06d}" if state is AlertState.PROMOTED else None
    at, rank = START + timedelta(minutes=2 * n), drawn.choices(range(5), (1, 5, 20, 40, 34))[0]
    row: dict[str, Any] = {"id": f"alert{n:06d}", "lineage": f"ring-{n}", "finding": f"finding-{n}", "case_id": of}
    row |= {"detector": drawn.choice(["sybil", "shilling", "pump"]), "kind": "shilling_cluster", "priority": "medium"}
    row |= {
        "rank": rank,
        "score": drawn.random(),
        "summary": "9 accounts posted $XYZ within 60 s of each other.",
        "state": state,
    }
    told = {"accounts": [f"local/a{drawn.randrange(60_000)}" for _ in range(9)], "tickers": [f"T{n % 500}"]}
    return row | {"seen": 1, "told": told, "raised_at": at, "updated_at": at, "version": 1}


def _trail(raised: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    last = Head(0, GENESIS)
    for alert in raised:
        entry = Entry("raise", "alert", alert["id"], {"score": alert["score"], "summary": alert["summary"]})
        written, last = chained(last, system("alerts"), alert["raised_at"], [entry])
        rows += written
    return rows


_ENDED = frozenset({CaseState.CLOSED, CaseState.MONITORING, CaseState.ENFORCED})
_TABLES = (schema.cases, clock_rows, schema.access, schema.subjects, schema.notes, schema.alerts, schema.audit)


def _copy(connection: Any, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    names = list(rows[0])
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_cell(row[n]) for n in names])
    text.seek(0)
    cursor = connection.cursor()
    cursor.execute(f"COPY {table.name} ({', '.join(names)}) FROM STDIN WITH (FORMAT csv)", stream=text)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


def queries(book: Casebook, form: Form) -> list[Result]:
    """One page of each queue, asked of the database; each of another place in the queue."""
    drawn = random.Random(SEED + 1)
    times = range(form.asked)
    with book.database.reading() as connection:
        lead = Look(connection, LEAD, START)
        waiting = ["", *(r["id"] for r in alerts.queue(lead, form.alerts))]
        asked: dict[str, list[Callable[[], object]]] = {
            "alerts, any page": [partial(alerts.queue, lead, PAGE, after=drawn.choice(waiting)) for _ in times],
            "alerts of one detector, any page": [
                partial(alerts.queue, lead, PAGE, detector="pump", after=drawn.choice(waiting)) for _ in times
            ],
        }
        for actor in (LEAD, ANALYST, VENDOR):
            look = Look(connection, actor, START)
            page, role = partial(caseload.listed, look, limit=PAGE), next(iter(actor.roles))
            seen = ["", *(r["id"] for r in caseload.listed(look, limit=form.cases))]
            asked[f"cases, any page, {role}"] = [partial(page, after=drawn.choice(seen)) for _ in times]
            asked[f"cases in one state, {role}"] = [partial(page, states=[drawn.choice([*CaseState])]) for _ in times]
            due = ["", *(r["id"] for r in clocks.by_due(look, form.cases))]
            by_due = partial(clocks.by_due, look, PAGE)
            asked[f"cases by when they are due, any page, {role}"] = [
                partial(by_due, after=drawn.choice(due)) for _ in times
            ]
            asked[f"my cases, {role}"] = [partial(page, assignee=actor.name) for _ in times]
        return [_tail(f"the queue's query: {name}", [_ms(ask) for ask in asks], TARGET) for name, asks in asked.items()]


def pages(book: Casebook, form: Form) -> list[Result]:
    """The whole page, a claim, and a case as a whole, by one person after the other."""
    drawn = random.Random(SEED + 2)
    keys = [f"case{drawn.randrange(form.cases):06d}" for _ in range(form.asked)]
    with book.database.reading() as connection:
        look = Look(connection, LEAD, START)
        seen = {r["id"] for r in caseload.listed(look, limit=form.cases)}
    return [
        _tail("the whole page of alerts", [_ms(partial(alert_page, book, LEAD)) for _ in range(form.asked)], TARGET),
        _tail("the whole page of cases", [_ms(partial(case_page, book, LEAD)) for _ in range(form.asked)], TARGET),
        _tail("a case as a whole", [_ms(partial(_whole, book, key)) for key in keys if key in seen]),
        _tail("claiming the next case", [_ms(partial(_claim, book, ANALYST)) for _ in range(form.asked // 4)]),
    ]


def together(book: Casebook, form: Form) -> list[Result]:
    """The same pages, by several people at once."""
    times: list[float] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(form.asked // form.threads):
                times.append(_ms(lambda: alert_page(book, LEAD)))
                times.append(_ms(lambda: case_page(book, ANALYST)))
        except Exception as error:  # noqa: BLE001 - said below
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(form.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [_tail(f"whole pages, {form.threads} people at once", times)]


def trail(book: Casebook) -> list[Result]:
    """Whether the trail is whole, and how long finding that out takes."""
    began = time.perf_counter()
    with book.database.reading() as connection:
        wrong = verify(connection)
    took = time.perf_counter() - began
    return [at_most("wrong entries in the trail", [len(wrong)], "1", 0), at_most("verifying the trail", [took], "s")]


def alert_page(book: Casebook, actor: Actor) -> None:
    """What the page of alerts asks for."""
    with book.look(actor, "queue") as look:
        alerts.queue(look, PAGE)
        alerts.counts(look)


def case_page(book: Casebook, actor: Actor) -> None:
    """What the page of cases asks for."""
    with book.look(actor, "cases") as look:
        caseload.listed(look, limit=PAGE)
        caseload.counts(look)


def _whole(book: Casebook, key: str) -> None:
    with book.look(LEAD, "case", key) as look:
        casefile.read(look, key)


def _claim(book: Casebook, actor: Actor) -> None:
    with book.change(actor) as change:
        caseload.claim_next(change)


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1e3


def _tail(name: str, values: Sequence[float], target: float | None = None) -> Result:
    return tail(f"{name}, p95 of {len(values)}", values, target)
