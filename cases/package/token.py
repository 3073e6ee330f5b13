"""A package's time stamp, looked at: an RFC 3161 token over the tag manifest, and the manifest that covers the token.

The token's signature needs more than the standard library: it is looked at where ``rfc3161-client`` is installed, and
said to be unchecked where it is not.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence

from cases.package import form
from cases.package.opening import Opened

FIELD = "Time-Stamp"  # of bag-info.txt: that one was asked for, so that its removal is seen
_COVERED = (*form.TAGGED, form.TOKEN)


def outer(read: dict[str, bytes]) -> bytes:
    """The manifest that covers the tag files and the token; ``read`` has their bytes by name."""
    return form.manifest({name: hashlib.sha512(read[name]).hexdigest() for name in _COVERED})


def check(package: Opened, tags: bytes, roots: Sequence[bytes] = ()) -> tuple[list[str], list[str]]:
    """What is wrong with the time stamp, and what is to be said of it."""
    names = set(package.names)
    asked = form.INFO in names and f"\n{FIELD}: ".encode() in package.read(form.INFO)
    there = {form.TOKEN, form.OUTER} & names
    if not there:
        return (["its time stamp was taken away"] if asked else []), []
    if not asked or len(there) < 2:
        return ["it has part of a time stamp: the other part was taken away or added"], []
    if not set(_COVERED) <= names or package.read(form.OUTER) != outer({n: package.read(n) for n in _COVERED}):
        return [f"{form.TOKEN}, or {form.OUTER} that covers it, was changed"], []
    stamped = hashlib.sha256(tags)
    if b"\x04\x20" + stamped.digest() not in package.read(form.TOKEN):  # an OCTET STRING of 32 bytes
        return ["the time stamp is of something else"], []
    return _signature(package.read(form.TOKEN), tags, roots)


def _signature(token: bytes, tags: bytes, roots: Sequence[bytes]) -> tuple[list[str], list[str]]:
    if importlib.util.find_spec("rfc3161_client") is None:
        return [], ["there is a time stamp; its signature was not checked: rfc3161-client is not installed"]
    from cases.package.timestamp import read

    return read(token, tags, roots)
