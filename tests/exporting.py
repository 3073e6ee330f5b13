"""Cases as exports are made from them: a real case of a casebook, with a snapshot made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cases import casefile, caseload
from cases.audit import canonical, sha256
from cases.caseload import Subject, Track
from cases.evidence.gathering import plain
from cases.exports.base import Export, Material, answered, content_of
from cases.lifecycles import Severity
from cases.people import Actor
from graph.findings import Evidence, Finding
from graph.model import NodeRef, NodeType
from tests import casework, flagged
from tests.casework import LENA, Work

TX = "0xfeed"
WALLET = "eth:0xabc"


def snapshot(finding: Finding | None = None, **changed: Any) -> dict[str, Any]:
    """What a snapshot of the hand-made finding holds."""
    finding = finding or flagged.shilling()
    posts = [
        {**p, "id": p["post"], "created_at": p["created_at"].isoformat(timespec="microseconds")}
        for p in flagged.posts()
    ]
    accounts = [{"id": f"account/{a}", "kind": "account", "label": f"moon_{i}"} for i, a in enumerate(flagged.ACCOUNTS)]
    used = {
        "source": f"account/{flagged.ACCOUNTS[0]}",
        "target": f"identifier/wallet:{WALLET}",
        "kind": "USES",
        "at": None,
    }
    at = flagged.START.isoformat(timespec="microseconds")
    moved = {"source": f"wallet/{WALLET}", "target": "wallet/eth:0xdef", "kind": "TRANSFERRED", "at": at, "tx": TX}
    told = {
        "format": 1,
        "finding": plain(finding),
        "nodes": [
            *accounts,
            {"id": "ticker/XYZ", "kind": "ticker", "label": "XYZ"},
            {"id": f"wallet/{WALLET}", "kind": "wallet", "label": WALLET},
            {"id": "wallet/eth:0xdef", "kind": "wallet", "label": "eth:0xdef"},
            {"id": f"identifier/wallet:{WALLET}", "kind": "identifier", "label": f"wallet:{WALLET}"},
        ],
        "edges": [
            used,
            moved,
            {
                "source": f"account/{flagged.ACCOUNTS[0]}",
                "target": f"post/{flagged.post_key(0, 0)}",
                "kind": "POSTED",
                "at": at,
            },
        ],
        "posts": [{k: v for k, v in p.items() if k != "post"} for p in posts],
        "market": [{"venue": "example", "base": "XYZ", "quote": "USDT", "interval_s": 60.0, "at": at, "close": 1.5}],
        "store": {"data_cut": 1},
        "left_out": [],
        "taken_at": at,
        "taken_by": "anna",
    }
    return told | changed


def material(
    folder: Path,
    answers: Mapping[str, str] | None = None,
    *,
    snapshots: tuple[dict[str, Any], ...] | None = None,
    track: Track = Track.PLATFORM,
    actor: Actor = LENA,
    opened: Work | None = None,
    tlp: str = "AMBER",
) -> Material:
    """A case about the accounts of the finding: evidence against all but the last one, its file and its snapshots."""
    work = opened or casework.opened(casework.sqlite_url(folder))
    about = [
        Subject(a, str(r), own_evidence=a != flagged.ACCOUNTS[-1])
        for a, r in zip(flagged.ACCOUNTS, flagged.ROLES, strict=True)
    ]
    alert = work.do(LENA, _alerted)
    key = work.do(LENA, caseload.open_case, "copied posts", Severity.S2, about=about, track=track, alert_ids=[alert])
    with work.book.look(LENA, "case", key) as look:
        file = casefile.read(look, key)
    if opened is None:
        work.book.close()
    file = replace(file, case=cast("Any", {**file.case, "tlp": tlp}))
    kept = (snapshot(),) if snapshots is None else snapshots
    return Material(file, {sha256(canonical(s)): s for s in kept}, dict(answers or {}), casework.START, actor)


def made(export: Export, told: Material) -> bytes:
    """What an export gives for answers that are checked first, as it is asked for."""
    return content_of(export, replace(told, answers=answered(export, told.answers)))


def holding(told: Material, *snapshots: dict[str, Any]) -> Material:
    """The same case with other snapshots."""
    return replace(told, snapshots={sha256(canonical(s)): s for s in snapshots})


def hostile(text: str) -> dict[str, Any]:
    """A snapshot in which strangers wrote this wherever they can."""
    told = snapshot()
    finding = told["finding"]
    finding |= {"summary": text, "tickers": [text], "links": [text, f"https://evil.example/{text}"], "limits": [text]}
    finding["would_clear"] = [{"text": text, "state": "present", "detail": text}]
    for piece in finding["evidence"]:
        piece |= {"measure": f"template {text}", "unit": text}
    for node in told["nodes"]:
        node["label"] = text
    for post in told["posts"]:
        post["text"] = text
    told["nodes"].append({"id": f"link/{text}", "kind": "link", "label": text})
    told["edges"].append({"source": f"link/{text}", "target": "ticker/XYZ", "kind": "ON", "at": None})
    return told


def paid() -> Finding:
    """A finding whose evidence has wallets and transactions."""
    money = Evidence(
        "transfers from one wallet", 2.0, 0.1, None, "transfers", (NodeRef(NodeType.WALLET, WALLET),), (f"{TX}:0",)
    )
    finding = flagged.shilling()
    return replace(finding, evidence=(*finding.evidence, money), id="")


def _alerted(change: Any) -> str:
    from cases import alerts

    return alerts.take(change, casework.alert())
