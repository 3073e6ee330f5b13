"""What stands in the organisation's files: desks and what they need, playbooks, task lists, contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.escalation import files
from cases.escalation.spans import Span, span
from cases.lifecycles import Severity
from cases.roles import Role
from graph.errors import ConfigError

TEAMS = ("lead", "legal", "compliance", "policy", "communications", "security")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a desk needs to know.

    Parameters
    ----------
    name, about : str
    required : bool
    choices : tuple of str
        The only answers; empty for any.
    """

    name: str
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """A team that a case can be handed to.

    Parameters
    ----------
    team, title : str
    due : Span
        How long it has.
    roles : frozenset of Role
        Whose people may accept and answer.
    fields : tuple of Field
        What it needs.
    """

    team: str
    title: str
    due: Span
    roles: frozenset[Role]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Playbook:
    """What is done in one kind of emergency.

    Parameters
    ----------
    name, title : str
    contain_within, review_within : Span
    checklist : tuple of str
    """

    name: str
    title: str
    contain_within: Span
    review_within: Span
    checklist: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A task list.

    Parameters
    ----------
    name : str
    tasks : tuple of str
    kinds : tuple of str
        Kinds of finding that it is for; empty for all.
    severities : tuple of Severity
        Severities that it is for; empty for all.
    """

    name: str
    tasks: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()

    def fits(self, kinds: frozenset[str], severity: Severity) -> bool:
        """Whether it is for a case of findings of these kinds, of this severity."""
        return (not self.kinds or bool(kinds & set(self.kinds))) and (
            not self.severities or severity in self.severities
        )


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to reach.

    Parameters
    ----------
    team : str
    person : str
        The name that the casebook knows.
    reach : str
        How, in words.
    releases : bool
        Whether they are of Legal's release desk (:mod:`cases.escalation.releases`).
    """

    team: str
    person: str
    reach: str
    releases: bool = False


def desks(path: Path) -> dict[str, Desk]:
    """The desks of a file, by team."""
    raw = files.read(path)
    files.known(raw, ("desks",), str(path))
    return {team: _desk(team, entry, f"{path}, desks.{team}") for team, entry in _named(raw, "desks", str(path))}


def playbooks(path: Path) -> tuple[dict[str, Playbook], dict[str, str]]:
    """The playbooks of a file, and what a review must say, by name."""
    raw = files.read(path)
    files.known(raw, ("playbooks", "review"), str(path))
    found = {n: _playbook(n, entry, f"{path}, playbooks.{n}") for n, entry in _named(raw, "playbooks", str(path))}
    review = files.value(raw, "review", dict, str(path), {})
    return found, {name: files.value(review, name, str, f"{path}, review") for name in review}


def templates(path: Path) -> dict[str, Template]:
    """The task lists of a file, by name."""
    raw = files.read(path)
    files.known(raw, ("templates",), str(path))
    found = [_template(entry, f"{path}, templates") for entry in files.tables(raw, "templates", str(path))]
    return {template.name: template for template in found}


def contacts(path: Path) -> tuple[Contact, ...]:
    """The contacts of a file."""
    raw = files.read(path)
    files.known(raw, ("contacts",), str(path))
    return tuple(_contact(entry, f"{path}, contacts") for entry in files.tables(raw, "contacts", str(path)))


def _named(raw: Mapping[str, Any], name: str, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = files.value(raw, name, dict, where, {})
    if wrong := [key for key, entry in found.items() if not isinstance(entry, Mapping)]:
        raise ConfigError(f"{wrong[0]} is no table", where, f"write [{name}.{wrong[0]}]")
    return list(found.items())


def _team(text: str, where: str) -> str:
    if text not in TEAMS:
        raise ConfigError(f"{text!r} is no team", where, f"one of: {', '.join(TEAMS)}")
    return text


def _desk(team: str, raw: Mapping[str, Any], where: str) -> Desk:
    files.known(raw, ("title", "due", "roles", "fields"), where)
    roles = files.texts(raw, "roles", where)
    if wrong := sorted(set(roles) - set(Role)):
        raise ConfigError(f"{wrong[0]!r} is no role", where, f"one of: {', '.join(Role)}")
    fields = []
    for entry in files.tables(raw, "fields", where):
        files.known(entry, ("name", "about", "required", "choices"), where)
        name, about = files.value(entry, "name", str, where), files.value(entry, "about", str, where)
        required = files.value(entry, "required", bool, where, default=False)
        fields.append(Field(name, about, required, files.texts(entry, "choices", where)))
    due = span(files.value(raw, "due", str, where), where)
    title = files.value(raw, "title", str, where)
    return Desk(_team(team, where), title, due, frozenset(Role(r) for r in roles), tuple(fields))


def _playbook(name: str, raw: Mapping[str, Any], where: str) -> Playbook:
    files.known(raw, ("title", "contain_within", "review_within", "checklist"), where)
    contain, review = (span(files.value(raw, k, str, where), where) for k in ("contain_within", "review_within"))
    return Playbook(name, files.value(raw, "title", str, where), contain, review, files.texts(raw, "checklist", where))


def _template(raw: Mapping[str, Any], where: str) -> Template:
    files.known(raw, ("name", "tasks", "kinds", "severities"), where)
    severities = files.texts(raw, "severities", where)
    if wrong := sorted(set(severities) - set(Severity)):
        raise ConfigError(f"{wrong[0]!r} is no severity", where, f"one of: {', '.join(Severity)}")
    tasks = files.texts(raw, "tasks", where)
    name = files.value(raw, "name", str, where)
    return Template(name, tasks, files.texts(raw, "kinds", where), tuple(Severity(s) for s in severities))


def _contact(raw: Mapping[str, Any], where: str) -> Contact:
    files.known(raw, ("team", "person", "reach", "releases"), where)
    team = _team(files.value(raw, "team", str, where), where)
    releases = files.value(raw, "releases", bool, where, default=False)
    if releases and team != "legal":
        raise ConfigError("only Legal releases", where, 'write team = "legal", or leave releases out')
    return Contact(team, files.value(raw, "person", str, where), files.value(raw, "reach", str, where), releases)
