"""compose.yaml, Dockerfile, .env.example and docs/running.md hold together.

There is no Docker where this runs: the files are read by a YAML parser and by rules of our own, names of settings are
held against this program and a real Neo4j server, and nothing is built.
"""

from __future__ import annotations

import fnmatch
import importlib
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from lockstep.cli import app
from lockstep.config import SECRETS, SETTINGS
from tests.server import Neo4jServer

ROOT = Path(__file__).resolve().parents[3]
OURS = {s.variable for s in SETTINGS} | set(SECRETS)
REFERENCE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> Any:
    return importlib.import_module("yaml").safe_load(text("compose.yaml"))


def verbs() -> dict[str, Any]:
    found: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
    return found


def filled(value: str, given: dict[str, str]) -> str:
    """A value as compose fills it in; one that is required and missing is an error."""

    def fill(match: re.Match[str]) -> str:
        name, how, rest = match.groups()
        if given.get(name):
            return given[name]
        if how == "?":
            raise KeyError(rest)
        return rest or ""

    return REFERENCE.sub(fill, value)


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", text("Dockerfile"))
    return [(word, rest) for line in joined.splitlines() if line for word, _, rest in [line.partition(" ")]]


def test_images_are_pinned_and_ours_is_built_here(compose: Any) -> None:
    built = {s["image"] for s in compose["services"].values() if "build" in s}
    for name, service in compose["services"].items():
        image = service["image"]
        assert image in built or re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)?", image), name
    image, tag = dict(instructions())["FROM"].split(":")
    assert image == "python"
    wanted = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"]
    assert wanted == f">={tag.partition('-')[0]}"


def test_the_server_is_the_one_that_tests_run(compose: Any) -> None:
    from tests.jars import VERSION

    assert compose["services"]["neo4j"]["image"] == f"neo4j:{VERSION}-community"


def test_ports_are_bound_to_this_machine_and_meet(compose: Any) -> None:
    services = compose["services"]
    for service in services.values():
        for port in service.get("ports", ()):
            assert str(port).startswith("127.0.0.1:")
    inside = services["lockstep"]["ports"][0].rpartition(":")[2]
    _, listen, to = services["door"]["entrypoint"]
    assert listen.startswith(f"TCP-LISTEN:{inside},")
    default = next(p.default for p in verbs()["dashboard"].params if p.name == "port")
    assert to == f"TCP:127.0.0.1:{default}"
    assert services["door"]["network_mode"] == "service:lockstep"


def test_no_secret_is_written_down_and_none_has_a_default(compose: Any) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if name in SECRETS or "PASSWORD" in name or "AUTH" in name:
                found = REFERENCE.search(value)
                assert found, name
                assert found[2] == "?" or found[3] == "", name
    for line in text(".env.example").splitlines():
        name, _, value = line.partition("=")
        assert line.startswith("#") or not value or name not in SECRETS
    ignored = text(".gitignore").splitlines()
    assert ".env" in ignored
    assert any(fnmatch.fnmatch(".env", pattern) for pattern in text(".dockerignore").splitlines())


def test_variables_are_known_and_the_example_names_them_all(compose: Any) -> None:
    environment = compose["services"]["lockstep"]["environment"]
    assert set(environment) <= OURS
    named = set(re.findall(r"^(\w+)=", text(".env.example"), re.MULTILINE))
    assert named == {m[1] for m in REFERENCE.finditer(text("compose.yaml"))}
    with pytest.raises(KeyError, match="write a password"):
        filled(environment["LOCKSTEP_NEO4J_PASSWORD"], {})
    assert filled(environment["LOCKSTEP_PSEUDONYM_KEY"], {}) == ""
    assert (
        filled(compose["services"]["neo4j"]["environment"]["NEO4J_AUTH"], {"LOCKSTEP_NEO4J_PASSWORD": "x"}) == "neo4j/x"
    )
    host = environment["LOCKSTEP_STORE_URL"].removeprefix("neo4j://").partition(":")[0]
    assert host in compose["services"]
    assert compose["services"]["lockstep"]["depends_on"][host]["condition"] == "service_healthy"
    assert compose["services"][host]["healthcheck"]["test"][0] == "CMD"


def test_volumes_are_declared(compose: Any) -> None:
    used = {str(v).partition(":")[0] for s in compose["services"].values() for v in s.get("volumes", ())}
    assert {v for v in used if not v.startswith(".")} == set(compose["volumes"])


def test_settings_of_the_server_exist(compose: Any, neo4j_server: Neo4jServer) -> None:
    known = {row["name"] for row in neo4j_server.run("SHOW SETTINGS YIELD name")}
    for name in compose["services"]["neo4j"]["environment"]:
        if name != "NEO4J_AUTH":
            setting = name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")
            assert setting in known


def test_the_dockerfile_copies_what_is_there_and_runs_a_verb_as_nobody_special(compose: Any) -> None:
    found = instructions()
    assert {word for word, _ in found} <= {
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "USER",
        "VOLUME",
        "ENV",
        "ENTRYPOINT",
        "CMD",
    }
    copied = [source for word, rest in found if word == "COPY" for source in shlex.split(rest)[:-1]]
    assert all((ROOT / source).exists() for source in copied)
    kept = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert set(copied) == kept
    project = tomllib.loads(text("pyproject.toml"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied)
    assert {project["project"]["readme"], *project["project"]["license-files"]} <= set(copied)
    users = [rest for word, rest in found if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert f" {users[-1]} " in f"{dict(found)['RUN']} {' '.join(rest for word, rest in found if word == 'RUN')}"
    assert dict(found)["ENTRYPOINT"].strip('["]') in project["project"]["scripts"]
    installed = re.search(r"apt-get install [^&]*", " ".join(rest for _, rest in found))
    assert installed
    assert compose["services"]["door"]["entrypoint"][0] in installed[0].split()
    assert compose["services"]["lockstep"]["command"][0] in verbs()


def test_commands_in_the_page_exist(compose: Any) -> None:
    page = text("docs/running.md")
    ran = re.findall(r"(?:^|`)(?:docker compose run --rm )?lockstep (\w+)", page, re.MULTILINE)
    assert {"doctor", "ingest", "detect"} <= set(ran)
    assert set(ran) <= set(verbs())
    for service in re.findall(r"docker compose (?:up -d|run --rm) (\w+)", page):
        assert service in compose["services"]
    for name in re.findall(r"LOCKSTEP_\w+", page):
        assert name in OURS
