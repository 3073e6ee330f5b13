"""Settings: defaults, then ``lockstep.toml``, then ``LOCKSTEP_*``, then options; each value knows where it is from.

The file is ``--config FILE``, else ``$LOCKSTEP_CONFIG``, else ``lockstep.toml`` in the current folder if there is one.
A relative path in it starts at the file's folder, any other at the current folder. An unknown name is an error.
Secrets are read from the environment only and never shown.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

PREFIX = "LOCKSTEP_"
DEFAULT_FILE = "lockstep.toml"
_SPAN = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class SettingsError(Exception):
    """A setting is wrong: what, where, what to do."""

    exit_code = 2

    def __init__(self, message: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where, hint)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: dotted name in the file, default, meaning."""

    name: str
    default: str
    about: str
    path: bool = False  # a path, or a URL of one: relative to where it is written
    choices: tuple[str, ...] = ()  # the only values, where there are but a few
    bounds: tuple[float, float] | None = None  # of a number: least and greatest value
    span: bool = False  # a time span: 36h, 7d

    @property
    def variable(self) -> str:
        """Environment variable that sets it."""
        return PREFIX + self.name.replace(".", "_").upper()


SETTINGS = (
    Setting(
        "store.url",
        "sqlite:///lockstep.db",
        "graph store: sqlite:///FILE or neo4j://[USER@]HOST[:PORT][/DATABASE]",
        path=True,
    ),
    Setting("store.data_dir", "lockstep-data", "folder for caches and market data", path=True),
    Setting(
        "store.write_back",
        "off",
        "on: after each run, detect shows findings in the Neo4j database itself, to everybody who can read it; off",
        choices=("off", "on"),
    ),
    Setting(
        "detect.allow_list",
        "",
        "CSV file of who or what may act together, why, and until when; empty: none",
        path=True,
    ),
    Setting(
        "detect.max_age",
        "26h",
        "age (h, d …) of a detector's last success from which `doctor --freshness` calls it stale",
        span=True,
    ),
    Setting(
        "alerts.capacity",
        "50",
        "alerts that people can look at in a day; those of high priority pass beyond it",
        bounds=(0, 100_000),
    ),
    Setting(
        "alerts.sample",
        "0.1",
        "part of the capacity, and of what falls below it, that is drawn by lot to measure what is missed",
        bounds=(0, 0.5),
    ),
    Setting("alerts.seed", "1", "seed of that lot", bounds=(0, 2**31)),
    Setting("alerts.watch", "28d", "how long a decided ring is watched for a return", span=True),
    Setting("alerts.jsonl", "", "file that alerts are appended to, one JSON document a line; empty: none", path=True),
    Setting("alerts.webhook", "", "https URL that alerts are sent to, signed; empty: none"),
    Setting(
        "alerts.webhook_allow",
        "",
        "addresses or networks (10.1.2.0/24), separated by commas, that the webhook may be at though not public",
    ),
    Setting(
        "cases.url",
        "sqlite:///lockstep-cases.db",
        "casebook: sqlite:///FILE, or postgresql://USER@HOST[:PORT]/DATABASE for a team",
        path=True,
    ),
    Setting(
        "cases.capture_days",
        "30",
        "days that the content captured with an alert is kept after the alert was dismissed, unless it is held",
        bounds=(1, 3650),
    ),
    Setting(
        "cases.office",
        "",
        "folder of one's own calendars, contacts, desks, playbooks, task lists and notes; empty: the built-in",
        path=True,
    ),
    *(
        Setting(
            f"cases.sla_{severity}",
            spans,
            f"time for a case of severity {severity.upper()}: to acknowledge, for a first decision [and the full one]; "
            "minutes, hours or working days (30m, 4h, 3d)",
        )
        for severity, spans in (
            ("s0", "5m 30m 4h"),
            ("s1", "15m 4h"),
            ("s2", "1h 1d"),
            ("s3", "4h 3d"),
            ("s4", "1d 7d"),
        )
    ),
    Setting(
        "cases.release_share",
        "0.1",
        "part of the steps that wait for Legal by lot, so that one which waits tells nothing (the two tracks); 0: none",
        bounds=(0, 1),
    ),
    Setting("cases.webhook", "", "https URL that decided actions and pages are sent to, signed; empty: none"),
    Setting(
        "cases.webhook_allow",
        "",
        "addresses or networks (10.1.2.0/24), separated by commas, that this webhook may be at though not public",
    ),
    Setting(
        "cases.timestamp_url",
        "",
        "https URL of a time stamp authority (RFC 3161) that packages of cases are stamped by; empty: none",
    ),
    Setting(
        "cases.timestamp_roots",
        "",
        "PEM file of the certificates that this authority is known by, the only ones that are trusted",
        path=True,
    ),
    Setting(
        "cases.timestamp_allow",
        "",
        "addresses or networks (10.1.2.0/24), separated by commas, that the authority may be at though not public",
    ),
    Setting("ingest.platform", "local", "platform of account and post ids where the input does not say"),
    Setting(
        "auth.metadata_url",
        "",
        "https URL of the login provider's /.well-known/openid-configuration; empty: no login, single user on loopback",
    ),
    Setting("auth.client_id", "", "what the provider knows this dashboard by"),
    Setting("auth.redirect_uri", "", "the dashboard's own address as browsers see it, https://HOST/oauth2callback"),
    Setting("auth.scope", "openid profile email", "what is asked of the provider; some want a scope for groups"),
    Setting("auth.claim", "roles", "claim of the ID token that says a person's roles; A.B: B within A"),
    Setting(
        "auth.roles",
        "",
        "which word of the claim stands for which role: GROUP=ROLE; GROUP=ROLE; empty: the words are the roles' names",
    ),
)
SECRETS = {
    "LOCKSTEP_PSEUDONYM_KEY": "key (≥ 16 characters) of the HMAC that stands for e-mail, phone, IP and device values,"
    " and for accounts where vendors read",
    "LOCKSTEP_NEO4J_PASSWORD": "password of the Neo4j user",
    "LOCKSTEP_WEBHOOK_KEY": "key (≥ 16 characters) that signs what is sent to the webhook",
    "LOCKSTEP_CASES_PASSWORD": "password of the casebook's PostgreSQL user",
    "LOCKSTEP_TOKEN": "token that says who works in the casebook from the command line (lockstep people)",
    "LOCKSTEP_AUTH_CLIENT_SECRET": "the dashboard's secret at the login provider",
    "LOCKSTEP_AUTH_COOKIE_SECRET": "key (≥ 32 characters) that signs the cookie of who is logged in",
}
_OTHER = {"LOCKSTEP_CONFIG"}
_DETECTOR = PREFIX + "DETECTORS__"


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting's value and where it is from ("default", a file, a variable, an option)."""

    value: Any
    source: str


@dataclass(frozen=True)
class Settings:
    """All settings in force.

    ``values`` by dotted name; detector parameters as ``detectors.NAME.PARAM`` (checked against what the detector
    declares when it runs, since this module knows no detector).
    """

    values: Mapping[str, Origin]
    file: Path | None = None
    secrets: Mapping[str, str] | None = None

    @property
    def store_url(self) -> str:
        """URL of the graph store."""
        return str(self.values["store.url"].value)

    @property
    def data_dir(self) -> Path:
        """Folder for caches and market data."""
        return Path(str(self.values["store.data_dir"].value))

    @property
    def platform(self) -> str:
        """Platform of ids where the input does not say."""
        return str(self.values["ingest.platform"].value)

    @property
    def allow_list(self) -> Path | None:
        """File of what may act together; None where there is none."""
        named = str(self.values["detect.allow_list"].value)
        return Path(named) if named else None

    @property
    def write_back(self) -> bool:
        """Whether detect shows its findings in the database itself."""
        return bool(self.values["store.write_back"].value == "on")

    def text(self, name: str) -> str:
        """A setting as it is written."""
        return str(self.values[name].value)

    def number(self, name: str) -> float:
        """A setting that is a number."""
        return float(self.values[name].value)

    def span(self, name: str) -> timedelta:
        """A setting that is a time span."""
        return read_span(self.text(name)) or timedelta()

    @property
    def webhook_key(self) -> bytes | None:
        """Key that signs what is sent to the webhook, None where it is not set."""
        key = (self.secrets or {}).get("LOCKSTEP_WEBHOOK_KEY")
        return key.encode() if key else None

    @property
    def pseudonym_key(self) -> bytes | None:
        """Key for personal identifiers, None where it is not set."""
        key = (self.secrets or {}).get("LOCKSTEP_PSEUDONYM_KEY")
        return key.encode() if key else None

    def detector(self, name: str) -> dict[str, Any]:
        """Parameters given for a detector."""
        prefix = f"detectors.{name}."
        return {k.removeprefix(prefix): o.value for k, o in self.values.items() if k.startswith(prefix)}

    def detectors(self) -> set[str]:
        """Names of detectors that parameters are given for."""
        return {k.split(".")[1] for k in self.values if k.startswith("detectors.")}


def load(
    path: Path | None = None, environ: Mapping[str, str] = os.environ, options: Mapping[str, str | None] | None = None
) -> Settings:
    """Read all settings.

    Parameters
    ----------
    path : Path, optional
        The configuration file; must exist if given.
    options : mapping, optional
        Values by dotted name from the command line; None entries are ignored.

    Raises
    ------
    SettingsError
        The file cannot be read or is no TOML; an unknown name or a wrong value anywhere.
    """
    values = {s.name: Origin(s.default, "default") for s in SETTINGS}
    file = _file(path, environ)
    if file is not None:
        values |= _from_file(file)
    values |= _from_environment(environ)
    values |= {k: Origin(v, "command line") for k, v in (options or {}).items() if v is not None}
    _check_choices(values)
    secrets = {k: environ[k] for k in SECRETS if environ.get(k)}
    for name in ("LOCKSTEP_PSEUDONYM_KEY", "LOCKSTEP_WEBHOOK_KEY"):
        if len(secrets.get(name, "k" * 16)) < 16:
            raise SettingsError("the key is shorter than 16 characters", name, "openssl rand -hex 32")
    return Settings(values, file, secrets)


def _check_choices(values: Mapping[str, Origin]) -> None:
    for setting in SETTINGS:
        given = values[setting.name]
        if setting.choices and given.value not in setting.choices:
            hint = f"write one of: {', '.join(setting.choices)}"
            raise SettingsError(f"{setting.name} is {given.value!r}", given.source, hint)
        if setting.bounds and not _within(str(given.value), *setting.bounds):
            hint = f"write a number from {setting.bounds[0]:g} to {setting.bounds[1]:g}"
            raise SettingsError(f"{setting.name} is {given.value!r}", given.source, hint)
        if setting.span and not read_span(str(given.value)):
            raise SettingsError(f"{setting.name} is {given.value!r}", given.source, "write a time span: 36h, 7d")


def _within(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def read_span(text: str) -> timedelta | None:
    """A time span as people write it (``90s``, ``36h``, ``7d``); None where the text is none, or zero."""
    found = _SPAN.fullmatch(text.strip())
    try:
        return (timedelta(**{_UNITS[found[2]]: int(found[1])}) or None) if found else None
    except OverflowError:
        return None


def _file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = path or (Path(environ["LOCKSTEP_CONFIG"]) if environ.get("LOCKSTEP_CONFIG") else None)
    if named is None:
        return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None
    if not os.path.exists(named):  # noqa: PTH110 - Path.exists raises where a folder above may not be entered
        raise SettingsError("no such file, or no permission to see it", str(named), "check --config or LOCKSTEP_CONFIG")
    return named


def _from_file(file: Path) -> dict[str, Origin]:
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", str(file), "it must be a TOML file in UTF-8") from error
    return _flat(tree, file)


def _flat(tree: Mapping[str, Any], file: Path) -> dict[str, Origin]:
    known = {s.name: s for s in SETTINGS}
    tables = {s.name.partition(".")[0] for s in SETTINGS} | {"detectors"}
    found: dict[str, Origin] = {}
    for table, entries in tree.items():
        if table not in tables or not isinstance(entries, dict):
            raise _unknown(table, tables, str(file))
        for name, value in entries.items():
            dotted = f"{table}.{name}"
            if table == "detectors":
                if not isinstance(value, dict):
                    raise SettingsError(f"{dotted} is no table", str(file), f"write [detectors.{name}]")
                found |= {f"{dotted}.{k}": Origin(v, str(file)) for k, v in value.items()}
            elif dotted not in known:
                raise _unknown(dotted, known, str(file))
            else:
                found[dotted] = Origin(_text(known[dotted], value, file), str(file))
    return found


def _text(setting: Setting, value: object, file: Path) -> str:
    if setting.bounds and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise SettingsError(f"{setting.name} is {value!r}, not text", str(file), setting.about)
    return _rebased(value, file.parent) if setting.path and value else value


def _rebased(value: str, folder: Path) -> str:
    """A path or a file URL as seen from the current folder, when it was written in a file in another one."""
    if folder == Path():
        return value
    scheme, found, rest = value.partition(":///")
    if found:
        return f"{scheme}:///{folder / rest}"
    return value if "://" in value else str(folder / value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Origin]:
    variables = {s.variable: s for s in SETTINGS}
    found: dict[str, Origin] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in SECRETS or name in _OTHER:
            continue
        if name.startswith(_DETECTOR):
            detector, _, parameter = name.removeprefix(_DETECTOR).lower().partition("__")
            found[f"detectors.{detector}.{parameter}"] = Origin(read_value(text), name)
        elif name in variables:
            found[variables[name].name] = Origin(text, name)
        else:
            raise _unknown(name, [*variables, *SECRETS, *_OTHER, _DETECTOR + "NAME__PARAM"], "environment")
    return found


def read_value(text: str) -> Any:
    """A text as the TOML value it looks like, else as text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"


def _unknown(name: str, known: Iterable[str], where: str) -> SettingsError:
    return SettingsError(f"unknown setting {name!r}", where, nearest(name, known))
