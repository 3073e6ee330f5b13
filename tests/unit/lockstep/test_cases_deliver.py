"""What was decided goes out: signed, to a checked address, in order, and again after a crash under the same key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cases.posting import posting
from cases.storage.schema import audit, outbox
from lockstep.config import load
from lockstep.outbound import Policy, verify
from tests import casework
from tests.cli import lockstep
from tests.receiver import Receiver, receiving

KEY = "a key of the test's own"


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> casework.Work:
    """A casebook in which three actions wait."""
    url = casework.sqlite_url(tmp_path)
    monkeypatch.setenv("LOCKSTEP_CASES_URL", url)
    monkeypatch.setenv("LOCKSTEP_WEBHOOK_KEY", KEY)
    monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK_ALLOW", "127.0.0.1")
    opened = casework.opened(url)
    opened.decided()
    return opened


def keys(server: Receiver) -> list[str]:
    return [headers["idempotency-key"] for _, headers, _ in server.got]


def test_actions_arrive_signed_and_once(work: casework.Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as server:
        monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK", server.url)
        assert lockstep("cases", "deliver", "--json").json == {"sent": 3, "left": []}
        assert "0 sent, 0 left" in lockstep("cases", "deliver").out
    waited = {row["id"]: row["payload"] for row in work.rows(outbox)}
    assert sorted(keys(server)) == sorted(waited)
    for _, headers, body in server.got:
        assert verify(headers, body, KEY.encode(), time.time())
        assert not verify(headers, body, b"another key", time.time())
        assert body.decode() == waited[headers["webhook-id"]]
        assert json.loads(body)["measure"] == "demote_content"
    assert {e["actor"] for e in work.rows(audit) if e["action"] == "deliver"} == {"system:outbox"}
    assert work.wrong() == []
    work.book.close()


def test_what_is_refused_for_good_keeps_nothing_else_back(work: casework.Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving((400, {})) as server:
        monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK", server.url)
        ran = lockstep("cases", "deliver", "--json")
        assert (ran.code, ran.json["sent"], len(ran.json["left"])) == (7, 2, 1)
        assert "answers 400" in ran.json["left"][0]["error"]
        again = lockstep("cases", "deliver")
    assert (again.code, len(server.got), len(set(keys(server)))) == (0, 4, 3)
    work.book.close()


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({}, 2, "no place is named"),
        ({"CASES_WEBHOOK": "https://user:pass@hooks.example/"}, 2, "carries a user"),
        ({"CASES_WEBHOOK": "ftp://hooks.example/"}, 2, "scheme is ftp"),
        ({"CASES_WEBHOOK": "https://hooks.example/", "CASES_WEBHOOK_ALLOW": "here"}, 2, "does not appear to be"),
        ({"CASES_WEBHOOK": "https://127.0.0.1/secret", "CASES_WEBHOOK_ALLOW": ""}, 7, "not public"),
        ({"CASES_WEBHOOK": "https://169.254.169.254/latest"}, 7, "not public"),
        ({"CASES_WEBHOOK": "https://[::ffff:10.0.0.1]/x"}, 7, "not public"),
    ],
)
def test_nothing_is_sent_where_it_must_not_be(
    work: casework.Work, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], code: int, said: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"LOCKSTEP_{name}", value)
    ran = lockstep("cases", "deliver")
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert "secret" not in ran.err
    assert [row["delivered_at"] for row in work.rows(outbox)] == [None] * 3
    work.book.close()


def test_a_key_is_needed_to_sign(work: casework.Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK", "https://hooks.example/")
    monkeypatch.delenv("LOCKSTEP_WEBHOOK_KEY")
    ran = lockstep("cases", "deliver")
    assert (ran.code, "no key to sign with" in ran.err) == (2, True)
    work.book.close()


def test_what_may_pass_is_tried_within_one_call_too(work: casework.Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving((503, {})) as server:
        monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK", server.url)
        send = posting(load(), Policy(timeout=5.0, tries=2, wait=0.0))
        assert send is not None
        send("enforce", "enforce-1", "{}")
    assert keys(server) == ["enforce-1"] * 2
    work.book.close()


def test_a_crash_between_sending_and_writing_it_down_sends_it_again_under_the_same_key(work: casework.Work) -> None:
    with receiving() as server:
        environment = {**os.environ, "LOCKSTEP_CASES_WEBHOOK": server.url}
        command = [sys.executable, "-m", "lockstep", "cases", "deliver"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        server.before_answer = lambda: os.kill(process.pid, signal.SIGKILL)
        _, told = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, told.decode()
        server.before_answer = None
        assert len(server.got) == 1
        assert [row["delivered_at"] for row in work.rows(outbox)] == [None] * 3
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "3 sent, 0 left" in done.stdout, done.stderr
    assert len(server.got) == 4
    assert keys(server)[0] == keys(server)[1]
    assert len(set(keys(server))) == 3
    bodies = {(headers["webhook-id"], body) for _, headers, body in server.got}
    assert len(bodies) == 3, "the same key, the same message"
    assert work.wrong() == []
    work.book.close()
