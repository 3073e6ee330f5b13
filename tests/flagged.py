"""A small store with three findings, made by hand: what the dashboard's tests look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from graph.findings import (
    Checked,
    Evidence,
    Explanation,
    Finding,
    Layer,
    Member,
    Priority,
    Role,
    Run,
    Status,
    Window,
)
from graph.model import NodeRef, NodeType
from graph.schema import TABLES
from graph.store import Store

START = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
ROLES = (Role.CORE,) * 3 + (Role.AMPLIFIER,) * 3 + (Role.FRINGE, Role.COMPROMISED)
ACCOUNTS = tuple(f"x:{100 + i}" for i in range(len(ROLES)))
ROUNDS = 6
LINK = "https://moon.example/presale"
HOSTILE = (
    '<img src="http://evil.example/x.png" onerror="fetch(\'http://evil.example/y\')">',
    "<script>fetch('http://evil.example/s')</script>",
    "![pixel](http://evil.example/p.png) [win](javascript:alert(1)) **bold** :material/skull:",
    "send to \u202egnp.exe\u202c now\u200b\u200b\u200b <a href='http://evil.example/a'>here</a>",
)


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Rows as a batch of the table; absent columns are null, absent lists empty."""
    columns = TABLES[name].columns
    full = [{c.name: row.get(c.name, [] if pa.types.is_list(c.type) else None) for c in columns} for row in rows]
    return pa.RecordBatch.from_pylist(full, schema=TABLES[name].schema)


def post_key(round_: int, account: int) -> str:
    """Key of the post that an account made in a round."""
    return f"x:p{round_}-{account}"


def posts(texts: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Each round, all accounts post within seconds; ``texts`` replace the first ones."""
    rows = []
    for r in range(ROUNDS):
        for i, account in enumerate(ACCOUNTS):
            n = r * len(ACCOUNTS) + i
            rows.append(
                {
                    "post": post_key(r, i),
                    "account": account,
                    "created_at": START + timedelta(hours=5 * r, seconds=4 * i),
                    "kind": "post",
                    "text": texts[n] if n < len(texts) else f"$XYZ is about to fly, {3 + r} days left! {LINK}",
                    "tickers": ["XYZ"],
                    "links": [LINK] if i < 5 else [],
                }
            )
    return rows


def _all_posts() -> tuple[NodeRef, ...]:
    return tuple(NodeRef(NodeType.POST, post_key(r, i)) for r in range(ROUNDS) for i in range(len(ACCOUNTS)))


def shilling(data_cut: int = 1, **changes: Any) -> Finding:
    """Eight accounts that post one ticker together."""
    together = Evidence(
        "posting $XYZ within 60 s of each other", 42.0, 1.37, 3.2e-9, "occasions",
        (NodeRef(NodeType.TICKER, "XYZ"), *_all_posts()),
    )  # fmt: skip
    link = Evidence(
        "sharing one link within 60 s", 30.0, 0.2, None, "posts",
        (NodeRef(NodeType.LINK, LINK), *(p for p in _all_posts() if p.key[-1] in "01234")),
    )  # fmt: skip
    members = tuple(
        Member(a, round(0.97 - 0.09 * i, 2), role, () if role is Role.COMPROMISED else (together.ref,))
        for i, (a, role) in enumerate(zip(ACCOUNTS, ROLES, strict=True))
    )
    values: dict[str, Any] = {
        "kind": "shilling_cluster",
        "detector": "shilling",
        "version": "1",
        "params": {"window_s": 60, "min_weight": 5},
        "data_cut": data_cut,
        "members": members,
        "window": Window(START, START + timedelta(hours=25, seconds=28)),
        "score": 0.93,
        "priority": Priority.HIGH,
        "summary": "8 accounts posted $XYZ within 60 s of each other 42 times in 26 hours (expected 1.37); "
        "30 of their 48 posts carry the same link.",
        "evidence": (together, link),
        "rests_on": (together.ref,),
        "would_clear": (
            Explanation("a campaign that explains the posts", Checked.EXCLUDED, "no campaign is loaded for $XYZ"),
            Explanation("a common news trigger", Checked.PRESENT, "for 4 of 42 occasions; 38 remain"),
            Explanation("one operator with several accounts, openly so", Checked.NOT_CHECKABLE),
        ),
        "tickers": ("XYZ",),
        "links": (LINK,),
        "layers": (Layer("co_ticker", 42.0, 3.2e-9), Layer("co_link", 30.0)),
        "limits": ("tickers of more than 10,000 posts were not swept",),
        "run_id": "run-1",
    }
    return Finding(**{**values, **changes})


def sybil(data_cut: int = 1) -> Finding:
    """Accounts that share a device; its evidence has no posts."""
    device = Evidence(
        "using one device that no other account used", 3.0, 0.02, 0.0004, "accounts",
        (NodeRef(NodeType.IDENTIFIER, "device:d7"), *(NodeRef(NodeType.ACCOUNT, a) for a in ACCOUNTS[:3])),
    )  # fmt: skip
    return Finding(
        kind="sybil_ring",
        detector="sybil",
        version="1",
        params={},
        data_cut=data_cut,
        members=tuple(Member(a, 0.6, Role.CORE, (device.ref,)) for a in ACCOUNTS[:3]),
        window=Window(START, START),
        score=0.61,
        priority=Priority.MEDIUM,
        summary="3 accounts used one device that no other account used (expected such groups: 0.02).",
        evidence=(device,),
    )


def shadow(data_cut: int = 1) -> Finding:
    """A finding on trial."""
    return shilling(
        data_cut, version="2-trial", status=Status.SHADOW, priority=Priority.LOW, score=0.2, tickers=("ABC",)
    )


def run(detector: str = "shilling", **changes: Any) -> Run:
    """A run of a detector."""
    values: dict[str, Any] = {
        "id": f"run-{detector}",
        "detector": detector,
        "version": "1",
        "params": {},
        "data_cut": 1,
        "started_at": START + timedelta(days=2),
        "seconds": 0.5,
        "findings": 0,
        "summary": "48 posts swept, nothing flagged",
    }
    return Run(**{**values, **changes})


def load(store: Store, texts: Sequence[str] = ()) -> None:
    """Accounts, posts, identifiers and labels, in one commit."""
    accounts = [
        {"account": a, "handle": f"moon_{i}", "created_at": START - timedelta(days=90 + i), "verified": i == 7}
        for i, a in enumerate(ACCOUNTS)
    ]
    with store.writer() as writer:
        writer.write("accounts", table("accounts", accounts))
        writer.write("posts", table("posts", posts(texts)))
        writer.write(
            "identifiers", table("identifiers", [{"account": a, "kind": "device", "value": "d7"} for a in ACCOUNTS[:3]])
        )
        writer.write(
            "labels",
            table("labels", [{"account": ACCOUNTS[7], "label": "verified", "source": "platform", "at": START}]),
        )


def flag(store: Store, findings: Sequence[Finding] | None = None) -> None:
    """Findings of one run."""
    found = [shilling(), sybil(), shadow()] if findings is None else findings
    with store.writer() as writer:
        writer.add_run(run(findings=len(found), summary=f"{len(found)} flagged"), found)
