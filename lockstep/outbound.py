"""Signed messages to a webhook, at an address that was looked at before anything was sent.

**Where to.** A URL is written by one person and fetched by a machine inside a network that others cannot reach, so the
address counts and not the name: the host is resolved once, every address that it has must be public (or in a network
that the settings allow), and the connection is made to the address that was checked, with TLS for the name. No
redirect is followed, no proxy of the environment is used, and plain http is for allowed networks alone.

**Who from.** As *Standard Webhooks* has it (standardwebhooks.com): ``webhook-id`` is the message's own and the same in
every try, so that a receiver can drop what it has; ``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over
``id.timestamp.body``. :func:`verify` is what a receiver does.

**How long.** A try ends after ``timeout`` seconds however slowly the other side talks (looking the name up aside, which
the system's resolver bounds); a failure that may pass is tried again, each time after twice the wait.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))  # answers after which another try may succeed
LONGEST_WAIT = 60.0  # seconds, also where the receiver asks for more
TOLERANCE = 300.0  # seconds that a signature is good for
_READ = 65_536  # bytes of an answer that are read
_HOSTS_OWN = (ipaddress.ip_address("168.63.129.16"),)  # public by its number, yet Azure's own service of each machine
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))  # IPv4 in the last 32 bits


class Undelivered(Exception):
    """A message was not taken; ``final`` says whether trying again is of no use."""

    def __init__(self, message: str, *, final: bool = False, wait: float = 0.0) -> None:
        super().__init__(message)
        self.final = final
        self.wait = wait  # seconds that the receiver asks to wait


class Refused(Undelivered):
    """The URL or its address is none that may be sent to; nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, final=True)


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient sending is.

    Parameters
    ----------
    timeout : float
        Seconds that one try may take in all.
    tries : int
        Tries in all, at least 1.
    wait : float
        Seconds before the second try; twice as many before each further one.
    """

    timeout: float = 10.0
    tries: int = 3
    wait: float = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A checked URL: the addresses belong to the host, and each may be connected to."""

    tls: bool
    host: str
    port: int
    target: str  # path and query
    addresses: tuple[str, ...]


def networks(text: str) -> tuple[Network, ...]:
    """Networks written as addresses or in CIDR notation, separated by commas.

    Raises
    ------
    ValueError
        One is neither.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def check(url: str, allow: Sequence[Network] = ()) -> Place:
    """Where a URL leads, after looking at every address of its host.

    Parameters
    ----------
    allow : sequence of networks
        What may be connected to although it is not public.

    Raises
    ------
    Refused
        The URL is malformed, of another scheme, carries a password, or leads to an address that is not public.
    Undelivered
        The host's name cannot be resolved.
    """
    parts = split(url)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    addresses = _resolved(str(parts.hostname), port)
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        allowed = any(address in network for network in allow)
        if not (allowed or _public(address)):
            raise Refused(f"{parts.hostname} is at {address}, which is not public and not allowed")
        if not (tls or allowed):
            raise Refused("plain http is for allowed networks alone: write https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(tls, str(parts.hostname), port, target, addresses)


def split(url: str) -> SplitResult:
    """The URL's parts, without asking where it leads.

    Raises
    ------
    Refused
        It is malformed, of another scheme, or carries a password.
    """
    if not url or any(not "!" <= c <= "~" for c in url):
        raise Refused("the URL has blanks or characters outside ASCII (write international names in punycode)")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused(f"the URL is malformed: {error}") from None
    if parts.scheme not in {"https", "http"}:
        raise Refused(f"the URL's scheme is {parts.scheme or 'missing'}, not https")
    if parts.username is not None or parts.password is not None:
        raise Refused("the URL carries a user or password, which would be shown and logged")
    if not host:
        raise Refused("the URL names no host")
    return parts


def _resolved(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(f"the name {host} cannot be resolved: {error}") from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _public(address: Address) -> bool:
    """Whether anybody on the internet could reach it, also the IPv4 address that one of IPv6 stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and any(address in network for network in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
    return address.is_global and not address.is_multicast and address not in _HOSTS_OWN


def signature(key: bytes, message_id: str, at: int, body: bytes) -> str:
    """``v1,`` and the base64 of the HMAC-SHA256; a key that begins with ``whsec_`` is base64 after that."""
    if key.startswith(b"whsec_"):
        try:
            key = base64.b64decode(key.removeprefix(b"whsec_"), validate=True)
        except binascii.Error:
            raise Refused("the key begins with whsec_, but no base64 follows") from None
    signed = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def verify(headers: Mapping[str, str], body: bytes, key: bytes, now: float, tolerance: float = TOLERANCE) -> bool:
    """Whether a message came from who holds the key, and at most ``tolerance`` seconds ago."""
    given = {name.lower(): value for name, value in headers.items()}
    stamp = given.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > tolerance:
        return False
    expected = signature(key, given.get("webhook-id", ""), int(stamp), body)
    return any(
        hmac.compare_digest(expected.encode(), one.encode()) for one in given.get("webhook-signature", "").split()
    )


def send(
    url: str,
    body: bytes,
    *,
    message_id: str,
    key: bytes,
    allow: Sequence[Network] = (),
    policy: Policy | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Post a JSON body, signed; returns the number of tries it took.

    Parameters
    ----------
    message_id : str
        The message's own, the same whenever it is sent again.
    key : bytes
        Signs the message; the receiver has it too.
    allow : sequence of networks
        What may be connected to although it is not public.

    Raises
    ------
    Undelivered
        Every try failed, or the receiver refused it for good.
    Refused
        The URL or its address is none that may be sent to.
    """
    policy = policy or Policy()
    for number in range(1, policy.tries + 1):
        try:
            # resolved anew for every try: what was public may be so no longer
            _post(check(url, allow), body, _headers(message_id, int(clock()), key, body), policy.timeout)
        except Undelivered as error:
            if error.final or number == policy.tries:
                raise
            sleep(min(max(policy.wait * 2 ** (number - 1), error.wait), LONGEST_WAIT))
        else:
            return number
    raise ValueError("at least one try")


def exchange(
    url: str, body: bytes, content_type: str, *, allow: Sequence[Network] = (), timeout: float = 10.0, most: int = _READ
) -> bytes:
    """Post a body, once and unsigned, and give the answer: for protocols that sign for themselves.

    Parameters
    ----------
    allow : sequence of networks
        What may be connected to although it is not public.
    most : int
        Bytes of an answer beyond which it is refused.

    Raises
    ------
    Undelivered
        No whole answer came, or none that says it was taken.
    Refused
        The URL or its address is none that may be sent to.
    """
    place = check(url, allow)
    answer = _post(place, body, {"content-type": content_type, "user-agent": "lockstep"}, timeout, most + 1)
    if len(answer) > most:
        raise Undelivered(f"{place.host} answers more than {most:,} bytes", final=True)
    return answer


def _headers(message_id: str, at: int, key: bytes, body: bytes) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "lockstep",
        "idempotency-key": message_id,
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(key, message_id, at, body),
    }


class _Pinned(http.client.HTTPConnection):
    """A connection to the addresses that were checked, whatever the name resolves to by now."""

    def __init__(self, place: Place, timeout: float) -> None:
        self.default_port = 443 if place.tls else 80
        super().__init__(place.host, place.port, timeout=timeout)
        self._place = place
        self.held: socket.socket | None = None  # http.client lets go of `sock` while an answer is still being read

    def connect(self) -> None:
        """Connect to the first address that answers; with TLS, for the host's name."""
        for address in self._place.addresses:
            try:
                self.held = self.sock = socket.create_connection((address, self.port), self.timeout)
                break
            except OSError:
                if address == self._place.addresses[-1]:
                    raise
        if self._place.tls:
            context = ssl.create_default_context()
            # the handshake is made once the deadline can reach the socket
            secured = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.held = self.sock = secured
            secured.do_handshake()


def _post(place: Place, body: bytes, headers: Mapping[str, str], timeout: float, most: int = _READ) -> bytes:
    connection = _Pinned(place, timeout)
    try:
        with _deadline(connection, timeout):
            connection.request("POST", place.target, body, dict(headers))
            response = connection.getresponse()
            answer = response.read(most)
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(f"{place.host} does not prove who it is: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(f"{place.host} cannot be reached: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    _judged(response, place.host)
    return answer


def _judged(response: http.client.HTTPResponse, host: str) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Undelivered(f"{host} answers {status}, a redirect: none is followed", final=True)
    after = response.headers.get("retry-after", "")
    wait = float(after) if after.isdecimal() and len(after) < 7 else 0.0
    raise Undelivered(f"{host} answers {status}", final=status not in AGAIN, wait=wait)


@contextmanager
def _deadline(connection: _Pinned, seconds: float) -> Iterator[None]:
    """End the connection after so long in all: a socket's own timeout begins anew with every byte that arrives."""
    over = threading.Event()

    def end() -> None:
        over.set()
        if connection.held is not None:
            try:
                socket.socket.shutdown(connection.held, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise TimeoutError(f"no whole answer within {seconds:g} s") from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError(f"no whole answer within {seconds:g} s")
