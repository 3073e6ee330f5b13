"""Docs that fail the build when they lie: verbs, settings, records, formats, detectors, errors have their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from click import Command, Group

from detectors.base import discover as detectors
from graph import errors
from graph.schema import TABLES
from ingest.formats.base import discover as formats
from ingest.records import RECORDS
from lockstep.cli import app
from lockstep.config import SECRETS, SETTINGS
from lockstep.session import EXIT_CODES

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def headings(name: str) -> set[str]:
    return {h.strip(" `") for h in re.findall(r"^#+ (.*)$", text(name), re.MULTILINE)}


def verbs(command: Command, name: str = "lockstep") -> Iterator[tuple[str, Command]]:
    if isinstance(command, Group):
        for child, sub in command.commands.items():
            yield from verbs(sub, f"{name} {child}")
    else:
        yield name, command


VERBS = dict(verbs(typer.main.get_command(app)))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_a_section_that_names_all_its_options(verb: str) -> None:
    sections = re.split(r"^## ", text("cli.md"), flags=re.MULTILINE)
    (section,) = [s for s in sections if s.splitlines()[0].strip(" `") == verb]
    for parameter in VERBS[verb].params:
        option = max(parameter.opts, key=len)
        if option.startswith("--") and option not in {"--config", "--store", "--data-dir", "--json", "--help"}:
            assert f"`{option}" in section, f"{verb}: {option} is not described"


def test_settings_secrets_and_exit_codes_are_described() -> None:
    page = text("cli.md")
    for setting in SETTINGS:
        assert f"`{setting.name}`" in page
        assert f"`{setting.variable}`" in page
    for name in SECRETS:
        assert f"`{name}`" in page
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in page


def test_record_types_and_their_columns_are_described() -> None:
    page = text("records.md")
    for name, record in RECORDS.items():
        assert name in headings("records.md")
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        for column in record.columns:
            assert f"`{column.name}`" in section, f"{name}.{column.name}"


def test_formats_are_described() -> None:
    assert set(formats()) <= headings("formats.md")


def test_detectors_and_their_parameters_are_described() -> None:
    page = text("detectors.md")
    for name, detector in detectors().items():
        assert name in headings("detectors.md")
        for parameter in detector.params:
            assert f"`{parameter.name}`" in page


def test_tables_are_described() -> None:
    for name in TABLES:
        assert f"`{name}`" in text("records.md") or name in headings("records.md")


def test_every_error_is_in_the_tree_and_in_the_docs() -> None:
    tree = errors.__doc__ or ""
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LockstepError)]
    for error in classes:
        assert re.search(rf"\b{error.__name__}\b", tree)
        assert f"`{error.__name__}`" in text("errors.md")


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_dependencies_are_justified() -> None:

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for dependency in project["dependencies"]:
        assert f"| {re.split('[<>=]', dependency)[0]} |" in text("dependencies.md")
