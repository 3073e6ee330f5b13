"""Docs that fail the build when they lie: verbs, settings, records, formats, detectors, errors have their place."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from dashboard.navigation import discover as screens
from detectors.base import discover as detectors
from detectors.evaluating.metrics.base import discover as metrics
from graph import errors
from ingest.formats.base import discover as formats
from lockstep.cli import app

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["cli.md", "records.md", "errors.md", "formats.md", "detectors.md", "coordination.md"])
def test_reference_pages_are_what_the_code_says(name: str) -> None:
    assert text(name) == reference().pages()[DOCS / name], "run `make docs`"


def test_formats_and_detectors_each_have_words_of_their_own() -> None:
    for name in formats():
        assert re.search(rf"^## .*`{name}`", text("formats.md"), re.MULTILINE), name
    for name in detectors():
        assert re.search(rf"^## .*`{name}`", text("detectors.md"), re.MULTILINE), name


def test_every_page_of_the_dashboard_has_its_picture_and_every_picture_its_place() -> None:
    pictures = {p.stem: p for p in (DOCS / "img" / "dashboard").glob("*.png")}
    assert {s.path for s in screens()} <= pictures.keys(), "run `make pictures`"
    linked = set(re.findall(r"!\[[^\]]+\]\(img/dashboard/([a-z-]+)\.png\)", text("dashboard.md")))
    assert linked == pictures.keys()
    assert [p.name for p in pictures.values() if p.stat().st_size > 150_000] == []


def test_every_metric_has_a_row_in_the_page_on_evaluation() -> None:
    for metric in metrics():
        assert f"| `{metric.name}` |" in text("evaluation.md")


def test_every_error_is_in_the_tree() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LockstepError)]
    for error in classes:
        assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


def test_every_verb_says_what_it_does_and_every_option_too() -> None:
    verbs = dict(reference().verbs(typer.main.get_command(app)))
    assert {"lockstep ingest", "lockstep findings show", "lockstep quarantine replay"} < set(verbs)
    for name, verb in verbs.items():
        assert verb.help, name
        for parameter in verb.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_dependencies_are_justified() -> None:

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for dependency in project["dependencies"]:
        assert f"| {re.split('[<>=]', dependency)[0]} |" in text("dependencies.md")
