"""Messages go to checked addresses alone, are signed, and end in time whatever the other side does."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockstep.outbound import Policy, Refused, Undelivered, check, networks, send, signature, verify
from tests.receiver import receiving

KEY = b"a key of the test's own"
LOOPBACK = networks("127.0.0.0/8")
QUICK = Policy(timeout=5.0, tries=3, wait=1.0)


def post(url: str, waits: list[float] | None = None, **how: Any) -> int:
    given: dict[str, Any] = {"message_id": "m1", "key": KEY, "allow": LOOPBACK, "policy": QUICK}
    sleep = (waits if waits is not None else []).append
    return send(url, b'{"a":1}', clock=lambda: 1000.0, sleep=sleep, **{**given, **how})


def test_a_message_arrives_signed() -> None:
    with receiving() as server:
        assert post(server.url) == 1
    ((path, headers, body),) = server.got
    assert (path, json.loads(body)) == ("/hook?a=1", {"a": 1})
    assert (headers["webhook-id"], headers["idempotency-key"]) == ("m1", "m1")
    assert verify(headers, body, KEY, now=1100.0)
    assert not verify(headers, body + b" ", KEY, now=1100.0)
    assert not verify(headers, body, b"another key", now=1100.0)
    assert not verify(headers, body, KEY, now=1301.0)
    assert not verify({**headers, "webhook-id": "m2"}, body, KEY, now=1000.0)
    assert not verify({}, body, KEY, now=1000.0)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # the example of the specification's own libraries
    key = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == expected
    with pytest.raises(Refused, match="no base64"):
        signature(b"whsec_%%", "m", 1, b"")


def test_what_may_pass_is_tried_again_as_the_same_message() -> None:
    waits: list[float] = []
    with receiving((503, {}), (429, {"Retry-After": "7"}), (200, {})) as server:
        assert post(server.url, waits) == 3
    assert waits == [1.0, 7.0]
    assert {h["webhook-id"] for _, h, _ in server.got} == {"m1"}


def test_it_gives_up_after_its_tries() -> None:
    with receiving(*[(500, {})] * 9) as server, pytest.raises(Undelivered, match="answers 500") as caught:
        post(server.url)
    assert (len(server.got), caught.value.final) == (3, False)


@pytest.mark.parametrize(("status", "said"), [(302, "redirect"), (307, "redirect"), (400, "answers 400"), (410, "410")])
def test_what_will_not_pass_is_not_tried_again(status: int, said: str) -> None:
    with (
        receiving((status, {"Location": "http://127.0.0.1:1/"})) as server,
        pytest.raises(Undelivered, match=said) as e,
    ):
        post(server.url)
    assert (len(server.got), e.value.final) == (1, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1/", "not public"),
        ("https://2130706433/", "not public"),
        ("https://[::1]/", "not public"),
        ("https://[::ffff:10.0.0.1]/", "not public"),
        ("https://[64:ff9b::a9fe:a9fe]/", "not public"),
        ("https://[2002:7f00:1::]/", "not public"),
        ("https://10.1.2.3/", "not public"),
        ("https://169.254.169.254/latest/meta-data/", "not public"),
        ("https://168.63.129.16/", "not public"),
        ("https://100.100.100.200/", "not public"),
        ("https://0.0.0.0/", "not public"),
        ("https://224.0.0.1/", "not public"),
        ("http://93.184.215.14/", "write https"),
        ("ftp://example.com/", "scheme is ftp"),
        ("//example.com/", "scheme is missing"),
        ("https://anna:pw@example.com/", "carries a user"),
        ("https:///x", "names no host"),
        ("https://[::1/", "malformed"),
        ("https://example.com:99999/", "malformed"),
        ("https://example.com/a b", "blanks"),
        ("https://пример.example/", "punycode"),
        ("", "blanks"),
    ],
)
def test_where_nothing_is_sent(url: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        check(url)


def resolving(*addresses: str) -> Callable[..., list[Any]]:
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in addresses]


def test_one_address_that_is_not_public_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving("93.184.215.14", "10.0.0.1"))
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        check("https://hooks.example/")
    place = check("https://hooks.example:8443/x?y=1", networks("10.0.0.0/24"))
    assert (place.addresses, place.port, place.target) == (("93.184.215.14", "10.0.0.1"), 8443, "/x?y=1")


def test_a_name_that_resolves_to_nothing_may_do_so_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Undelivered, match="cannot be resolved") as caught:
        post("https://hooks.example/")
    assert not caught.value.final


def test_the_connection_is_made_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name leads elsewhere when it is asked a second time, as a rebinding attack has it."""
    with receiving() as server:
        answers = [resolving("127.0.0.1"), resolving("203.0.113.9")]
        real, asked = socket.getaddrinfo, []

        def fickle(host: Any, *rest: Any, **how: Any) -> Any:
            if host != "hooks.example":
                return real(host, *rest, **how)
            asked.append(host)
            return answers[len(asked) - 1]()

        monkeypatch.setattr(socket, "getaddrinfo", fickle)
        assert post(f"http://hooks.example:{server.server_port}/") == 1
    assert len(asked) == 1
    assert server.got[0][1]["host"] == f"hooks.example:{server.server_port}"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx"])
def test_one_that_hangs_is_left_after_its_time(said: bytes) -> None:
    """It answers nothing, or a byte every now and then, so that the socket's own timeout never comes."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.sendall(said)
                while not done.wait(0.02):
                    with contextlib.suppress(OSError):
                        taken.sendall(said and b"x")

        thread = threading.Thread(target=hang)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(Undelivered, match="cannot be reached"):
            post(url, policy=Policy(timeout=0.2, tries=1))
        done.set()
        thread.join()


def test_tls_asks_for_the_name_and_not_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Context:
        def wrap_socket(self, sock: socket.socket, **how: Any) -> socket.socket:
            asked.update(how)
            sock.close()
            raise OSError("enough")

    monkeypatch.setattr(ssl, "create_default_context", Context)
    monkeypatch.setattr(socket, "getaddrinfo", resolving("127.0.0.1"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(socket, "create_connection", lambda *_: socket.socket())
        with pytest.raises(Undelivered, match="enough"):
            post(f"https://hooks.example:{listening.getsockname()[1]}/")
    assert asked["server_hostname"] == "hooks.example"


def leading(monkeypatch: pytest.MonkeyPatch, host: str, *addresses: str) -> None:
    """Let a name lead to these addresses, and every other one where it did."""
    real, there = socket.getaddrinfo, resolving(*addresses)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *rest, **how: (there if name == host else real)(name, *rest, **how)
    )


def test_the_next_checked_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as server:
        url = f"http://hooks.example:{server.server_port}/"
        leading(monkeypatch, "hooks.example", "127.0.0.2", "127.0.0.1")
        assert post(url) == 1
        leading(monkeypatch, "hooks.example", "127.0.0.2", "127.0.0.3")
        with pytest.raises(Undelivered, match="cannot be reached"):
            post(url)


@pytest.mark.parametrize(("host", "said"), [("hooks.example", ""), ("other.example", "does not prove who it is")])
def test_the_certificate_is_checked_for_the_name(
    host: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, proof = tmp_path / "key.pem", tmp_path / "proof.pem"
    made = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=hooks.example",
        "-days",
        "2",
    ]
    named: list[str | Path] = ["-addext", "subjectAltName=DNS:hooks.example", "-keyout", key, "-out", proof]
    subprocess.run(["openssl", "req", "-x509", *made, *named], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(proof))  # whom this machine trusts
    with receiving() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(proof, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        leading(monkeypatch, host, "127.0.0.1")
        url = f"https://{host}:{server.server_port}/"
        if said:
            with pytest.raises(Undelivered, match=said):
                post(url)
        else:
            assert post(url) == 1
    assert len(server.got) == (not said)
