"""The command line over a small made network: every verb, its JSON, its errors and its exit codes."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq
import pytest

from lockstep.locks import hold
from lockstep.session import program
from tests import oidc
from tests.cli import Ran, lockstep


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    out = tmp_path_factory.mktemp("demo") / "here"
    return out, lockstep("demo", "--out", out, "--size", 800, "--days", 20)


@pytest.fixture(scope="module")
def where(demo: tuple[Path, Ran]) -> list[str]:
    out, _ = demo
    return ["--store", f"sqlite:///{out}/lockstep.db", "--data-dir", f"{out}/store"]


@pytest.fixture
def own(demo: tuple[Path, Ran], tmp_path: Path) -> list[str]:
    """A copy of the demo's store, for tests that add to it."""
    shutil.copytree(demo[0], tmp_path / "own")
    return ["--store", f"sqlite:///{tmp_path}/own/lockstep.db", "--data-dir", f"{tmp_path}/own/store"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def finding(where: list[str]) -> str:
    found: str = lockstep("findings", "list", "--kind", "shilling_cluster", "--json", *where).json[0]["id"]
    return found


def test_the_demo_shows_findings_beside_the_truth_and_how_to_go_on(demo: tuple[Path, Ran]) -> None:
    _, ran = demo
    assert ran.code == 0, ran.err
    for words in (
        "rests on: posting $",
        "would clear it, ",
        "more posts",
        "Planted:",
        "found",
        "missed",
        "left alone",
        "spoilt on purpose",
        "lockstep dashboard --store",
    ):
        assert words in ran.out
    assert "5/5" in ran.err
    waiting = re.search(r"(\d+) alerts wait in its queue", ran.out)
    assert waiting is not None
    assert int(waiting[1]) > 5
    assert "--cases sqlite:///" in ran.out


def test_the_demo_replaces_only_what_a_demo_made(demo: tuple[Path, Ran], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    ran = lockstep("demo", "--out", tmp_path / "mine")
    assert ran.code == 2
    assert "not from an earlier demo" in ran.err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"


def test_the_demo_again_in_json(tmp_path: Path) -> None:
    first = lockstep("demo", "--out", tmp_path / "d", "--size", 500, "--days", 10, "--json")
    again = lockstep("demo", "--out", tmp_path / "d", "--size", 500, "--days", 10, "--json")
    assert (first.code, again.code) == (0, 0)
    assert first.json["comparison"] == again.json["comparison"]
    assert {"load", "runs", "comparison", "casebook"} == set(first.json)
    assert first.json["casebook"]["alerts"] == again.json["casebook"]["alerts"]


def test_findings_list_filters(where: list[str]) -> None:
    listed = lockstep("findings", "list", *where)
    assert listed.code == 0
    everything = lockstep("findings", "list", "--json", *where).json
    assert everything
    assert everything[0]["id"][:10] in listed.out
    ticker = next(t for f in everything for t in f["tickers"])
    some = lockstep("findings", "list", "--json", "--ticker", f"${ticker.lower()}", *where).json
    assert [f["id"] for f in some] == [f["id"] for f in everything if ticker in f["tickers"]]
    assert lockstep("findings", "list", "--json", "--kind", "no_such", *where).json == []
    assert lockstep("findings", "list", "--json", "--at", 0, *where).json == []
    high = lockstep("findings", "list", "--json", "--priority", "medium", *where).json
    assert {f["priority"] for f in high} <= {"high", "medium"}


def test_a_finding_is_shown_down_to_its_posts(where: list[str]) -> None:
    name = finding(where)
    shown = lockstep("findings", "show", name[:8], *where)
    assert shown.code == 0
    for words in ("uncalibrated rank", "expected", "would clear it", "never of innocence", "rests on it", "plaza:"):
        assert words in shown.out
    whole = lockstep("findings", "show", name, "--json", *where).json
    assert whole["finding"]["id"] == name
    assert all(p["text"] for p in whole["posts"])
    assert "more (--posts" in lockstep("findings", "show", name, "--posts", 1, *where).out
    missing = lockstep("findings", "show", "zzzz", *where)
    assert (missing.code, "no finding" in missing.err) == (2, True)


def test_findings_export(where: list[str], tmp_path: Path) -> None:
    assert lockstep("findings", "export", "--out", tmp_path / "f.jsonl", *where).code == 0
    assert lockstep("findings", "export", "--out", tmp_path / "f.csv", *where).code == 0
    whole = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    rows = list(csv.DictReader((tmp_path / "f.csv").read_text().splitlines()))
    assert len(rows) == sum(max(len(f["members"]), 1) for f in whole)
    assert lockstep("findings", "export", "--out", "-", *where).out.count("\n") == len(whole)
    assert lockstep("findings", "export", "--out", tmp_path / "f.docx", *where).code == 2
    assert lockstep("findings", "export", "--out", tmp_path / "no" / "f.csv", *where).code == 2


def test_spreadsheets_take_no_cell_for_a_formula() -> None:
    from graph.spreadsheets import harmless

    assert [harmless(c) for c in ("=1+1", "+x", "-x", "@x", "\tx", "＝x", "x=1", "")] == [
        "'=1+1", "'+x", "'-x", "'@x", "'\tx", "'＝x", "x=1", "",
    ]  # fmt: skip


def test_detect_again_finds_the_same(own: list[str]) -> None:
    before = [f["id"] for f in lockstep("findings", "list", "--json", *own).json]
    ran = lockstep("detect", "--json", *own)
    assert ran.code == 0
    assert sorted(f["id"] for run in ran.json for f in run["findings"]) == sorted(before)
    assert [f["id"] for f in lockstep("findings", "list", "--json", *own).json] == before


def test_detect_says_what_it_found_and_can_fail_a_pipeline(own: list[str]) -> None:
    ran = lockstep("detect", *own)
    assert ran.code == 0
    assert " findings among " in ran.out
    assert lockstep("detect", "--fail-on", "note", *own).code == 10
    assert lockstep("detect", "--until", "2001-01-01", "--fail-on", "note", *own).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shiling",), "did you mean 'shilling'"),
        (("--set", "shilling.windw=3"), "did you mean 'window"),
        (("--set", "shilling.window=-3"), "outside"),
        (("--set", "shilling"), "DETECTOR.PARAM=VALUE"),
        (("--set", "nobody.x=3"), "unknown name"),
        (("--since", "yesterday"), "is no time"),
        (("--shadow", "shiling"), "did you mean"),
    ],
)
def test_detect_refuses_what_it_does_not_know(where: list[str], arguments: tuple[str, ...], message: str) -> None:
    ran = lockstep("detect", *arguments, *where)
    assert ran.code == 2
    assert message in ran.err


def test_a_detector_that_fails_is_said_and_recorded(own: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by naught")

    monkeypatch.setattr("detectors.shilling.Shilling.detect", fail)
    ran = lockstep("detect", *own)
    assert ran.code == 5
    assert "by naught" in ran.err
    assert "Traceback" not in ran.err


def test_parameters_come_from_the_file_and_the_command_line_wins(own: list[str]) -> None:
    Path("lockstep.toml").write_text("[detectors.shilling]\nwindow = 30\nlayers = 'co_link'\n")
    ran = lockstep("detect", "--set", "shilling.window=45", "--set", "shilling.layers=co_text", "--json", *own)
    (params,) = (r["run"]["params"] for r in ran.json if r["run"]["detector"] == "shilling")
    assert (params["window"], params["layers"]) == (45.0, "co_text")
    Path("lockstep.toml").write_text("[detectors.shiling]\nwindow = 30\n")
    assert "did you mean 'shilling'" in lockstep("detect", *own).err
    ran = lockstep("config", "--set")
    assert ran.code == 2


def test_a_reader_that_has_seen_enough_is_no_error(where: list[str]) -> None:
    command = [sys.executable, "-m", "lockstep", "findings", "export", "--out", "-", *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


def test_one_detect_at_a_time(where: list[str], demo: tuple[Path, Ran]) -> None:
    with hold(demo[0] / "store" / "detect.lock", wait=0):
        ran = lockstep("detect", *where)
    assert (ran.code, "under way" in ran.err) == (2, True)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".graphml", ".gexf"])
def test_network_files(where: list[str], tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"edges{suffix}"
    ran = lockstep("network", "--action", "co_ticker", "--window", 60, "--out", out, "--json", *where)
    assert ran.code == 0, ran.err
    n = ran.json["edges"]
    assert n > 0
    if suffix == ".csv":
        assert len(list(csv.DictReader(out.read_text().splitlines()))) == n
    elif suffix == ".parquet":
        assert pq.read_table(out).num_rows == n
    else:
        read = nx.read_graphml if suffix == ".graphml" else nx.read_gexf
        assert read(out).number_of_edges() == n


def test_network_refuses_what_it_cannot_do(where: list[str]) -> None:
    assert "did you mean 'co_link'" in lockstep("network", "--action", "co_lnk", "--out", "e.csv", *where).err
    assert lockstep("network", "--action", "co_link", "--out", "e.xlsx", *where).code == 2
    empty = lockstep("network", "--action", "co_link", "--until", "2001-01-01", "--out", "e.csv", *where)
    assert (empty.code, "no two accounts" in empty.err) == (0, True)


def test_quarantine_lists_exports_and_replays(own: list[str], tmp_path: Path) -> None:
    rows = lockstep("quarantine", "list", "--json", *own).json
    assert len(rows) == 5
    assert {"source", "line", "field", "reason", "raw"} <= set(rows[0])
    listed = lockstep("quarantine", "list", "--source", "posts", *own)
    assert "posts.created_at: not a time" in listed.out
    assert lockstep("quarantine", "export", "--out", tmp_path / "q.jsonl", *own).code == 0
    assert len((tmp_path / "q.jsonl").read_text().splitlines()) == 5
    assert lockstep("quarantine", "replay", "--json", *own).code == 0
    assert lockstep("quarantine", "replay", *own).code == 0
    assert len(lockstep("quarantine", "list", "--json", *own).json) == 5  # still as wrong as they were
    assert lockstep("quarantine", "drop", "--source", "accounts", *own).out == "rows dropped: 1\n"
    assert lockstep("quarantine", "drop", "--source", "accounts", "--json", *own).json == {"dropped": 0}
    assert len(lockstep("quarantine", "list", "--json", *own).json) == 4
    assert "the quarantine is empty" in lockstep("quarantine", "list", "--source", "nothing", *own).out


def test_doctor(where: list[str], tmp_path: Path) -> None:
    ran = lockstep("doctor", *where)
    assert ran.code == 0
    assert "detector shilling: last success" in ran.out
    checks = {c["name"]: c for c in lockstep("doctor", "--json", *where).json}
    assert checks["quarantine"]["state"] == "warning"
    new = ["--store", f"sqlite:///{tmp_path}/new.db", "--data-dir", tmp_path / "d"]
    absent = lockstep("doctor", "--json", *new)
    assert (absent.code, {c["name"]: c["found"] for c in absent.json}["store"]) == (4, "there is no store here yet")
    assert lockstep("migrate", *new).code == 0
    fresh = lockstep("doctor", "--json", *new).json
    assert {c["name"]: c["found"] for c in fresh}["detector shilling"] == "has not run"
    (tmp_path / "bad.db").write_text("this is no database, only text that is long enough to look at" * 40)
    broken = lockstep("doctor", "--store", f"sqlite:///{tmp_path}/bad.db")
    assert (broken.code, "error" in broken.out) == (4, True)
    Path("lockstep.toml").write_text("[detectors.shilling]\nwindow = -1\n")
    assert "detector parameters" in lockstep("doctor", *where).out


def test_the_dashboard_is_served_on_loopback_from_the_named_store(
    where: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execvpe", lambda _file, command, environment: started.append((command, environment)))
    assert lockstep("dashboard", "--port", 8599, *where, "--cases", "sqlite:///book.db").code == 0
    ((command, environment),) = started
    assert "127.0.0.1" in " ".join(command)
    assert "8599" in " ".join(command)
    assert environment["LOCKSTEP_STORE_URL"] == where[1]
    assert environment["LOCKSTEP_CASES_URL"] == "sqlite:///book.db"
    assert lockstep("dashboard", "--store", "sqlite:////proc/none/l.db").code == 4
    refused = lockstep("dashboard", "--address", "0.0.0.0", *where)  # noqa: S104
    assert (refused.code, "nobody has to log in" in refused.err) == (2, True)
    assert len(started) == 1


def test_a_dashboard_that_people_log_in_to(where: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execvpe", lambda _file, command, environment: started.append((command, environment)))
    for name, value in oidc.settings("https://login.example").items():
        monkeypatch.setenv(name, value.replace("{port}", "8599"))
    Path("lockstep.toml").write_text('[auth]\nroles = "soc=analyst"\n')
    assert lockstep("dashboard", "--address", "0.0.0.0", *where).code == 0  # noqa: S104
    ((command, environment),) = started
    assert "--server.address=0.0.0.0" in command
    assert environment["LOCKSTEP_CONFIG"] == "lockstep.toml"
    checks = {c["name"]: c for c in lockstep("doctor", "--json", *where).json}
    assert checks["dashboard login"]["found"].endswith("claim roles: soc is analyst")
    shown = lockstep("config", "--explain", *where).out
    assert "auth.roles = soc=analyst  (lockstep.toml)" in shown
    assert "LOCKSTEP_AUTH_COOKIE_SECRET = set" in shown
    assert oidc.COOKIE_SECRET not in shown
    Path("lockstep.toml").write_text('[auth]\nroles = "soc=boss"\n')
    broken = lockstep("doctor", *where)
    assert (broken.code, "auth.roles has 'soc=boss'" in broken.out) == (4, True)
    assert lockstep("dashboard", *where).code == 2


def test_config_and_migrate(where: list[str]) -> None:
    Path("lockstep.toml").write_text("[detectors.shilling]\nmin_ring = 4\n")
    plain = lockstep("config", *where)
    assert "detectors.shilling.min_ring = 4  (lockstep.toml)" in plain.out
    assert "store.url = sqlite" in plain.out
    assert "variable LOCKSTEP_STORE_URL" in lockstep("config", "--explain", *where).out
    assert all({"setting", "value", "from"} <= set(row) for row in lockstep("config", "--json", *where).json)
    assert "up to date" in lockstep("migrate", *where).out
    assert lockstep("migrate", "--json", *where).json["steps"] == []


def test_ingest_reports_and_exit_codes(tmp_path: Path) -> None:
    where = ["--store", f"sqlite:///{tmp_path}/l.db", "--data-dir", str(tmp_path / "data")]
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"post_id":"1","account_id":"a","created_at":"2026-03-01T14:00:05Z","text":"$ZORB"}\n')
    assert "there is no store here yet" in lockstep("findings", "list", *where).err
    assert not (tmp_path / "l.db").exists()
    assert "1 posts added to the search index" in lockstep("ingest", posts, "--index-text", *where).err
    assert "already loaded" in lockstep("ingest", posts, *where).out
    again = lockstep("ingest", posts, "--again", "--json", *where)
    assert again.json["files"][0]["tables"]["posts"]["unchanged"] == 1
    assert lockstep("ingest", posts, "--again", "--min-rows", 2, *where).code == 3
    assert lockstep("ingest", posts, "--max-age", "20000w", *where).code == 0
    stale = lockstep("ingest", posts, "--max-age", "1h", *where)
    assert (stale.code, "the newest post is of 2026-03-01 14:00 UTC" in stale.err) == (3, True)
    bare = ["--store", f"sqlite:///{tmp_path}/bare.db", "--data-dir", str(tmp_path / "data")]
    events = tmp_path / "events.jsonl"
    events.write_text('{"ticker":"ZORB","at":"2026-03-01T14:00:05Z","kind":"listing"}\n')
    assert "there is no post" in lockstep("ingest", events, "--max-age", "1h", *bare).err
    assert lockstep("ingest", tmp_path / "absent.jsonl", *where).code == 3
    assert lockstep("ingest", posts, "--map", tmp_path / "absent.toml", *where).code == 2
    (tmp_path / "notes.txt").write_text("not a table at all")
    assert lockstep("ingest", tmp_path / "notes.txt", *where).code == 3
    assert lockstep("ingest", posts, "--store", "mongodb://x").code == 2
    assert lockstep("ingest").code == 2
    assert lockstep("findings", "list", *where).out.startswith("no findings: no detector has run")
    assert "did you mean 'posts'" in lockstep("ingest", posts, "--type", "post", *where).err
    assert lockstep("ingest", posts, "--format", "cvs", *where).code == 2
    assert lockstep("detect", *where).code == 0
    assert lockstep("findings", "list", *where).out.strip() == "no findings"
    # with nothing recorded, filters hide nothing
    assert lockstep("findings", "list", "--ticker", "NONE", *where).out.strip() == "no findings"
    assert lockstep("findings", "list", "--at", 99, *where).code == 2


def test_the_program_is_named_as_it_can_be_called_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tmp_path / "bin" / "lockstep"
    called.parent.mkdir()
    called.write_text("")
    called.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(called)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert program() == "bin/lockstep"
    monkeypatch.chdir("/")
    assert program() == str(called.relative_to("/"))
    monkeypatch.chdir(called.parent)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "lockstep")])
    assert program() == str(tmp_path / "lockstep")
    monkeypatch.setattr("sys.argv", [str(called)])
    monkeypatch.setenv("PATH", str(called.parent))
    assert program() == "lockstep"
    monkeypatch.setattr("sys.argv", ["/x/__main__.py"])
    assert program() == "lockstep"


def test_a_terminal_sees_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    from types import SimpleNamespace

    from rich.console import Console

    from lockstep.verbs.ingest import progress

    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True, write=len, flush=lambda: None))
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    step = SimpleNamespace(path=tmp_path / "posts.jsonl", rows=7, bytes=50, total_bytes=100)
    with progress(SimpleNamespace(err=console)) as tell:  # type: ignore[arg-type]
        tell(step)
        tell(step)
    assert "posts.jsonl" in shown.getvalue()
    assert "7 rows" in shown.getvalue()


def test_text_of_strangers_moves_no_cursor(tmp_path: Path) -> None:
    where = ["--store", f"sqlite:///{tmp_path}/l.db", "--data-dir", str(tmp_path / "data")]
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"post_id":"1","account_id":"a","created_at":"\\u001b[2Jnever","text":"$ZORB"}\n')
    assert "\x1b" not in lockstep("ingest", posts, *where).out
    listed = lockstep("quarantine", "list", *where).out
    assert "never" in listed
    assert "\x1b" not in listed
    assert "\x1b" not in lockstep("ingest", tmp_path / "\x1b[2Jabsent.jsonl", *where).err


def test_help_version_and_unknown_verbs() -> None:
    assert "Flagged is not guilty" in " ".join(lockstep("--help").out.split())
    assert lockstep("--version").out.strip().count(".") == 2
    assert lockstep("explode").code == 2
    assert lockstep("config", "--config", "absent.toml").code == 2
