"""Drafts that a package encloses: each export that can be made of the case now, and why the others cannot.

A draft takes no step: nothing is sent, and what waits for a release goes on waiting (:mod:`cases.escalation.releases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.exports.base import Material, answered, content_of, exports
from cases.people import Actor
from cases.privacy import tlp
from graph.errors import CaseError

Answers = Mapping[str, Mapping[str, str]]


def enclosed(
    file: CaseFile, snapshots: Mapping[str, dict[str, Any]], answers: Answers, now: datetime, actor: Actor
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Drafts by the names of their files, and for each export that was not made, why.

    Parameters
    ----------
    answers : mapping
        What a person said to the questions of each export, by its name.
    """
    made: dict[str, bytes] = {}
    missing: dict[str, str] = {}
    mark = tlp.of(file.case["tlp"])
    for export in exports().values():
        if export.track not in {None, file.case["track"]}:
            continue
        try:
            tlp.need(mark, export.audience, f"export {export.name}", "those whom it is for")
            given = answered(export, answers.get(export.name, {}))
            content = content_of(export, Material(file, snapshots, given, now, actor))
        except CaseError as error:
            missing[export.name] = str(error.message)
        else:
            made[f"{export.name}{export.suffix}"] = content
    return made, missing
