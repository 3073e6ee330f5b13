"""``detect --since last``, ``alerts`` and ``doctor --freshness`` as a cron job and its owner use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.alerting.alert import alert_from_json
from graph.findings import Priority
from graph.store import open_store
from lockstep.locks import hold
from tests.alerting import Said, ring
from tests.cli import Ran, lockstep
from tests.receiver import receiving
from tests.stores import put
from tests.stores import run as a_run


class Job:
    """A store, a cron job's command, and what its detector flags."""

    def __init__(self, folder: Path, said: Said) -> None:
        self.url, self.folder, self.said = f"sqlite:///{folder / 'graph.db'}", folder, said
        self.where = ("--store", self.url, "--data-dir", folder / "data")
        open_store(self.url, folder / "data").close()

    def arrive(self) -> None:
        with open_store(self.url, self.folder / "data") as store:
            put(store, "posts", {"post": f"x:p{store.head()}"})

    def run(self, *options: object, arrives: bool = True) -> Ran:
        if arrives:
            self.arrive()
        return lockstep("detect", "--since", "last", *options, *self.where)

    def alerts(self, *options: object) -> Any:
        return lockstep("alerts", "list", "--json", *options, *self.where).json


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    said = Said()
    for module in ("detectors.run", "lockstep.parameters"):
        monkeypatch.setattr(f"{module}.discover", lambda: {"said": said})
    monkeypatch.setattr("lockstep.verbs.doctor.detectors", lambda: {"said": said})
    return Job(tmp_path, said)


def rings(*names: str, priority: Priority = Priority.MEDIUM) -> list[Any]:
    return [ring(f"x:{n}1", f"x:{n}2", name=n, priority=priority) for n in names]


def test_a_job_tells_what_is_new_to_its_sinks_and_by_its_exit_code(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    path = job.folder / "alerts.jsonl"
    monkeypatch.setenv("LOCKSTEP_ALERTS_JSONL", str(path))
    job.said.result = rings("a", priority=Priority.HIGH)
    first = job.run("--fail-on", "high")
    assert (first.code, path.exists()) == (0, False)
    assert "said: baseline, told to nobody: 1 finding" in first.out
    job.said.result += rings("b")
    second = job.run("--fail-on", "medium")
    assert second.code == 10
    assert "alerts: 1 told" in second.out
    (line,) = path.read_text().splitlines()
    assert alert_from_json(line).finding == job.said.result[1].id
    idle = job.run("--fail-on", "note", arrives=False)
    assert (idle.code, len(path.read_text().splitlines())) == (0, 1)
    assert "nothing has arrived since commit" in idle.out
    document = job.run("--json").json
    assert [r["watch"] for r in document["runs"]] == ["again"]
    assert (document["alerts"], document["sent"], document["left"]) == ([], {}, {})
    assert lockstep("detect", "--fail-on", "high", *job.where).code == 10  # by hand: whatever is flagged


def test_what_falls_below_is_counted_listed_and_drawn(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ALERTS_CAPACITY", "2")
    job.run()
    job.said.result = [*rings("a", "b", "c", "d"), *rings("e", priority=Priority.HIGH)]
    ran = job.run()
    assert "alerts: 1 told, 1 drawn by lot from those below, 3 left below the capacity of 2 a day" in ran.out
    assert job.alerts()["counts"] == {"alerted": 1, "sampled": 1, "below": 3}
    assert len(job.alerts()["alerts"]) == 2
    assert {a["shown"] for a in job.alerts("--below")["alerts"]} == {"below"}
    (drawn,) = job.alerts("--sampled")["alerts"]
    shown = lockstep("alerts", "show", drawn["id"][:12], *job.where).out
    assert "stands for 4 that fell below the capacity" in shown
    assert "flagged, not proven" in shown
    listed = lockstep("alerts", "list", "--below", "--limit", "1", *job.where).out
    assert "… 2 more (--limit 3)" in listed
    assert "1 alerted, 3 below, 1 sampled" in listed
    assert job.alerts("--since", (datetime.now(UTC) + timedelta(days=1)).isoformat())["alerts"] == []
    assert lockstep("alerts", "show", "nothing", *job.where).code == 2
    assert job.alerts("--baseline")["alerts"] == []


def test_what_is_not_delivered_is_told_and_tried_again(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_WEBHOOK_KEY", "a key of the test's own")
    monkeypatch.setenv("LOCKSTEP_ALERTS_WEBHOOK", "https://127.0.0.1/hook/with-a-secret")
    job.run()
    job.said.result = rings("a")
    refused = job.run()
    assert refused.code == 7
    assert "not public" in refused.err
    assert "with-a-secret" not in refused.err + refused.out
    (waiting,) = job.alerts("--pending")["alerts"]
    assert job.alerts()["pending"] == {"webhook": 1}
    shown = lockstep("alerts", "show", waiting["id"], *job.where).out
    assert "not delivered to webhook after 1 tries: " in shown
    with receiving() as server:
        monkeypatch.setenv("LOCKSTEP_ALERTS_WEBHOOK", server.url)
        monkeypatch.setenv("LOCKSTEP_ALERTS_WEBHOOK_ALLOW", "127.0.0.1")
        delivered = lockstep("alerts", "deliver", "--json", *job.where)
        assert lockstep("alerts", "deliver", *job.where).code == 0
    assert (delivered.code, delivered.json["sent"]) == (0, {"webhook": 1})
    assert [json.loads(body)["id"] for _, _, body in server.got] == [waiting["id"]]
    assert job.alerts()["pending"] == {}


def test_wrong_settings_are_told_before_anything_runs(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ALERTS_WEBHOOK", "https://hooks.example/")
    assert job.run().code == 2
    assert job.said.runs == 0
    monkeypatch.delenv("LOCKSTEP_ALERTS_WEBHOOK")
    for name, wrong in (("CAPACITY", "many"), ("CAPACITY", "-1"), ("WATCH", "soon"), ("SAMPLE", "0.9")):
        with monkeypatch.context() as m:
            m.setenv(f"LOCKSTEP_ALERTS_{name}", wrong)
            assert job.run().code == 2


def test_capacity_is_a_number_in_the_file(job: Job) -> None:
    file = job.folder / "lockstep.toml"
    file.write_text('[alerts]\ncapacity = 1\nsample = 0\nwatch = "7d"\n')
    job.run("--config", file)
    job.said.result = rings("a", "b")
    assert [a["shown"] for a in job.run("--json", "--config", file).json["alerts"]] == ["alerted", "below"]


def test_two_jobs_at_once(job: Job) -> None:
    with hold(job.folder / "data" / "detect.lock"):
        second = job.run()
    assert second.code == 2
    assert "another run of detect is under way" in second.err
    assert job.said.runs == 0


def test_a_detector_that_fails_is_told_after_the_others_alerts(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Said("other")
    for module in ("detectors.run", "lockstep.parameters"):
        monkeypatch.setattr(f"{module}.discover", lambda: {"said": job.said, "other": other})
    monkeypatch.setenv("LOCKSTEP_ALERTS_JSONL", str(job.folder / "alerts.jsonl"))
    job.run()
    job.said.result = ZeroDivisionError("by nothing")
    other.result = [ring("x:q", "x:r", detector="other")]
    ran = job.run()
    assert ran.code == 5
    assert "by nothing" in ran.err
    assert len((job.folder / "alerts.jsonl").read_text().splitlines()) == 1


def test_a_grown_ring_says_what_is_new_where_it_is_shown(job: Job) -> None:
    job.said.result = [ring("x:a", "x:b")]
    job.run()
    job.said.result = [ring("x:a", "x:b", "x:c", name="grown")]
    assert "1 account joined" in job.run().out
    finding = job.alerts()["alerts"][0]["finding"]
    shown = lockstep("findings", "show", finding, *job.where).out
    assert "1 account joined" in shown
    assert "  joined: x:c" in shown
    assert lockstep("findings", "show", finding, "--json", *job.where).json["change"]["joined"] == ["x:c"]


def freshness(job: Job, *options: object) -> tuple[int, list[dict[str, str]]]:
    ran = lockstep("doctor", "--freshness", "--json", *options, *job.where)
    return ran.code, ran.json


def test_the_dead_mans_switch(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    code, checks = freshness(job)
    assert (code, [c["state"] for c in checks]) == (5, ["warning", "error"])  # it has not run, and none has
    job.run()
    code, (check,) = freshness(job)
    assert (code, check["state"]) == (0, "ok")
    assert "last success" in check["found"]
    assert "data up to commit 1 of " in check["found"]
    monkeypatch.setenv("LOCKSTEP_DETECT_MAX_AGE", "90h")
    with open_store(job.url, job.folder / "data") as store, store.writer() as writer:
        old = datetime.now(UTC) - timedelta(hours=91)
        writer.add_run(a_run("old", detector="said", started_at=old, watch="again", found=()))
        writer.add_run(a_run("never", detector="gone", error="oh", started_at=old))
    code, checks = freshness(job)
    assert (code, [c["state"] for c in checks]) == (5, ["error", "ok"])
    assert "has never succeeded; the newest run failed: oh" in checks[0]["found"]


def test_a_run_by_hand_does_not_hide_that_the_job_is_dead(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(job.url, job.folder / "data") as store, store.writer() as writer:
        old = datetime.now(UTC) - timedelta(hours=27)
        writer.add_run(a_run("old", detector="said", started_at=old, watch="again", found=()))
    assert lockstep("detect", *job.where).code == 0
    code, (check,) = freshness(job)
    assert (code, check["state"]) == (5, "error")
    assert "older than 26 h (detect.max_age)" in check["hint"]
    job.said.result = ZeroDivisionError("oh")
    assert job.run().code == 5
    assert "the newest run failed: ZeroDivisionError: oh" in freshness(job)[1][0]["found"]


def test_the_doctors_switch_names_what_waits(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ALERTS_JSONL", str(job.folder / "absent" / "a.jsonl"))
    job.run()
    job.said.result = rings("a")
    assert job.run().code == 7
    assert lockstep("alerts", "list", *job.where).out.endswith("not delivered to jsonl: 1 (lockstep alerts deliver)\n")
    code, checks = freshness(job)
    assert (code, checks[-1]["name"], checks[-1]["state"]) == (0, "alerts to jsonl", "warning")
    (job.folder / "absent").mkdir()
    assert "jsonl: 1 sent" in job.run(arrives=False).out


def test_where_to_is_not_asked_by_a_run_by_hand(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ALERTS_WEBHOOK", "https://hooks.example/")
    assert lockstep("detect", *job.where).code == 0
