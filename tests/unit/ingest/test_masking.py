from __future__ import annotations

import orjson
import pyarrow as pa
import pytest

from graph.errors import ConfigError
from ingest.masking import WITHHELD, mask, masked, masked_raw

KEY = b"key"


@pytest.mark.parametrize("kind", ["email", "phone", "ip", "ip_prefix", "device", "imei", "Device "])
def test_personal_kinds_become_keyed_hashes(kind: str) -> None:
    stored_kind, value = mask(kind, "x1", KEY)
    assert stored_kind == {"email": "email_hash", "phone": "phone_hash"}.get(kind, kind.strip().casefold())
    assert len(value) == 64
    assert "x1" not in value
    assert mask(kind, "x1", b"another key")[1] != value


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("email", "Me@Example.org", " me@example.org"),
        ("phone", "+49 (170) 123-456", "0049170123456"),
        ("ip", "2001:DB8::0001", "2001:db8::1"),
        ("ip", "not an address", "NOT an address"),
        ("ip_prefix", "192.0.2.7/24", "192.0.2.0/24"),
    ],
)
def test_one_thing_in_two_spellings_is_one(kind: str, a: str, b: str) -> None:
    assert mask(kind, a, KEY) == mask(kind, b, KEY)


def test_public_kinds_and_foreign_hashes_stay() -> None:
    assert mask("wallet", "0xAbC", None) == ("wallet", "0xAbC")
    assert mask("referral", "CODE", None) == ("referral", "CODE")
    assert mask("email_hash", "5f4dcc3b", None) == ("email_hash", "5f4dcc3b")


def test_raw_values_given_as_hashes_are_hashed() -> None:
    assert mask("email_hash", "me@example.org", KEY) == mask("email", "me@example.org", KEY)
    assert mask("phone_hash", "+1 555 0100", KEY) == mask("phone", "15550100", KEY)


def test_missing_key_says_how_to_make_one() -> None:
    with pytest.raises(ConfigError, match="token_hex") as e:
        mask("ip", "192.0.2.1", None)
    assert e.value.where == "LOCKSTEP_PSEUDONYM_KEY"


def test_columns_are_masked_row_by_row() -> None:
    kinds, values = masked(pa.array(["ip", None, "ip", "wallet"]), pa.array(["a", "b", "a", None]), KEY)
    assert kinds.to_pylist() == ["ip", None, "ip", "wallet"]
    assert values[0] == values[2]
    assert values.to_pylist()[1::2] == [None, None]


def test_quarantine_rows_are_masked_and_read_back_the_same() -> None:
    raw = orjson.loads(masked_raw({"account_id": "1", "kind": "email", "value": "me@example.org", "note": "me"}, KEY))
    assert raw["value"].startswith("hmac-sha256:")
    assert "note" not in raw
    assert mask("email", raw["value"], None) == mask("email", "me@example.org", KEY)
    again = orjson.loads(masked_raw(raw, None))
    assert again["value"] == raw["value"]


@pytest.mark.parametrize("row", [{"kind": None, "value": "x"}, {"kind": "ip", "value": "x"}, {"value": {"a": 1}}])
def test_what_cannot_be_masked_is_withheld(row: dict[str, object]) -> None:
    assert orjson.loads(masked_raw(row, None))["value"] == WITHHELD


def test_public_values_and_absent_ones_are_shown() -> None:
    assert orjson.loads(masked_raw({"kind": "wallet", "value": "0x1"}, None))["value"] == "0x1"
    assert "value" not in orjson.loads(masked_raw({"kind": "ip", "value": None}, None))


def test_memory_of_values_seen_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.masking.SEEN", 2)
    _, values = masked(pa.array(["ip"] * 5), pa.array(["a", "b", "c", "d", "a"]), KEY)
    assert values[0] == values[4]
