"""``lockstep detect``: run detectors over the graph and record what they flag."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.base import Scope
from graph.errors import ConfigError, DetectorError, StoreError
from graph.findings import Priority, Status
from lockstep.parameters import allowed, parameters
from lockstep.session import FLAGGED, ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.showing import SEEN, alone, shown, writable
from lockstep.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detectors.run import RunResult

LAST = "last"
_SPAN = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("detect")(detect)


def moment(text: str | None, option: str, now: datetime) -> datetime | None:
    """A time as people write it: RFC 3339 (UTC where it names no zone), or a span before now (``36h``, ``7d``).

    Raises
    ------
    ConfigError
        It is neither.
    """
    if text is None:
        return None
    span = _SPAN.fullmatch(text.strip())
    try:
        if span:
            return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r} is no time", option, "write 2026-03-01, 2026-03-01T12:00:00Z or 7d") from None


def detect(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Detectors; all by default.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only posts from then on: a time, or a span back (7d); last: go on from the last such run, and tell"
            " what is new (for cron)."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only posts before then.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", help="DETECTOR.PARAM=VALUE; may be repeated.")] = None,
    shadow: Annotated[
        list[str] | None, typer.Option(help="Detector whose findings are recorded but alert nobody.")
    ] = None,
    fail_on: Annotated[
        Priority | None, typer.Option(help="Exit with 10 if a finding (with --since last: an alert) has this priority.")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run detectors and record their findings. A detector that fails does not stop the others.

    With --since last, findings are those of all data loaded so far, and what the last such run did not have is told:
    to the sinks of the settings, and by the exit code. The first run is a baseline and tells nobody.
    """
    s = session(config, store, data_dir, as_json=as_json)
    now = datetime.now(UTC)
    allow = allowed(s.settings, now)
    telling = Telling.of(s.settings) if since is not None and since.strip() == LAST else None
    start = None if telling else moment(since, "--since", now)
    scope = Scope(start, moment(until, "--until", now), allow.entries)
    if allow.expired:
        over = len(allow.expired)
        s.note(f"warning: allow-list entries that have expired and count no more: {over} (lockstep doctor)")
    params = parameters(s.settings, given or ())
    results, unseen = detect_and_show(s, names or list(params), params, scope, shadow or (), telling)
    report(s, results, telling)
    failed = [r for r in results if r.run.error]
    if failed:
        names_ = ", ".join(r.run.detector for r in failed)
        raise DetectorError(f"failed: {failed[0].run.error}", names_, "the other detectors' findings are recorded")
    if unseen:
        raise unseen
    if telling:
        _end(telling, fail_on)
        return
    live = [f for r in results for f in r.findings if f.status is Status.LIVE]
    if fail_on and any(f.priority.rank <= fail_on.rank for f in live):
        raise typer.Exit(FLAGGED)


def _end(telling: Telling, fail_on: Priority | None) -> None:
    """End with what the job's owner has to know."""
    if telling.delivered and telling.delivered.error:
        raise telling.delivered.error
    if fail_on and telling.reaches(fail_on):
        raise typer.Exit(FLAGGED)


def run_detectors(
    s: Session,
    names: Sequence[str],
    params: dict[str, dict[str, bool | int | float | str]],
    scope: Scope,
    shadow: Sequence[str] = (),
) -> list[RunResult]:
    """Run over the session's store, one run of Lockstep at a time."""
    from detectors.run import run

    with alone(s) as opened:
        return run(opened, names, params, scope, shadow=shadow)


def detect_and_show(
    s: Session,
    names: Sequence[str],
    params: dict[str, dict[str, bool | int | float | str]],
    scope: Scope,
    shadow: Sequence[str],
    telling: Telling | None = None,
) -> tuple[list[RunResult], StoreError | None]:
    """Run, tell what is new where that is asked for, and show the findings in the database where that is set.

    The error, if they could not be shown.
    """
    from detectors.run import run

    with alone(s) as opened:
        able = writable(s, opened) if s.settings.write_back else None  # asked before the work, not after it
        results = run(opened, names, params, scope, shadow=shadow, watch=telling.watch if telling else None)
        if telling:
            telling.tell(opened)
        if able is None:
            return results, None
        try:
            shown(opened, able)
        except StoreError as error:
            s.note(f"the findings are recorded, but not shown in the database: {error}")
            return results, error
    s.note(f"warning: {SEEN}")
    return results, None


def report(s: Session, results: Sequence[RunResult], telling: Telling | None = None) -> None:
    """Print what each run found; of runs that go on from the last, what is new."""
    from graph.findings import to_json

    if s.as_json:
        import orjson

        if telling:
            s.emit({"runs": [orjson.loads(to_json(r.run)) for r in results], **telling.plain()})
            return
        s.emit(
            [
                {"run": orjson.loads(to_json(r.run)), "findings": [orjson.loads(to_json(f)) for f in r.findings]}
                for r in results
            ]
        )
        return
    for r in results:
        first = "baseline, told to nobody: " if r.run.watch == "baseline" else ""
        s.line(f"{r.run.detector}: {first}{r.run.summary} ({r.run.seconds:.1f} s)")
        for f in () if telling else r.findings:
            s.line(f"  {f.id[:10]} {f.priority:<6} {f.score:.2f} {f.summary}")
    for line in telling.lines() if telling else ():
        s.line(line)
