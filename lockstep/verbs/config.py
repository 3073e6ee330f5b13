"""``lockstep config``: the settings in force and where each is from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from detectors.base import discover, resolve
from lockstep.config import SECRETS, SETTINGS
from lockstep.parameters import allowed
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("config")(show)


def show(
    explain: Annotated[bool, typer.Option("--explain", help="Also what each setting means and how to set it.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting in force, where it is from, and what it means. Secrets are never shown."""
    s = session(config, store, data_dir, as_json=as_json)
    rows = [*_plain(s), *_allowed(s), *_detectors(s), *_secrets(s)]
    if s.as_json:
        s.emit(rows)
        return
    if s.settings.file is not None:
        s.line(f"# {s.settings.file}")
    for row in rows:
        s.line(f"{row['setting']} = {row['value']}  ({row['from']})")
        if explain:
            s.line(f"    {row['about']}; variable {row['variable']}")


def _plain(s: Session) -> list[dict[str, object]]:
    rows = []
    for setting in SETTINGS:
        origin = s.settings.values[setting.name]
        rows.append(_row(setting.name, origin.value, origin.source, setting.variable, setting.about))
    return rows


def _allowed(s: Session) -> list[dict[str, object]]:
    """What may act together, an entry a row; those that have expired are said to have."""
    allow = allowed(s.settings, datetime.now(UTC))
    rows = []
    for entry in sorted((*allow.entries, *allow.expired), key=lambda e: (e.kind, e.values, e.until)):
        state = "expired" if entry in allow.expired else "until"
        about = f"{entry.reason}; {state} {entry.until:%Y-%m-%d}; added by {entry.added_by}"
        about += f" ({entry.source})" if entry.source else ""
        rows.append(
            _row(f"allow.{entry.kind}", " ".join(entry.values), entry.where, "LOCKSTEP_DETECT_ALLOW_LIST", about)
        )
    return rows


def _detectors(s: Session) -> list[dict[str, object]]:
    rows = []
    for name, detector in discover().items():
        values = resolve(detector, s.settings.detector(name), f"[detectors.{name}]")
        for p in detector.params:
            dotted = f"detectors.{name}.{p.name}"
            origin = s.settings.values.get(dotted)
            variable = f"LOCKSTEP_DETECTORS__{name.upper()}__{p.name.upper()}"
            bounds = f"{'−∞' if p.low is None else p.low} … {'∞' if p.high is None else p.high}"
            about = f"{p.about} [{p.unit}; {', '.join(p.choices) or bounds}]"
            rows.append(_row(dotted, values[p.name], origin.source if origin else "default", variable, about))
    return rows


def _secrets(s: Session) -> list[dict[str, object]]:
    held = s.settings.secrets or {}
    return [_row(n, "set" if n in held else "not set", "environment", n, about) for n, about in SECRETS.items()]


def _row(setting: str, value: object, source: str, variable: str, about: str) -> dict[str, object]:
    return {"setting": setting, "value": value, "from": source, "variable": variable, "about": about}
