"""People who work in one casebook from the command line, each by their own token."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

from cases import tokens
from cases.casebook import utc_now
from cases.lifecycles import Severity
from cases.people import Kind
from cases.roles import Role
from tests import casework
from tests.casework import ACCOUNTS
from tests.cli import Ran, lockstep

ROLES = {
    "anna": (Role.ANALYST,),
    "lena": (Role.LEAD,),
    "luis": (Role.LEAD,),
    "ruth": (Role.REVIEWER,),
    "vera": (Role.VENDOR,),
    "gale": (Role.LEGAL,),
    "polly": (Role.POLICY,),
}


class Team:
    """A casebook in a folder, and who works in it; ``root`` registered the others."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url or casework.sqlite_url(folder)
        work = casework.opened(self.url)
        work.book.clock = utc_now
        self.tokens = {"root": tokens.bootstrap(work.book, "root")}
        root = tokens.bearer(work.book, self.tokens["root"])
        for name, roles in ROLES.items():
            self.tokens[name] = work.do(root, tokens.register, name, roles)
        self.tokens["bot"] = work.do(root, tokens.register, "bot", list(Role), kind=Kind.SERVICE)
        work.book.close()

    def env(self, name: str = "") -> dict[str, str]:
        """The environment of one of them, or of cron."""
        return {"LOCKSTEP_CASES_URL": self.url, **({"LOCKSTEP_TOKEN": self.tokens[name]} if name else {})}

    def run(self, name: str, *arguments: object) -> Ran:
        """``lockstep cases ARGUMENTS…`` by one of them; by cron without a name."""
        with mock.patch.dict(os.environ, self.env(name)):
            return lockstep("cases", *arguments)

    def done(self, name: str, *arguments: object) -> Any:
        """The same in JSON, which must succeed."""
        ran = self.run(name, *arguments, "--json")
        assert ran.code == 0, f"{arguments}: {ran.err}"
        return ran.json

    def people(self, *arguments: object) -> Any:
        """``lockstep people ARGUMENTS…`` by the admin, in JSON."""
        with mock.patch.dict(os.environ, self.env("root")):
            ran = lockstep("people", *arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.json

    def refused(self, name: str, *arguments: object) -> str:
        """What somebody is told whose command is refused, with exit code 6."""
        ran = self.run(name, *arguments)
        assert ran.code == 6, f"{arguments}: {ran.code}\n{ran.out}{ran.err}"
        return " ".join(ran.err.split())

    def work(self) -> casework.Work:
        """The casebook itself, by the clock on the wall."""
        opened = casework.opened(self.url)
        opened.book.clock = utc_now
        return opened


def made(team: Team, severity: str = "S2", *, ready: bool = True) -> str:
    """A case about three accounts with evidence of their own, ready to be decided."""
    work = team.work()
    key = work.case(Severity(severity), ready=ready)
    work.book.close()
    return key


def form(folder: Path, **changed: Any) -> Path:
    """A filled-in form."""
    told: dict[str, Any] = {
        "outcome": "violation_confirmed",
        "severity": "S2",
        "policy": "inauthentic promotion",
        "policy_version": "3",
        "facts": "Three accounts posted the same text within a minute.",
        "ground": "terms",
        "reference": "terms 4.2",
        "explanation": "The terms forbid promotion that hides who is behind it.",
        "actions": [{"measure": "suspend_account", "subject": a, "until": "2026-12-31"} for a in ACCOUNTS],
    }
    path = folder / "form.json"
    path.write_text(json.dumps({**told, **changed}), encoding="utf-8")
    return path
