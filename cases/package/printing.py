"""The dossier as a page and as a PDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typst

from cases.package import letters, picture
from cases.package.paper import FOLDER, environment

STANDARDS = ["a-2a", "ua-1"]  # kept for long, and read aloud


def pictures(snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The picture of each snapshot, as SVG."""
    return {sha: picture.svg(snapshot) for sha, snapshot in snapshots.items()}


def html(told: Mapping[str, Any], drawn: Mapping[str, str]) -> bytes:
    """The dossier as one page that needs nothing else and asks nobody for anything."""
    return environment().get_template("dossier.html.j2").render(d=told, pictures=drawn).encode()


def pdf(told: Mapping[str, Any], snapshots: Mapping[str, Mapping[str, Any]], now: datetime, **form: Any) -> Any:
    """The dossier as PDF/A-2a and PDF/UA-1; texts reach the typesetter as data, never as its markup."""
    lack = letters.lacking({*letters.texts(dict(told)), *letters.texts(_names(snapshots))})
    try:
        return _typeset(told, snapshots, now, lack, form)
    except typst.TypstError:
        # a cluster that no font has although each of its characters has one: all that is not ASCII becomes numbers
        every = {c for text in (*letters.texts(dict(told)), *letters.texts(_names(snapshots))) for c in text}
        return _typeset(told, snapshots, now, frozenset(c for c in every if not c.isascii()), form)


def _names(snapshots: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    return [n.get("label", "") for s in snapshots.values() for n in s.get("nodes", [])]


def _typeset(
    told: Mapping[str, Any],
    snapshots: Mapping[str, Mapping[str, Any]],
    now: datetime,
    lack: frozenset[str],
    form: Mapping[str, Any],
) -> Any:
    data = letters.written(dict(told), lack) | {"replaced": bool(lack)}
    data["pictures"] = {
        sha: picture.svg(snapshot, lambda text: str(letters.written(text, lack))) for sha, snapshot in snapshots.items()
    }
    settings = {"format": "pdf", "pdf_standards": STANDARDS, **form}
    return typst.compile(
        (FOLDER / "dossier.typ").read_bytes(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(now.timestamp()),
        **settings,
    )
