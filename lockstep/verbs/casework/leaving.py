"""``lockstep cases export|package|verify``: what leaves a case, written down before it does, and checked offline."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from graph.errors import CaseError, ConfigError
from lockstep.acting import desk
from lockstep.session import ConfigOption, JsonOption, Session, session
from lockstep.verbs.casework.answers import AnswerFileOption, answers_from
from lockstep.verbs.casework.caseload import CaseArgument
from lockstep.verbs.casework.choices import TlpChoice

_SHOWN = 16  # choices of one question that people are shown


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("export")(export)
    group.command("exports")(exports)
    group.command("package")(package)
    group.command("verify")(verify)


def exports(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Which exports there are, whom each is for, and what a person answers for it."""
    from cases.exports.base import exports as known

    s = session(config, as_json=as_json)
    found = known().values()
    if s.as_json:
        asked = [
            {"name": q.name, "text": q.text, "choices": q.choices, "required": q.required}
            for e in found
            for q in e.asks
        ]
        told = {e.name: {"title": e.title, "suffix": e.suffix, "audience": e.audience} for e in found}
        s.emit({name: {**rest, "asks": [a for a in asked if a["name"] in _asks(name)]} for name, rest in told.items()})
        return
    for one in found:
        s.line(f"{one.name} ({one.suffix}, {one.audience}): {one.title}")
        for question in one.asks:
            some, more = question.choices[:_SHOWN], len(question.choices) - _SHOWN
            choices = f" [{' | '.join(some)}{f' | … {more} more (--json)' if more > 0 else ''}]" if some else ""
            s.line(f"    {question.name}{'' if question.required else ' (may be left out)'}: {question.text}{choices}")


def export(
    case_id: CaseArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which (lockstep cases exports).")],
    out: Annotated[Path | None, typer.Option(help="File to write; in the current folder unless said.")] = None,
    answer: Annotated[list[str] | None, typer.Option("--answer", help="NAME=TEXT, to what it asks.")] = None,
    answers: AnswerFileOption = None,
    cleared: Annotated[
        TlpChoice | None,
        typer.Option(help="The strictest mark that its readers are cleared for; else the export's audience."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an export of a case; that it left, and its hash, are in the trail before it is written."""
    from cases.exports.base import run
    from cases.privacy.tlp import Tlp

    given = answers_from(answer, answers, "--answer")
    if out is not None and out.exists():
        raise ConfigError("the file is there already", str(out), "name another with --out")
    with desk(config, as_json=as_json) as at:
        mark = Tlp(cleared) if cleared else None
        made = run(at.book, at.actor, case_id, name, given, recipient_tlp=mark)
        path = out or Path(made.file_name)
        _write(path, made.content)
        at.done(f"{path}, SHA-256 {made.sha256}", file=str(path), sha256=made.sha256, export=name, case=case_id)


def package(
    case_id: CaseArgument,
    out: Annotated[Path, typer.Option(help="Folder that it is put into.")] = Path(),
    zipped: Annotated[bool, typer.Option("--zip", help="One zip file in place of a folder.")] = False,
    recipient: Annotated[str, typer.Option("--for", help="Who is given it, for the records.")] = "",
    cleared: Annotated[
        TlpChoice, typer.Option(help="The strictest mark that they are cleared for.")
    ] = TlpChoice.AMBER_STRICT,
    unstamped: Annotated[
        bool, typer.Option("--no-stamp", help="Ask the configured time stamp authority for nothing.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a case out as a BagIt package with its dossier; keep its hash where holders of the package cannot write."""
    from cases.package.build import build
    from cases.package.timestamp import authority
    from cases.package.verify import seal
    from cases.privacy.tlp import Tlp

    with desk(config, as_json=as_json) as at:
        stamp = None if unstamped else authority(at.s.settings)
        mark = Tlp(cleared)
        book, who = at.book, at.actor
        path = build(book, who, case_id, out, zipped=zipped, recipient=recipient, recipient_tlp=mark, stamp=stamp)
        found = seal(path)
        at.done(f"{path}, hash {found}", package=str(path), hash=found, case=case_id)


def verify(
    path: Annotated[Path, typer.Argument(metavar="PACKAGE", help="A package's folder, or its zip file.")],
    expected: Annotated[str, typer.Option("--hash", help="The hash that was kept or published.")] = "",
    root: Annotated[
        list[Path] | None,
        typer.Option(help="Certificate (PEM) of a time stamp authority that is trusted.", exists=True, dir_okay=False),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at every byte of a package, offline and without a casebook; exit with 6 if anything is wrong."""
    from cases.package.verify import examine

    s = session(config, as_json=as_json)
    found = examine(path, expected=expected, roots=[p.read_bytes() for p in root or ()])
    if s.as_json:
        s.emit({"wrong": found.wrong, "noted": found.noted, "hash": found.seal})
    _tell(s, found.wrong, found.noted)
    if found.wrong:
        raise CaseError(f"the package is not whole: {len(found.wrong)} things are wrong", str(path))
    if not s.as_json:
        s.line(f"the package is whole, hash {found.seal}")


def _tell(s: Session, wrong: list[str], noted: list[str]) -> None:
    for line in (*wrong, *(f"note: {n}" for n in noted)):
        s.note(line)


def _asks(name: str) -> set[str]:
    from cases.exports.base import exports as known

    return {q.name for q in known()[name].asks}


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; nothing that is there is written over."""
    try:
        with contextlib.closing(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")) as file:
            file.write(content)
    except FileExistsError as error:
        raise ConfigError("the file is there already", str(path), "name another with --out") from error
    except OSError as error:
        raise ConfigError(f"the file cannot be written: {error.strerror}", str(path)) from error
