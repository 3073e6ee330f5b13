"""Alerts reach their sinks at least once, and each once where the sink can tell."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.alerting.alert import Alert
from detectors.alerting.delivery import deliver
from detectors.alerting.routing import Room, pending, route
from detectors.alerting.sink import AlertRefused, channels
from detectors.alerting.sinks.jsonl import File
from detectors.alerting.sinks.webhook import Posting
from graph.errors import ConfigError, DeliveryError
from graph.findings import Priority
from graph.store import Store, open_store
from lockstep.config import load
from lockstep.outbound import Policy, networks, verify
from tests.alerting import alert
from tests.receiver import receiving
from tests.stores import at
from tests.stores import run as a_run

KEY = "a key of the test's own"
ONCE = Policy(timeout=5.0, tries=1, wait=0.0)
LOOPBACK = networks("127.0.0.1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three alerts that wait for the sinks ``one`` and ``two``."""
    alerts = [alert("a"), alert("b", Priority.HIGH), alert("c", Priority.LOW)]
    with open_store("memory://", tmp_path / "data") as opened:
        with opened.writer() as writer:
            writer.add_run(a_run(alerts=tuple(a.plain() for a in alerts)))
        route(opened, ["one", "two"], Room(), at(0))
        yield opened


class Taking:
    """Takes alerts but for some."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.got: list[Alert] = []

    def send(self, alert: Alert) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.got.append(alert)


def rows(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_the_gravest_go_first_and_what_was_taken_is_not_sent_again(store: Store) -> None:
    one, two = Taking(), Taking()
    done = deliver(store, {"one": one, "two": two})
    assert (done.sent, done.error) == ({"one": 3, "two": 3}, None)
    assert [a.priority for a in one.got] == ["high", "medium", "low"]
    assert {a.shown for a in one.got} == {"alerted"}
    assert pending(store) == {}
    assert deliver(store, {"one": one}).sent == {}


def test_a_sink_that_fails_keeps_what_waits_and_holds_up_no_other(store: Store) -> None:
    broken, fine = Taking(None, DeliveryError("down", "there", "wait")), Taking()
    done = deliver(store, {"one": broken, "two": fine})
    assert (done.sent, done.left) == ({"one": 1, "two": 3}, {"one": 2})
    assert "2 alerts not delivered: down" in str(done.error)
    waiting = pending(store)["one"]
    assert sorted(w["tries"] for w in waiting.values()) == [0, 1]
    assert deliver(store, {"one": broken}).sent == {"one": 2}


def test_one_that_is_refused_for_good_does_not_block_the_next(store: Store) -> None:
    done = deliver(store, {"one": Taking(AlertRefused("too large")), "two": Taking(ZeroDivisionError("oh"))})
    assert done.sent == {"one": 2}
    assert done.left == {"one": 1, "two": 3}
    assert "ZeroDivisionError: oh" in str(done.errors["two"])


def test_a_crash_after_sending_sends_again_with_the_same_id(store: Store, tmp_path: Path) -> None:
    """The sink has taken it, and then the process dies before that is remembered."""

    class Dying(Taking):
        def send(self, alert: Alert) -> None:
            super().send(alert)
            File(tmp_path / "a.jsonl").send(alert)
            if len(self.got) == 2:
                raise KeyboardInterrupt

    first, again = Dying(), Taking()
    with pytest.raises(KeyboardInterrupt):
        deliver(store, {"one": first})
    deliver(store, {"one": again})
    ids = [a.id for a in first.got + again.got]
    assert (len(ids), len(set(ids))) == (4, 3)
    for repeated in again.got:
        File(tmp_path / "a.jsonl").send(repeated)
    assert sorted(rows(tmp_path / "a.jsonl")) == sorted(set(ids))


def test_a_line_that_a_crash_tore_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "x", "summ')
    File(path).send(alert("a"))
    torn, whole = path.read_text().splitlines()
    assert torn == '{"id": "x", "summ'
    assert json.loads(whole)["id"] == alert("a").id


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="No space left") as caught:
        File(Path("/dev/full")).send(alert("a"))
    assert caught.value.where == "/dev/full"
    path = tmp_path / "a.jsonl"
    File(path).send(alert("a"))
    before, write = path.read_bytes(), os.write

    def partly(handle: int, data: bytes) -> int:
        if len(data) < 500:
            raise OSError(28, "No space left on device")
        return write(handle, data[: len(data) - 400])

    monkeypatch.setattr(os, "write", partly)
    with pytest.raises(DeliveryError, match="No space left"):
        File(path).send(alert("b"))
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="cannot be written"):
        File(tmp_path / "absent" / "a.jsonl").send(alert("a"))
    with pytest.raises(DeliveryError, match="cannot be written"):
        File(tmp_path).send(alert("a"))


def test_the_webhook_gets_the_alert_signed_under_its_id() -> None:
    with receiving() as server:
        Posting(server.url, "127.0.0.1", KEY.encode(), LOOPBACK, ONCE).send(alert("a"))
    ((_, headers, body),) = server.got
    assert json.loads(body) == alert("a").plain()
    assert headers["webhook-id"] == alert("a").id
    assert verify(headers, body, KEY.encode(), now=float(headers["webhook-timestamp"]))


@pytest.mark.parametrize(("status", "error"), [(500, DeliveryError), (413, AlertRefused), (301, AlertRefused)])
def test_what_the_webhook_does_not_take(status: int, error: type[DeliveryError]) -> None:
    with receiving((status, {})) as server, pytest.raises(DeliveryError) as caught:
        Posting(server.url, "127.0.0.1", KEY.encode(), LOOPBACK, ONCE).send(alert("a"))
    assert type(caught.value) is error
    assert "/hook" not in str(caught.value)


def test_a_webhook_at_a_private_address_gets_nothing() -> None:
    with receiving() as server, pytest.raises(AlertRefused, match="not public"):
        Posting(server.url, "127.0.0.1", KEY.encode(), (), ONCE).send(alert("a"))
    assert server.got == []


def test_sinks_are_those_that_the_settings_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert channels(load(environ={})) == {}
    named = {"LOCKSTEP_ALERTS_JSONL": "a.jsonl", "LOCKSTEP_ALERTS_WEBHOOK": "https://hooks.example/x"}
    with pytest.raises(ConfigError, match="no key to sign with"):
        channels(load(environ=named))
    named |= {"LOCKSTEP_WEBHOOK_KEY": KEY, "LOCKSTEP_ALERTS_WEBHOOK_ALLOW": "10.0.0.0/8, 127.0.0.1"}
    opened = channels(load(environ=named))
    assert list(opened) == ["jsonl", "webhook"]
    assert isinstance(opened["webhook"], Posting)
    assert [str(n) for n in opened["webhook"].allow] == ["10.0.0.0/8", "127.0.0.1/32"]
    for name, value in {"WEBHOOK": "ftp://x/", "WEBHOOK_ALLOW": "10.0.0.1/8"}.items():
        with pytest.raises(ConfigError):
            channels(load(environ=named | {f"LOCKSTEP_ALERTS_{name}": value}))
