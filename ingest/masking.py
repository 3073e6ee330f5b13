"""Personal identifiers become keyed hashes before they reach a store, the quarantine or a cache.

E-mail, phone, address and device values are HMAC-SHA256 of their canonical form under the key in the environment
variable ``LOCKSTEP_PSEUDONYM_KEY``: equal values stay equal, and without the key nobody can try out numbers. Wallets
and referral codes are public and stay as they are; so do hashes made elsewhere, unless they are no hashes.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import Any

import orjson
import pyarrow as pa

from graph.errors import ConfigError
from graph.schema import TEXT

KEY_VARIABLE = "LOCKSTEP_PSEUDONYM_KEY"
SEEN = 100_000  # distinct values of a block remembered
WITHHELD = "(withheld: may hold personal values)"
PUBLIC = frozenset({"wallet", "referral"})
_HASHED = {"email": "email_hash", "phone": "phone_hash"}
_DONE = re.compile(r"hmac-sha256:[0-9a-f]{64}")
_MAIL = re.compile(r"\s*\S+@\S+\s*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+)?(Z|[+-]\d\d:?\d\d)?|1\d{9}(\d{3}){0,2}")
_FORMS = {"kind": re.compile(r"\s*[A-Za-z][A-Za-z0-9_-]*\s*"), "first_seen": _MOMENT, "last_seen": _MOMENT}
_PHONE = re.compile(r"[+(]?[\d\s().\-/]{5,24}")


def masked(kinds: pa.Array, values: pa.Array, secret: bytes | None) -> tuple[pa.Array, pa.Array]:
    """Kinds and values as they may be stored.

    Parameters
    ----------
    kinds, values : Arrow text arrays of the same length
    secret : bytes or None
        The key; None is fine as long as nothing personal comes.

    Raises
    ------
    ConfigError
        A personal value and no key.
    """
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    out_kinds: list[str | None] = []
    out_values: list[str | None] = []
    for kind, value in zip(kinds.to_pylist(), values.to_pylist(), strict=True):
        if kind is None or value is None:
            pair: tuple[str | None, str | None] = (kind, None)
        else:
            if (kind, value) not in seen:
                if len(seen) > SEEN:
                    seen.clear()
                seen[kind, value] = mask(kind, value, secret)
            pair = seen[kind, value]
        out_kinds.append(pair[0])
        out_values.append(pair[1])
    return pa.array(out_kinds, TEXT), pa.array(out_values, TEXT)


def mask(kind: str, value: str, secret: bytes | None) -> tuple[str, str]:
    """Kind and value of one identifier as they may be stored; equal for ``email`` and a raw ``email_hash``."""
    folded = kind.strip().casefold()
    if _DONE.fullmatch(value):  # from the quarantine
        return _HASHED.get(folded, folded), value.partition(":")[2]
    if folded in PUBLIC or (folded.endswith("_hash") and not _looks_raw(value)):
        return folded, value
    if not secret:
        raise ConfigError(
            f"{kind} identifiers are personal and no key to pseudonymise them is set",
            KEY_VARIABLE,
            'make one once with: python -c "import secrets; print(secrets.token_hex(32))", keep it, and export it',
        )
    folded = _HASHED.get(folded, folded)
    message = f"{folded}\0{_canonical(folded, value)}".encode()
    return folded, hmac.digest(secret, message, "sha256").hex()


def masked_raw(row: dict[str, Any], secret: bytes | None) -> str:
    """An invalid identifier row for the quarantine: its value hashed, or withheld where that is not possible."""
    kind, value = row.get("kind"), row.get("value")
    shown = {k: v for k, v in row.items() if k in {"account_id", "platform"} or (k in _FORMS and _fits(k, v))}
    if isinstance(kind, str) and isinstance(value, str | int):
        try:
            stored = mask(kind, str(value), secret)[1]
        except ConfigError:
            stored = WITHHELD
        shown["value"] = stored if stored in {str(value), WITHHELD} else f"hmac-sha256:{stored}"
    elif value is not None:
        shown["value"] = WITHHELD
    return orjson.dumps(shown, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _fits(name: str, value: Any) -> bool:
    """Whether a cell is what its column is for: where columns are swapped it may be the personal value."""
    return value is None or (isinstance(value, str | int) and _FORMS[name].fullmatch(str(value)) is not None)


def _looks_raw(value: str) -> bool:
    return bool(_MAIL.fullmatch(value) or _PHONE.fullmatch(value))


def _canonical(kind: str, value: str) -> str:
    """One spelling for one thing."""
    text = value.strip()
    if kind == "email_hash":
        return text.casefold()
    if kind == "phone_hash":
        digits = re.sub(r"\D", "", text)
        return digits.removeprefix("00") or text
    if kind in {"ip", "ip_prefix"}:
        try:
            return str(ipaddress.ip_address(text) if "/" not in text else ipaddress.ip_network(text, strict=False))
        except ValueError:
            return text.casefold()
    return text
