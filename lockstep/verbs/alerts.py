"""``lockstep alerts``: what detectors told people, what fell below, and what has not been delivered."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from graph.errors import ConfigError
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.showing import alone
from lockstep.telling import Telling, briefly, sentences
from lockstep.verbs.detect import moment

if TYPE_CHECKING:
    from detectors.alerting.alert import Alert

group = typer.Typer(
    no_args_is_help=True, help="What detect --since last told people, and what it did not. Flagged is not guilty."
)


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="alerts")


@group.command("list")
def list_(
    below: Annotated[bool, typer.Option("--below", help="Those that fell below the day's capacity.")] = False,
    sampled: Annotated[bool, typer.Option("--sampled", help="Those drawn by lot from below the capacity.")] = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Those first seen by a baseline after a change of version or parameters.")
    ] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Those that a sink has not taken yet.")] = False,
    since: Annotated[
        str | None, typer.Option(help="Only those raised from then on: a time, or a span back (7d).")
    ] = None,
    limit: Annotated[int, typer.Option(help="Alerts to print; 0 for the counts only.", min=0)] = 50,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Alerts that people were told of, newest first; with an option, others or some of them."""
    s = session(config, store, data_dir, as_json=as_json)
    every, waiting = _read(s)
    start = moment(since, "--since", datetime.now(UTC))
    recent = [a for a in every if start is None or a.raised_at >= start]
    wanted = {"below": below, "sampled": sampled, "baseline": baseline, "pending": pending}
    late = {i for ids in waiting.values() for i in ids}
    found = [a for a in recent if _chosen(a, wanted, late)]
    counts = Counter(a.shown or "not placed" for a in recent)
    if s.as_json:
        left = {name: len(ids) for name, ids in waiting.items()}
        s.emit({"alerts": [a.plain() for a in found], "counts": counts, "pending": left})
        return
    for alert in found[:limit]:
        s.line(f"{alert.raised_at:%Y-%m-%d %H:%M} UTC")
        for line in briefly(alert):
            s.line(line)
    if len(found) > limit:
        s.line(f"… {len(found) - limit} more (--limit {len(found)})")
    s.line(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no alerts")
    for name, ids in waiting.items():
        s.line(f"not delivered to {name}: {len(ids)} (lockstep alerts deliver)")


@group.command()
def show(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="An alert's id, or the beginning of it.")],
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """One alert: why it was raised, what is new, what it may be, and where it is to go."""
    from graph.findings import beginning

    s = session(config, store, data_dir, as_json=as_json)
    every, waiting = _read(s)
    alert = beginning({a.id: a for a in every}, alert_id)
    if alert is None:
        raise ConfigError(f"no alert {alert_id!r}", s.settings.store_url, "see lockstep alerts list")
    late = {name: ids[alert.id] for name, ids in waiting.items() if alert.id in ids}
    if s.as_json:
        s.emit({"alert": alert.plain(), "pending": late})
        return
    s.line(f"{alert.kind} {alert.id}, {alert.reason}, {alert.shown or 'not placed'}; {alert.note}")
    s.line(alert.summary)
    s.line(
        f"priority {alert.priority} · score {alert.score:.2f} ({alert.score_means}) · {alert.detector} {alert.version}"
        f" · raised {alert.raised_at:%Y-%m-%d %H:%M:%S} UTC · data up to commit {alert.data_cut}"
    )
    if alert.shown == "sampled":
        s.line(f"drawn by lot: stands for {alert.weight:.3g} that fell below the capacity")
    for said in sentences(alert):
        s.line(said)
    for echo in alert.echoes:
        rows = [[m.name, f"{m.value:.3g}", f"{m.expected:.3g}", m.unit, ", ".join(m.shared)] for m in echo.measures]
        s.table([f"like {echo.finding[:10]}", "value", "expected", "unit", "shared"], rows)
    s.line(f"accounts: {' '.join(alert.accounts) or 'none'}")
    for name, state in late.items():
        s.line(f"not delivered to {name} after {state['tries']} tries: {state['error'] or 'not tried yet'}")
    s.line(f"its evidence: lockstep findings show {alert.finding[:10]}")


@group.command()
def deliver(
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what has not been delivered, without running a detector; exit with 7 if some of it still is not."""
    s = session(config, store, data_dir, as_json=as_json)
    telling = Telling.of(s.settings)
    with alone(s) as opened:
        telling.tell(opened)
    if s.as_json:
        s.emit(telling.plain())
    else:
        for line in telling.lines():
            s.line(line)
    if telling.delivered and telling.delivered.error:
        raise telling.delivered.error


def _read(s: Session) -> tuple[list[Alert], dict[str, dict[str, dict[str, object]]]]:
    from detectors.alerting.routing import listed
    from detectors.alerting.routing import pending as undelivered

    with s.store() as opened, opened.view() as view:
        return listed(opened, view), undelivered(opened)


def _chosen(alert: Alert, wanted: dict[str, bool], late: set[str]) -> bool:
    """Whether an alert is one of those asked for; by default, of those that people are told of or will be."""
    if not any(wanted.values()):
        return alert.shown not in {"below", "baseline"}
    return wanted.get(alert.shown, False) or (wanted["pending"] and alert.id in late)
