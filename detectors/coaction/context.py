"""What the store knows that may explain a pattern: campaigns, labels, states, events, disclosures, profiles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.allowlist import OBJECTS, Allowed
from graph.model import Account, NodeType, Post
from graph.projection import events, fold_text
from graph.schema import TIME
from graph.store import View

NOT_MEMBERS = ("official", "service")
DISCLOSURE = re.compile(
    r"#(ad|ads|advert|advertisement|sponsored|sponsor|paid|promo|promotion|partnership|anzeige|werbung|publicidad|pub"
    r"|publi|reklam|reklama|реклама|広告|pr)\b|\bpaid partnership\b|\bsponsored (by|post|content)\b",
    re.IGNORECASE,
)
OF_ONE_HAND = ("device", "wallet", "email", "phone", "email_hash", "phone_hash")  # networks and referral codes are not
CAMPAIGN_TRACES = (("ticker", "tickers"), ("link", "links"), ("hashtag", "hashtags"))


def discloses(text: str | None) -> bool:
    """Whether a text says, in a way that is recognised, that it is paid for."""
    return bool(text and DISCLOSURE.search(text))


def alike(a: Post, b: Post) -> float:
    """Jaccard similarity of two posts' words, mentions and links left out; 0 where one has no words.

    Links have a layer of their own, and shorteners give each copy of a text another one.
    """
    one, other = ({w for w in fold_text(p.text or "").split() if "://" not in w} for p in (a, b))
    return len(one & other) / len(one | other) if one and other else 0.0


class Move(NamedTuple):
    """A dated transfer."""

    source: str  # account or wallet
    target: str
    at: int  # µs
    asset: str  # upper case


@dataclass(frozen=True)
class Context:
    """The small tables of a view, read once a run."""

    view: View
    start: datetime | None = None
    end: datetime | None = None
    allow: tuple[Allowed, ...] = ()
    _accounts: dict[str, Account | None] = field(default_factory=dict, repr=False, compare=False)

    def account(self, key: str) -> Account | None:
        """An account as last observed; looked up once a run."""
        if key not in self._accounts:
            self._accounts[key] = self.view.account(key)
        return self._accounts[key]

    @cached_property
    def _moves(self) -> dict[str, list[Move]]:
        found: dict[str, list[Move]] = {}
        for row in self._rows("transfers"):
            if row["asset"] and row["at"] is not None and (self.end is None or row["at"] < self.end):
                move = Move(row["source"], row["target"], round(row["at"].timestamp() * 1e6), row["asset"].upper())
                found.setdefault(move.asset, []).append(move)
        return found

    def transfers_of(self, assets: Collection[str]) -> list[Move]:
        """Dated transfers of some assets, by their symbols."""
        return [move for asset in sorted(assets) for move in self._moves.get(asset, ())]

    @cached_property
    def wallets(self) -> dict[str, list[str]]:
        """Wallets that accounts are said to use, as ``chain:address``."""
        found: dict[str, list[str]] = {}
        for row in self._rows("identifiers"):
            if row["kind"] == "wallet":
                found.setdefault(row["account"], []).append(row["value"])
        return found

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self.view.scan(table) for row in batch.to_pylist()]

    @cached_property
    def campaigns(self) -> list[dict[str, Any]]:
        """Declared campaigns, by id."""
        return sorted(self._rows("campaigns"), key=lambda r: r["campaign_id"])

    @cached_property
    def hijacked(self) -> dict[str, datetime]:
        """Accounts said to have been hijacked, and since when."""
        rows = [r for r in self._rows("account_states") if r["state"] == "hijacked"]
        return {r["account"]: r["at"] for r in sorted(rows, key=lambda r: r["at"], reverse=True)}

    @cached_property
    def labelled(self) -> bool:
        """Whether any labels are loaded."""
        return self.view.count("labels") > 0

    @cached_property
    def not_members(self) -> dict[str, str]:
        """Accounts labelled official or service, and the label with its source and date."""
        found = {}
        for row in sorted(self._rows("labels"), key=lambda r: (r["account"], r["label"], str(r["at"]))):
            over = row["until"] is not None and self.start is not None and row["until"] < self.start
            ahead = row["at"] is not None and self.end is not None and row["at"] >= self.end
            if row["label"] in NOT_MEMBERS and not over and not ahead:
                when = f" on {row['at']:%Y-%m-%d}" if row["at"] else ""
                found[row["account"]] = f"labelled {row['label']} by {row['source'] or 'an unnamed source'}{when}"
        return found

    @cached_property
    def triggers(self) -> dict[str, list[datetime]] | None:
        """Times of news, listings and the like, by ticker; None where no events are loaded. A pump explains nothing."""
        rows = self._rows("events")
        if not rows:
            return None
        found: dict[str, list[datetime]] = {}
        for row in rows:
            if row["kind"] != "pump":
                found.setdefault(row["ticker"], []).append(row["at"])
        return found

    @cached_property
    def explained(self) -> dict[str, str]:
        """Messages that a declared campaign explains, and its id.

        They count only for their excess: copied texts have a layer of their own that still counts; a paid post that
        must say so and does not, and one whose author shares a device, wallet, address or number with another of the
        campaign's authors, are not explained at all.
        """
        return {key: campaign for key, campaign in self._claimed.items() if key not in self.excess}

    @cached_property
    def excess(self) -> dict[str, str]:
        """Messages within a declared campaign that it does not explain, and why."""
        found = dict.fromkeys(self._sharing(), "their authors share an identifier")
        must_say = {c["campaign_id"] for c in self.campaigns if c["disclosure_required"]}
        keys = sorted(key for key, campaigns in self._every.items() if campaigns & must_say)
        return found | {p.post: "not disclosed" for p in self.view.posts(keys) if not discloses(p.text)}

    @cached_property
    def allowed(self) -> dict[str, str]:
        """Messages that an allow-list entry for an account or an object explains, and the entry."""
        found: dict[str, str] = {}
        for entry in self.allow:
            keys = self._by(entry.accounts) if entry.kind == "account" else self._about(entry)
            found |= dict.fromkeys(sorted(keys - set(found)), entry.shown)
        return found

    @cached_property
    def free(self) -> list[str]:
        """Accounts that may do what they like."""
        return sorted({a for entry in self.allow if entry.kind == "account" for a in entry.accounts})

    @cached_property
    def groups(self) -> list[tuple[str, ...]]:
        """Groups of accounts that may act with each other."""
        return [entry.accounts for entry in self.allow if entry.kind == "group"]

    @cached_property
    def free_objects(self) -> dict[NodeType, list[str]]:
        """Objects with which anybody may do what they like, by node type."""
        found: dict[NodeType, list[str]] = {}
        for entry in self.allow:
            if entry.kind in OBJECTS:
                found.setdefault(NodeType(entry.kind), []).extend(entry.values)
        return found

    @cached_property
    def _every(self) -> dict[str, set[str]]:
        """Messages within declared campaigns, and the ids of those campaigns."""
        found: dict[str, set[str]] = {}
        for campaign in self.campaigns:
            for trace, column in CAMPAIGN_TRACES:
                if campaign[column]:
                    for key in self._within(trace, campaign, campaign[column]):
                        found.setdefault(key, set()).add(campaign["campaign_id"])
        return found

    @cached_property
    def _claimed(self) -> dict[str, str]:
        return {key: min(campaigns) for key, campaigns in self._every.items()}

    def _sharing(self) -> Iterator[str]:
        """Messages within a campaign whose author shares an identifier with another author within it."""
        if not self._every:
            return
        authors = {p.post: p.account for p in self.view.posts(sorted(self._every)) if p.account}
        users: dict[tuple[str, str], set[str]] = {}
        for row in self._rows("identifiers"):
            if row["kind"] in OF_ONE_HAND:
                users.setdefault((row["kind"], row["value"]), set()).add(row["account"])
        for name in sorted({c for campaigns in self._every.values() for c in campaigns}):
            within = [key for key, campaigns in self._every.items() if name in campaigns]
            writing = {authors.get(key) for key in within}
            several = {a for group in users.values() for a in group & writing if len(group & writing) > 1}
            yield from (key for key in within if authors.get(key) in several)

    def _about(self, entry: Allowed) -> set[str]:
        """Messages about an entry's object."""
        if entry.kind not in OBJECTS:
            return set()
        table = events(self.view, entry.kind, start=self.start, end=self.end)
        return set(table.filter(named(table, "object", entry.values))["message"].to_pylist())

    def _by(self, accounts: Sequence[str]) -> set[str]:
        """Posts of some accounts."""
        table = events(self.view, "post", start=self.start, end=self.end)
        return set(table.filter(named(table, "actor", accounts))["message"].to_pylist())

    def _within(self, trace: str, campaign: dict[str, Any], things: Sequence[str]) -> Iterator[str]:
        table = events(self.view, trace, start=self.start, end=self.end)
        mask = pc.and_(
            pc.and_(
                pc.greater_equal(table["at"], pa.scalar(campaign["start"], TIME)),
                pc.less_equal(table["at"], pa.scalar(campaign["end"], TIME)),
            ),
            named(table, "object", things),
        )
        if campaign["participants"]:
            mask = pc.and_(mask, named(table, "actor", campaign["participants"]))
        yield from table.filter(mask)["message"].to_pylist()


def named(table: pa.Table, column: str, values: Sequence[str]) -> pa.Array:
    """Which rows of an event table have one of the values; looked up once per distinct value."""
    if not table.num_rows:
        return pa.array([], pa.bool_())
    coded = table[column].combine_chunks()
    hit = pc.is_in(coded.dictionary, pa.array(sorted(values), pa.string())).to_numpy(zero_copy_only=False)
    return pa.array(np.asarray(hit)[coded.indices.to_numpy()])
