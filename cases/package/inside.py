"""What a package's payload says, held against its own hashes: snapshots, decisions, custody, the audit trail's entries.

Standard library alone. These checks do not lean on the manifests: a payload whose manifests were made anew still has to
agree with the hashes that the casebook gave when each thing was written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cases.package.opening import Opened

CASE, DECISIONS = "data/case.json", "data/decisions.json"
AUDIT, CUSTODY = "data/audit.jsonl", "data/custody.jsonl"
NEEDED = (CASE, DECISIONS, AUDIT, CUSTODY, "data/dossier.html", "data/dossier.pdf")
_SNAPSHOT = re.compile(r"data/snapshots/([0-9a-f]{64})\.json")
_GENESIS = "0" * 64


def canonical(value: object) -> str:
    """The JSON that :func:`cases.audit.canonical` writes, for values of texts and whole numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check(package: Opened, name: str) -> list[str]:
    """What is wrong with one file by itself."""
    found = _SNAPSHOT.fullmatch(name)
    if found is None:
        return []
    if hashlib.sha256(package.read(name)).hexdigest() != found[1]:
        return [f"{name} is not the snapshot of this hash"]
    return []


def together(package: Opened, payload: Collection[str]) -> list[str]:
    """What is wrong between the files; ``payload`` are those that are as the manifest says."""
    if not payload:
        return []
    found = [f"{name} is missing: every package has one" for name in NEEDED if name not in payload]
    for name, looked in ((CASE, _case), (DECISIONS, _decisions), (AUDIT, _audit), (CUSTODY, _custody)):
        if name in payload:
            try:
                found += looked(package, payload)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                found.append(f"{name} is not as a package has it: {type(error).__name__} {error}")
    return found


def _case(package: Opened, payload: Collection[str]) -> Iterator[str]:
    told = json.loads(package.read(CASE))
    for name, what, count in (
        (AUDIT, "entries of the audit trail", told["audit"]["entries"]),
        (CUSTODY, "custody records", told["custody"]["records"]),
    ):
        there = package.read(name).count(b"\n") if name in payload else 0
        if there != count:
            yield f"there are {'fewer' if there < count else 'more'} {what} than the case says: {there}, not {count}"
    for sha in told["snapshots"]:
        if f"data/snapshots/{sha}.json" not in payload:
            yield f"the case rests on snapshot {sha}, which is missing"


def _decisions(package: Opened, payload: Collection[str]) -> Iterator[str]:
    for row in json.loads(package.read(DECISIONS)):
        name = f"data/decisions/{row['id']}.json"
        if name not in payload:
            yield f"{name} is missing"
        elif hashlib.sha256(package.read(name)).hexdigest() != row["hash"]:
            yield f"{name} is not the decision that was made: its hash is another"


def _lines(package: Opened, name: str) -> Iterator[Mapping[str, Any]]:
    for line in package.read(name).decode().split("\n")[:-1]:
        yield json.loads(line)


def _audit(package: Opened, payload: Collection[str]) -> Iterator[str]:  # noqa: ARG001 - as the others
    before = 0
    for row in _lines(package, AUDIT):
        if row["seq"] <= before:
            yield f"entry {row['seq']} of the audit trail is out of its order"
        if row["hash"] != _hash(row):
            yield f"entry {row['seq']} of the audit trail was changed"
        before = row["seq"]


def _custody(package: Opened, payload: Collection[str]) -> Iterator[str]:  # noqa: ARG001 - as the others
    seq, last = 0, _GENESIS
    for row in _lines(package, CUSTODY):
        if row["seq"] != seq + 1:
            yield f"custody records {seq + 1} to {row['seq'] - 1} are gone"
        if row["prev"] != last:
            yield f"custody record {row['seq']} does not follow the one before it"
        if row["hash"] != _hash(row):
            yield f"custody record {row['seq']} was changed"
        seq, last = row["seq"], row["hash"]


def _hash(row: Mapping[str, Any]) -> str:
    return sha256(canonical({name: value for name, value in row.items() if name != "hash"}))
