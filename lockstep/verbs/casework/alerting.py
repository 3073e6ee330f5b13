"""``lockstep cases take|alerts|dismiss|…``: what detectors told, taken into the casebook and worked there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.lifecycles import AlertState
from graph.errors import CaseError, ConfigError
from lockstep.acting import Desk, casebook, desk
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.casework.caseload import WhyOption

if TYPE_CHECKING:
    from cases.casebook import Change
    from detectors.alerting.alert import Alert

AlertsArgument = Annotated[list[str], typer.Argument(metavar="ALERT…", help="Ids of the casebook's alerts.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each, and do nothing.")]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("take", take),
        ("alerts", alerts),
        ("dismiss", dismiss),
        ("restore", restore),
        ("snooze", snooze),
        ("triage", triage),
        ("merge", merge),
        ("unmerge", unmerge),
    ):
        group.command(name)(command)


def take(
    jsonl: Annotated[
        Path | None,
        typer.Option("--jsonl", help="File that the sink alerts.jsonl wrote, in place of the store's own alerts."),
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in the alerts that people were told of, with their evidence as it is now; done again, it does nothing.

    What cron runs after `lockstep detect --since last`: abusers delete, so evidence is captured early.
    """
    from cases.people import system

    s = session(config, store, data_dir, as_json=as_json)
    with casebook(s) as book:
        taken, without = _taken(s, Desk(s, book, system("alerts")), jsonl)
    if s.as_json:
        s.emit({"taken": taken, "without_evidence": without})
        return
    s.line(f"{len(taken)} alerts taken in")
    if without:
        s.note(f"{len(without)} without evidence, which only the store has: {' '.join(without)}")


def alerts(
    state: Annotated[list[AlertState] | None, typer.Option("--state", help="Only in these states.")] = None,
    detector: Annotated[str, typer.Option(help="Only of this detector.")] = "",
    limit: Annotated[int, typer.Option(help="Most alerts to print.", min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option(help="The last id of the page before.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Alerts that wait for somebody, the most urgent first, then the oldest; with --state, others."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        with at.look("alerts") as look:
            found = work.queue(look, limit, states=state or work.WAITING, detector=detector, after=after)
            counts = work.counts(look)
        if at.s.as_json:
            at.s.emit({"alerts": [dict(row) for row in found], "counts": counts})
            return
        columns = ("id", "priority", "score", "state", "seen", "detector", "summary")
        at.s.table(columns, [[row[c] for c in columns] for row in found])
        at.s.line(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no alerts")


def dismiss(
    alert: AlertsArgument, why: WhyOption, dry_run: DryRunOption = False, config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that nothing is to be done about alerts; what rises by more than 0.1, or grows, comes back."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        _each(at, alert, lambda change, one: work.dismiss(change, one, why), "dismissed", dry_run=dry_run)


def restore(
    alert: AlertsArgument, why: WhyOption, dry_run: DryRunOption = False, config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take dismissals back."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        _each(at, alert, lambda change, one: work.restore(change, one, why), "restored", dry_run=dry_run)


def snooze(
    alert: AlertsArgument,
    until: Annotated[str, typer.Option(help="A time (2026-12-24T09:00+01:00), or a span from now (3d).")],
    why: WhyOption,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put alerts off; the sweep brings them back."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        when = _time(until, at.book.clock())
        _each(at, alert, lambda change, one: work.snooze(change, one, when, why), "put off", dry_run=dry_run)


def triage(
    alert: AlertsArgument, dry_run: DryRunOption = False, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Say that somebody looked at alerts, and they stay."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        _each(at, alert, work.triage, "triaged", dry_run=dry_run)


def merge(
    alert: AlertsArgument,
    into: Annotated[str, typer.Option(help="The alert that takes them in.")],
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fold alerts into another; each can be taken out again as it was."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        _each(at, alert, lambda change, one: work.merge(change, [one], into), "merged", dry_run=dry_run)


def unmerge(
    alert: AlertsArgument, why: WhyOption, dry_run: DryRunOption = False, config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take alerts out of the one that they were merged into."""
    from cases import alerts as work

    with desk(config, as_json=as_json) as at:
        _each(at, alert, lambda change, one: work.unmerge(change, one, why), "taken out", dry_run=dry_run)


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _each(at: Desk, ids: list[str], step: Callable[[Change, str], object], said: str, *, dry_run: bool) -> None:
    """Do one thing to many, all or none; a dry run does the same and keeps nothing: so it says what would happen."""
    once = list(dict.fromkeys(ids))
    wrong: dict[str, str] = {}
    with contextlib.suppress(_Undone):
        _attempt(at, once, step, wrong, dry_run=dry_run)
    done = [one for one in once if one not in wrong]
    if wrong and not dry_run:
        hint = "nothing was done; --dry-run says what is wrong with each"
        raise CaseError(f"{len(wrong)} of {len(once)} cannot be {said}: {next(iter(wrong.values()))}", hint=hint)
    if at.s.as_json:
        at.s.emit({"done": done, "wrong": wrong, "dry_run": dry_run})
        return
    for one, why in wrong.items():
        at.s.line(f"{one}: {why}")
    at.s.line(f"{len(done)} would be {said}, {len(wrong)} not; nothing was done" if dry_run else f"{len(done)} {said}")


def _attempt(
    at: Desk, ids: list[str], step: Callable[[Change, str], object], wrong: dict[str, str], *, dry_run: bool
) -> None:
    with at.book.change(at.actor) as change:
        for one in ids:
            try:
                step(change, one)
            except CaseError as error:
                wrong[one] = str(error)
        if dry_run or wrong:
            raise _Undone


def _taken(s: Session, at: Desk, jsonl: Path | None) -> tuple[list[str], list[str]]:
    """Ids of the alerts that were taken, and of those whose finding the store has not."""
    from cases.intake import take_from, take_in

    if jsonl is not None:
        taken = take_in(at.book, at.actor, list(_lines(jsonl)))
        return taken, taken
    with s.store() as opened, opened.view() as view:
        return take_from(at.book, at.actor, opened, view)


def _lines(path: Path) -> Iterator[Alert]:
    from detectors.alerting.alert import alert_from_json

    try:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                yield alert_from_json(line)
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"line {number} is no alert: {error}", str(path)) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", str(path)) from error


def _time(text: str, now: datetime) -> datetime:
    from lockstep.config import read_span

    span = read_span(text)
    if span is not None:
        return now + span
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no time", "--until", "write 2026-12-24T09:00+01:00, or a span: 3d") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
