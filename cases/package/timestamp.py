"""Time stamps by an authority (RFC 3161): asked for where the settings name one, and read where a package has one.

The authority learns a hash and nothing else. Its answer is kept as it came, once it is known to be of this hash and by
an authority whose certificate was configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from graph.errors import ConfigError, DeliveryError
from lockstep import outbound
from lockstep.config import Settings

QUERY = "application/timestamp-query"


@dataclass(frozen=True, slots=True)
class Authority:
    """A time stamp authority.

    Parameters
    ----------
    url : str
    roots : tuple of bytes
        Certificates (PEM) that it is known by.
    allow : tuple of networks
        Where it may be although not public.
    timeout : float
        Seconds that it has to answer.
    """

    url: str
    roots: tuple[bytes, ...]
    allow: tuple[outbound.Network, ...] = ()
    timeout: float = 20.0

    def __call__(self, content: bytes) -> bytes:
        """The authority's answer for a content, looked at.

        Raises
        ------
        DeliveryError
            It does not answer, refuses, or its answer is not one for this content by this authority.
        """
        request = (
            TimestampRequestBuilder()
            .data(content)
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .build()
        )
        hint = "try again, or take the case out without a time stamp"
        try:
            answer = outbound.exchange(self.url, request.as_bytes(), QUERY, allow=self.allow, timeout=self.timeout)
            response = decode_timestamp_response(answer)
            _verified(VerifierBuilder.from_request(request), response, content, self.roots)
        except (outbound.Undelivered, VerificationError, ValueError) as error:
            raise DeliveryError(f"no time stamp: {error}", self.url, hint) from error
        return response.as_bytes()


def authority(settings: Settings) -> Authority | None:
    """The authority that the settings name; None where they name none.

    Raises
    ------
    ConfigError
        Its certificates are not named or cannot be read, or the networks are none.
    """
    url = settings.text("cases.timestamp_url")
    if not url:
        return None
    file = settings.text("cases.timestamp_roots")
    try:
        roots = (Path(file).read_bytes(),)
        certificates(roots)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no certificates: {error}", "cases.timestamp_roots", "name a PEM file") from None
    try:
        allow = outbound.networks(settings.text("cases.timestamp_allow"))
    except ValueError as error:
        raise ConfigError(str(error), "cases.timestamp_allow", "write addresses or networks: 10.1.2.0/24") from None
    return Authority(url, roots, allow)


def certificates(roots: Sequence[bytes]) -> list[x509.Certificate]:
    """The certificates of PEM files, each once."""
    found = [certificate for pem in roots for certificate in x509.load_pem_x509_certificates(pem)]
    return [c for i, c in enumerate(found) if c not in found[:i]]


def read(token: bytes, content: bytes, roots: Sequence[bytes]) -> tuple[list[str], list[str]]:
    """What is wrong with a time stamp of a content, and what is to be said of it."""
    try:
        response = decode_timestamp_response(token)
        at = f"{response.tst_info.gen_time:%Y-%m-%d %H:%M:%S} UTC"
        if not roots:
            said = f"there is a time stamp of {at}; whose it is was not checked: no certificates were given"
            return [], [said]
        _verified(VerifierBuilder(), response, content, roots)
    except (VerificationError, ValueError) as error:
        return [f"the time stamp does not hold: {error}"], []
    return [], [f"stamped {at} by an authority whose certificate was given"]


def _verified(builder: VerifierBuilder, response: TimeStampResponse, content: bytes, roots: Sequence[bytes]) -> None:
    for certificate in certificates(roots):
        builder = builder.add_root_certificate(certificate)
    builder.build().verify_message(response, content)
