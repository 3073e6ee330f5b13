"""A decision as a form that a person fills in: TOML with what the case says; read back with all that is wrong."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import orjson

from cases.casefile import CaseFile
from cases.drafts import Action, Automated, Draft, Ground, Measure
from cases.lifecycles import Outcome, Severity
from graph.errors import CaseError
from graph.findings import Role

ACTED_ON = frozenset({Role.CORE, Role.AMPLIFIER})  # members about whom a form suggests that something be decided
_ACTION = ("measure", "subject", "account", "until")


def template(file: CaseFile) -> str:
    """A form for a decision about a case: accounts and evidence are filled in, every judgement is left to a person."""
    case = file.case
    snapshots = [str(row["id"]) for row in getattr(file, "snapshots", ())]
    lines = [
        f"# A decision in case {case['id']}: {_comment(case['title'])}",
        "# lockstep cases decide CASE --file FORM, or where a second person must approve: lockstep cases propose",
        f'outcome = ""  # {_choices(Outcome)}',
        f"severity = {_text(case['severity'])}",
        'policy = ""',
        'policy_version = ""',
        'facts = """"""  # what happened, without personal data',
        f'ground = ""  # {_choices(Ground)}; empty where no rule was broken',
        'reference = ""  # the place in the law or in the terms',
        'explanation = """"""  # why the facts break it',
        f"automated_detection = {'true' if file.alerts else 'false'}  # whether a program found it",
        f"automated_decision = {_text(Automated.NOT)}  # {_choices(Automated)}",
        "scope = []  # country codes; empty for all",
        f"snapshots = {json.dumps(snapshots)}  # the evidence that it rests on",
    ]
    about = [s for s in file.subjects if s["own_evidence"] and s["role"] in {"", *ACTED_ON}]
    others = len(file.subjects) - len(about)
    lines += [
        "",
        f"# {_choices(Measure)}",
        "# about content, subject is the post or the link; until = 2026-12-31 ends it",
    ]
    if others:
        lines.append(
            f"# {others} accounts of the case are left out: no evidence against them, or neither core nor amplifier"
        )
    for subject in about:
        account = _text(subject["account"])
        lines += ["[[actions]]", 'measure = ""', f"subject = {account}", f"account = {account}", ""]
    return "\n".join(lines).rstrip() + "\n"


def read(text: str, where: str) -> Draft:
    """A filled-in form, TOML or JSON.

    Parameters
    ----------
    where : str
        The file's name, for messages.

    Raises
    ------
    CaseError
        All that is wrong with it.
    """
    raw = _parsed(text, where)
    wrong: list[str] = [f"{name} is unknown" for name in sorted(set(raw) - set(_FIELDS))]
    values: dict[str, Any] = {}
    for name, (kind, default) in _FIELDS.items():
        try:
            values[name] = kind(raw[name]) if name in raw else _default(default)
        except ValueError as error:
            wrong.append(f"{name} {error}")
    if wrong:
        raise CaseError("the form cannot be read: " + "; ".join(wrong), where, "lockstep cases decide --template")
    return Draft(**values)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        raw = orjson.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (orjson.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise CaseError(
            f"the form is neither TOML nor JSON: {error}", where, "lockstep cases decide --template"
        ) from error
    return dict(raw)


def _default(value: object) -> object:
    if value is _NEEDED:
        raise ValueError("is missing")
    return value


def _one_of(kind: type[StrEnum], *, optional: bool = False) -> Callable[[object], StrEnum | None]:
    def read_one(value: object) -> StrEnum | None:
        text = "" if value is None else str(value)
        if optional and not text:
            return None
        if text not in set(kind):
            raise ValueError(f"is {text!r}: {_choices(kind)}" if text else f"is empty: {_choices(kind)}")
        return kind(text)

    return read_one


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")  # noqa: TRY004 - told with all others
    return value.strip()


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")  # noqa: TRY004
    return value


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError("is no list of texts")
    return tuple(value)


def _actions(value: object) -> tuple[Action, ...]:
    if not isinstance(value, list):
        raise ValueError("are no list")  # noqa: TRY004
    return tuple(_action(row, n) for n, row in enumerate(value, 1))


def _action(row: object, number: int) -> Action:
    if not isinstance(row, Mapping):
        raise ValueError(f"number {number} is no table")  # noqa: TRY004
    wrong = list(_wrong(row))
    if wrong:
        raise ValueError(f"number {number}: {', '.join(wrong)}")
    subject = row["subject"]
    return Action(Measure(row["measure"]), subject, row.get("account", subject), _day(row.get("until")))


def _wrong(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} is unknown" for name in sorted(set(row) - set(_ACTION)))
    try:
        _one_of(Measure)(row.get("measure"))
    except ValueError as error:
        yield f"measure {error}"
    for name in ("subject", "account"):
        value = row.get(name, "" if name == "subject" else row.get("subject"))
        if not isinstance(value, str) or not value.strip():
            yield f"{name} is empty"
    try:
        _day(row.get("until"))
    except ValueError:
        yield f"until is {str(row['until'])!r}, not a day (2026-12-31)"


def _day(value: object) -> date | None:
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(str(value))


def _choices(kind: type[StrEnum]) -> str:
    return "one of: " + ", ".join(kind)


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's too, but for half characters, which neither of them takes here."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_NEEDED = object()
_FIELDS: dict[str, tuple[Callable[[Any], Any], object]] = {
    "outcome": (_one_of(Outcome), _NEEDED),
    "severity": (_one_of(Severity), _NEEDED),
    "policy": (_string, _NEEDED),
    "policy_version": (_string, _NEEDED),
    "facts": (_string, _NEEDED),
    "ground": (_one_of(Ground, optional=True), None),
    "reference": (_string, ""),
    "explanation": (_string, ""),
    "actions": (_actions, ()),
    "automated_detection": (_flag, True),
    "automated_decision": (_one_of(Automated), Automated.NOT),
    "scope": (_strings, ()),
    "snapshots": (_strings, ()),
}
