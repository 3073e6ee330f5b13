"""``lockstep doctor``: is everything as it should be, and what to do where it is not."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from detectors.base import discover as detectors
from graph.errors import LockstepError
from graph.findings import Run, Status
from graph.store import Checked
from ingest.formats.base import discover as formats
from lockstep.parameters import allowed, parameters
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session

LOW_DISK = 1_000_000_000  # bytes


class Check(NamedTuple):
    """One thing looked at."""

    name: str
    state: str  # ok · warning · error
    found: str
    hint: str = ""


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(
    freshness: Annotated[
        bool,
        typer.Option(
            "--freshness", help="Only whether detectors still run: exit with 5 if one is stale (detect.max_age)."
        ),
    ] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the program, the settings, the store and its data; exit with 4 if the store is not usable.

    With --freshness only each detector's last success, for a dead-man's switch: a job beside the one that detects.
    """
    s = session(config, store, data_dir, as_json=as_json)
    if freshness:
        checks = list(_freshness(s, datetime.now(UTC)))
    else:
        checks = [*_program(), *_settings(s), *_disk(s.settings.data_dir), *_store(s)]
    if s.as_json:
        s.emit([c._asdict() for c in checks])
    else:
        for c in checks:
            s.line(f"{c.state:<8} {c.name}: {c.found}" + (f" – {c.hint}" if c.hint else ""))
    if any(c.state == "error" for c in checks):
        raise typer.Exit(5 if freshness else 4)


def _freshness(s: Session, now: datetime) -> Iterator[Check]:
    """Each detector's last success and its data; of those that were ever run with --since last, such runs alone count.

    A detector that never ran is no error, since a job may name those that it runs; that none ever ran is one.
    """
    from detectors.alerting.routing import pending

    limit = s.settings.span("detect.max_age")
    with s.store() as opened, opened.view() as view:
        runs = view.runs()
        late = pending(opened)
        times = {seq: view.recorded_at(seq) for seq in {r.data_cut for r in runs} if seq}
    watching = {r.detector for r in runs if r.watch}
    counted = [r for r in runs if r.watch or r.detector not in watching]
    for name in sorted({*detectors(), *(r.detector for r in runs)}):
        mine = [r for r in counted if r.detector == name and r.status is Status.LIVE] or [
            r for r in counted if r.detector == name
        ]
        yield _fresh(name, mine, limit, now, times)
    if not runs:
        yield Check("detectors", "error", "none has ever run", "lockstep detect --since last")
    for sink, ids in late.items():
        yield Check(f"alerts to {sink}", "warning", f"{len(ids)} not delivered", "lockstep alerts deliver")


def _fresh(name: str, runs: list[Run], limit: timedelta, now: datetime, times: dict[int, datetime]) -> Check:
    title = f"detector {name}"
    if not runs:
        return Check(title, "warning", "has not run", f"lockstep detect {name} --since last")
    last = max((r for r in runs if r.error is None), key=lambda r: r.started_at, default=None)
    failed = f"; the newest run failed: {runs[-1].error}" if runs[-1].error else ""
    if last is None:
        return Check(title, "error", f"has never succeeded{failed}", f"lockstep detect {name} --since last")
    age = now - last.started_at
    cut = f"commit {last.data_cut}"
    if last.data_cut in times:
        cut += f" of {times[last.data_cut]:%Y-%m-%d %H:%M} UTC"
    found = (
        f"last success {last.started_at:%Y-%m-%d %H:%M} UTC ({age.total_seconds() / 3600:.1f} h ago), data up to {cut}"
    )
    if age > limit:
        hours = limit.total_seconds() / 3600
        return Check(title, "error", found + failed, f"older than {hours:g} h (detect.max_age)")
    return Check(title, "warning" if failed else "ok", found + failed)


def _program() -> Iterator[Check]:
    yield Check("lockstep", "ok", importlib.metadata.version("lockstep-graph"))
    yield Check("python", "ok", f"{platform.python_version()} at {sys.prefix}")
    yield Check("detectors", "ok", ", ".join(f"{n} {d.version}" for n, d in detectors().items()))
    yield Check("formats", "ok", ", ".join(formats()))


def _settings(s: Session) -> Iterator[Check]:
    yield Check("settings", "ok", str(s.settings.file or "no file: defaults and environment"))
    try:
        parameters(s.settings)
    except LockstepError as error:
        yield Check("detector parameters", "error", error.message, f"{error.where} {error.hint}".strip())
    yield from _allow_list(s)
    yield _login(s)
    if s.settings.pseudonym_key is None:
        hint = "set it before loading identifiers: openssl rand -hex 32"
        yield Check("LOCKSTEP_PSEUDONYM_KEY", "warning", "not set", hint)
    else:
        yield Check("LOCKSTEP_PSEUDONYM_KEY", "ok", "set")


def _login(s: Session) -> Check:
    """How people log in to the dashboard; the provider is not asked."""
    from dashboard.access.login import login

    try:
        known = login(s.settings)
    except LockstepError as error:
        return Check("dashboard login", "error", error.message, f"{error.where} {error.hint}".strip())
    if known is None:
        return Check("dashboard login", "ok", "none: a single user, on this machine only")
    roles = "; ".join(f"{word} is {role}" for word, role in known.roles.items())
    return Check("dashboard login", "ok", f"{known.metadata_url}, for {known.host}; claim {known.claim}: {roles}")


def _allow_list(s: Session) -> Iterator[Check]:
    if s.settings.allow_list is None:
        return
    try:
        allow = allowed(s.settings, datetime.now(UTC))
    except LockstepError as error:
        yield Check("allow-list", "error", error.message, f"{error.where} {error.hint}".strip())
        return
    yield Check("allow-list", "ok", f"{len(allow.entries)} entries in force")
    for entry in allow.expired:
        yield Check("allow-list", "warning", f"expired: {entry.shown}", f"{entry.where}: renew it or take it out")
    for entry in allow.expiring:
        yield Check("allow-list", "warning", f"ends within 14 days: {entry.shown}", entry.where)


def _disk(folder: Path) -> Iterator[Check]:
    existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    state, hint = ("ok", "") if free >= LOW_DISK else ("warning", "a load may fill it")
    yield Check("disk", state, f"{free / 1e9:.1f} GB free at {existing}", hint)


def _store(s: Session) -> Iterator[Check]:
    try:
        with s.store() as opened:
            for name, found in opened.check().items():
                state, hint = (found.state, found.hint) if isinstance(found, Checked) else ("ok", "")
                yield Check(f"store {name}", state, str(found), hint)
            yield from _data(opened.head(), len(opened.rejected()))
            with opened.view() as view:
                runs = view.runs()
                posts = view.count("posts")
    except LockstepError as error:
        yield Check("store", "error", error.message, f"{error.where} {error.hint}".strip())
        return
    yield Check("posts", "ok" if posts else "warning", str(posts), "" if posts else "lockstep ingest PATH...")
    for name in detectors():
        last = max((r.started_at for r in runs if r.detector == name and r.error is None), default=None)
        if last is None:
            yield Check(f"detector {name}", "warning", "has not run", f"lockstep detect {name}")
        else:
            hours = (datetime.now(UTC) - last).total_seconds() / 3600
            yield Check(f"detector {name}", "ok", f"last success {last:%Y-%m-%d %H:%M} UTC ({hours:.1f} h ago)")


def _data(head: int, rejected: int) -> Iterator[Check]:
    yield Check("commits", "ok", str(head))
    if rejected:
        yield Check("quarantine", "warning", f"{rejected} rows", "lockstep quarantine list")
    else:
        yield Check("quarantine", "ok", "empty")
