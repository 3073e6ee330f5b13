"""What people outside read: subjects under stable names of this case alone, texts without personal data.

A pseudonym is a keyed HMAC of case and account: the same in every text of the case, another in every other case, and
without the key nobody can try accounts out. Nothing of it is kept.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, cast

import orjson

from cases.audit import canonical
from cases.drafts import draft_from
from cases.people import Actor
from cases.privacy import names
from cases.privacy.names import spellings
from cases.privacy.redaction import redact
from cases.roles import Role
from graph.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from cases.casefile import CaseFile

KEY_VARIABLE = "LOCKSTEP_PSEUDONYM_KEY"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # without vowels: no word comes out
_SHOWN = re.compile(rf"(?:account|item) [{_LETTERS}]{{5,}}")
_LENGTH = 5  # 3.2 million; where two of a case meet, both are shown with more letters
_INSIDE = frozenset(Role) - {Role.VENDOR, Role.AUDITOR}
_WITHHELD = (  # nothing that people outside work with
    *("access", "custody", "stor_decisions", "releases", "handoffs"),
    *("emergencies", "log_entries", "containments"),
)
_UNTOLD = frozenset(  # the same in the timeline
    {"access", "release", "handoff", "stor_decision", "emergency", "log_entry", "containment"}
)
_STAFF = frozenset(
    {"assignee", "author", "actor", "who", "reviewer", "person", "opened_by", "decided_by", "approved_by"}
    | {"proposed_by", "answered_by", "done_by", "taken_by", "granted_by"}
)
_AS_IS = _STAFF | {"id", "hash", "prev", "state", "resume", "kind", "action", "outcome", "severity", "track", "tlp"}
NAMED = "account"
_ACCOUNTS = frozenset({"account", "accounts", "appellant"})


def outside(actor: Actor) -> bool:
    """Whether an actor works for a vendor and has no role inside."""
    return Role.VENDOR in actor.roles and not actor.roles & _INSIDE


def key_of(environ: Mapping[str, str] | None = None) -> bytes:
    """The key of the pseudonyms, which is in the environment alone.

    Raises
    ------
    ConfigError
        It is not set.
    """
    found = (os.environ if environ is None else environ).get(KEY_VARIABLE, "")
    if not found:
        raise ConfigError(
            "people outside read under pseudonyms, and no key for them is set",
            KEY_VARIABLE,
            'make one once with: python -c "import secrets; print(secrets.token_hex(32))", keep it, and export it',
        )
    return found.encode()


def pseudonym(key: bytes, case_id: str, name: str, length: int = _LENGTH) -> str:
    """Letters that stand for a name in one case."""
    number = int.from_bytes(hmac.digest(key, f"{case_id}\0{name}".encode(), "sha256"))
    letters = []
    for _ in range(length):
        number, i = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[i])
    return "".join(letters)


def for_reader(file: CaseFile, actor: Actor, key: bytes | None = None) -> CaseFile:
    """A case as this actor reads it: as it is, or for people outside under pseudonyms.

    Parameters
    ----------
    key : bytes or None
        None for the one in the environment.

    Raises
    ------
    ConfigError
        Somebody outside reads, and there is no key.
    """
    if not outside(actor):
        return file
    reader = _Reader(
        actor, file.case["id"], key or key_of(), dict.fromkeys(names.accounts(file), ""), names.items(file)
    )
    shown: dict[str, Any] = {}
    for name in (f.name for f in fields(file)):
        part = getattr(file, name)
        if name in _WITHHELD:
            shown[name] = ()
        elif isinstance(part, tuple):
            told = (row for row in part if _told(file, name, row))
            shown[name] = tuple(reader.row(row, of_subjects=name == "actions") for row in told)
        elif isinstance(part, Mapping):
            shown[name] = reader.row(part)
    if file.draft is not None:
        shown["draft"] = draft_from(reader.json(file.draft.content()))
    return replace(file, **shown)


def _told(file: CaseFile, part: str, row: RowMapping) -> bool:
    """Whether people outside read this row of a part that they read: not what is done in an emergency."""
    lists = {f"emergency {e['id']}" for e in file.emergencies}
    if part == "tasks":
        return row["template"] not in lists
    if part != "timeline":
        return True
    steps = {t["id"] for t in file.tasks if t["template"] in lists}
    return row["subject"] not in _UNTOLD and row["subject_id"] not in steps


def for_row(row: Mapping[Any, Any], case_id: str, accounts: Iterable[str], actor: Actor) -> RowMapping:
    """A row of a case, or of what hangs on it, as people outside read it in a list; without a key, accounts unnamed.

    Parameters
    ----------
    accounts : iterable of str
        Those that the case is about.
    """
    reader = _Reader(actor, case_id, os.environ.get(KEY_VARIABLE, "").encode(), dict.fromkeys(accounts, ""))
    if not reader.key:
        reader.names = dict.fromkeys(reader.names, f"[{NAMED}]")
    return reader.row(row)


def of_snapshot(content: Mapping[str, Any], actor: Actor, key: bytes | None = None) -> dict[str, Any]:
    """A snapshot's content as this actor reads it; under the same pseudonyms as its case."""
    if not outside(actor):
        return dict(content)
    items = [str(p["id"]) for p in content.get("posts", ())]
    reader = _Reader(actor, str(content["case"]), key or key_of(), names.handles(content), items)
    return cast("dict[str, Any]", reader.value(dict(content)))


class _Reader:
    """Turns names of one case into pseudonyms, in rows, JSON and texts."""

    def __init__(
        self, actor: Actor, case_id: str, key: bytes, accounts: Mapping[str, str], items: Iterable[str] = ()
    ) -> None:
        self.actor, self.case_id, self.key = actor, case_id, key
        shown = self._shown(accounts)
        self.names = {item: self.one(item, {}) for item in items if item not in accounts} | shown
        for name, label in accounts.items():
            self.names |= dict.fromkeys(spellings(name, label), shown[name])

    def _shown(self, accounts: Iterable[str]) -> dict[str, str]:
        """A pseudonym each; of two that begin alike, with as many letters as tell them apart."""
        told = {name: pseudonym(self.key, self.case_id, name, 40) for name in accounts}
        found = {}
        for name, code in told.items():
            if _SHOWN.fullmatch(name):  # read twice, it stays what it is
                found[name] = name
                continue
            others = {c for n, c in told.items() if n != name}
            length = _LENGTH
            while any(c.startswith(code[:length]) for c in others):
                length += 1
            found[name] = f"account {code[:length]}"
        return found

    def one(self, name: str, known: Mapping[str, str] | None = None) -> str:
        """What stands for an account or another subject."""
        names = self.names if known is None else known
        return names.get(name) or (
            name if _SHOWN.fullmatch(name) else f"item {pseudonym(self.key, self.case_id, name)}"
        )

    def text(self, text: str) -> str:
        """A text with names as pseudonyms and without other personal data."""
        return redact(text, self.names)

    def json(self, text: str) -> str:
        """The same of JSON in a text."""
        return canonical(self.value(orjson.loads(text)))

    def row(self, row: Mapping[str, Any], *, of_subjects: bool = False) -> RowMapping:
        """A row."""
        shown: dict[str, Any] = {}
        for name, value in row.items():
            if name in _AS_IS or name.endswith("_id"):
                shown[name] = value
            elif name == "subject" and of_subjects:
                shown[name] = self.one(value)
            elif name in {"content", "detail"} and isinstance(value, str) and value[:1] in {"{", "["}:
                shown[name] = self.json(value)
            else:
                shown[name] = self.value(value, name)
        return cast("RowMapping", shown)

    def value(self, value: Any, name: str = "") -> Any:
        """A value of JSON; keys are names too."""
        if isinstance(value, str):
            if value and name in _ACCOUNTS:
                return self.names.get(value) or self.one(value).replace("item", "account", 1)
            return self.names.get(value) or (value if name in _AS_IS - {"id"} else self.text(value))
        if isinstance(value, Mapping):
            return {self.text(k): self.value(v, k) for k, v in self._unnamed(value).items()}
        if name == "mentions":  # whoever wrote an account's handle mentioned it too
            return [v for v in value if v == self.actor.name or self.actor.name.endswith((f"|{v}", f":{v}"))]
        if isinstance(value, list | tuple):
            return [self.value(v, name) for v in value]
        return value

    def _unnamed(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """A node of an account without what it calls itself; everything else as it is."""
        if value.get("kind") != "account" or "id" not in value:
            return value
        kept = {k: v for k, v in value.items() if k not in {"handle", "attributes"}}
        return kept | {"label": self.one(str(value["id"]).removeprefix("account/"))}
