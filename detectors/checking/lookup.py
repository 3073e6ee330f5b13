"""Which accounts, links, posts and wallets of the graph the entries of a list name; whole tables are read once."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from detectors.checking.entries import Entry, Reading, wallet
from graph.explore import identifier_key
from graph.model import NodeRef, NodeType, unscoped
from graph.store import View

PAYEES = 25
"""Accounts that a wallet sent to or had from, named at most."""


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """An account that an entry names, and by what."""

    account: str
    by: str  # "handle" · "id" · "author of the post" · "uses the wallet" · …
    handle: str | None = None


@dataclass
class Match:
    """What of the graph an entry names."""

    accounts: list[Named] = field(default_factory=list)
    things: list[NodeRef] = field(default_factory=list)

    def add(self, found: Named) -> None:
        """Name an account, once; the first reason is the strongest."""
        if all(known.account != found.account for known in self.accounts):
            self.accounts.append(found)

    def about(self, node: NodeRef) -> None:
        """Name a link, post or wallet, once."""
        if node not in self.things:
            self.things.append(node)


def lookup(view: View, entries: Sequence[Entry]) -> list[Match]:
    """What each entry names; nothing where the graph knows none of its readings."""
    found = [Match() for _ in entries]
    _handles(view, entries, found)
    for entry, match in zip(entries, found, strict=True):
        _ids(view, entry, match)
        _posts(view, entry, match)
        for link in entry.of(Reading.LINK):
            if view.has(node := NodeRef(NodeType.LINK, link)):
                match.about(node)
    if any(entry.of(Reading.WALLET) for entry in entries):
        _wallets(view, entries, found)
    return found


def _handles(view: View, entries: Sequence[Entry], found: Sequence[Match]) -> None:
    """Accounts of these handles, those that had one of them earlier among them."""
    asked: dict[str, list[Match]] = {}
    for entry, match in zip(entries, found, strict=True):
        for handle in entry.of(Reading.HANDLE):
            asked.setdefault(handle, []).append(match)
    if not asked:
        return
    values = pa.array(sorted(asked), pa.string())
    hits: set[tuple[str, str]] = set()
    for batch in view.scan("accounts", columns=["account", "handle"]):
        folded = pc.utf8_lower(batch.column("handle"))
        mine = pc.is_in(folded, value_set=values)
        if pc.any(mine).as_py():
            keys = batch.column("account").filter(mine).to_pylist()
            hits.update(zip(keys, folded.filter(mine).to_pylist(), strict=True))
    for key, handle in sorted(hits):
        now = view.account(key)
        same = now is not None and (now.handle or "").lower() == handle
        by = "handle" if same or now is None else f"an earlier handle; now {now.handle or 'without one'}"
        for match in asked[handle]:
            match.add(Named(key, by, now.handle if now else handle))


def _ids(view: View, entry: Entry, match: Match) -> None:
    for key in entry.of(Reading.KEY):
        if view.has(NodeRef(NodeType.ACCOUNT, key)):
            match.add(_named(view, key, "id"))
        elif view.has(node := NodeRef(NodeType.POST, key)):
            _post(view, node, match)
    for identity in entry.of(Reading.ID):
        for key in _exactly(view, identity, NodeType.ACCOUNT):
            match.add(_named(view, key, "id"))


def _posts(view: View, entry: Entry, match: Match) -> None:
    for identity in entry.of(Reading.POST):
        for key in _exactly(view, identity, NodeType.POST):
            _post(view, NodeRef(NodeType.POST, key), match)


def _post(view: View, node: NodeRef, match: Match) -> None:
    match.about(node)
    for post in view.posts([node.key]):
        if post.account:
            match.add(_named(view, post.account, "author of the post"))


def _exactly(view: View, identity: str, kind: NodeType) -> list[str]:
    """Keys whose id is exactly this one, on any platform."""
    hits = view.search(identity, types=[kind], limit=50)
    return sorted({h.node.key for h in hits if h.node.type is kind and unscoped(h.node.key)[1] == identity})


def _named(view: View, key: str, by: str) -> Named:
    known = view.account(key)
    return Named(key, by, known.handle if known else None)


def _wallets(view: View, entries: Sequence[Entry], found: Sequence[Match]) -> None:
    """Accounts that use a wallet, those that moved assets with it, and those whose wallets did."""
    asked: dict[str, list[Match]] = {}
    for entry, match in zip(entries, found, strict=True):
        for address in entry.of(Reading.WALLET):
            asked.setdefault(address, []).append(match)
    users = _users(view)
    moves = _moves(view, asked)
    for address, matches in asked.items():
        nodes = sorted({node for node, _ in (*users.get(address, ()), *moves.get(address, ()))})
        far = sorted({other for _, other in moves.get(address, ())})
        groups = {
            "uses the wallet": {account for _, account in users.get(address, ())},
            "moved assets with the wallet": {n.key for n in far if n.type is NodeType.ACCOUNT},
            "uses a wallet that moved assets with it": {
                account for n in far if n.type is NodeType.WALLET for _, account in users.get(wallet(n.key), ())
            },
        }
        named = [_named(view, key, by) for by, keys in groups.items() for key in sorted(keys)[:PAYEES]]
        for match in matches:
            for node in nodes:
                match.about(node)
            for one in named:
                match.add(one)


def _users(view: View) -> dict[str, set[tuple[NodeRef, str]]]:
    """By address, the identifier's node and the account that uses it."""
    found: dict[str, set[tuple[NodeRef, str]]] = {}
    for batch in view.scan("identifiers", columns=["account", "kind", "value"]):
        rows = batch.filter(pc.equal(batch.column("kind"), "wallet"))
        for account, value in zip(rows.column(0).to_pylist(), rows.column(2).to_pylist(), strict=True):
            node = NodeRef(NodeType.IDENTIFIER, identifier_key("wallet", value))
            found.setdefault(wallet(value), set()).add((node, account))
    return found


def _moves(view: View, wanted: Container[str]) -> dict[str, set[tuple[NodeRef, NodeRef]]]:
    """By address, its node and the other end of each of its transfers."""
    found: dict[str, set[tuple[NodeRef, NodeRef]]] = {}
    for batch in view.scan("transfers", columns=["source_type", "source", "target_type", "target"]):
        for kind, key, other_kind, other in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            ends = NodeRef(NodeType(kind), key), NodeRef(NodeType(other_kind), other)
            for mine, far in (ends, ends[::-1]):
                if mine.type is NodeType.WALLET and (address := wallet(mine.key)) in wanted:
                    found.setdefault(address, set()).add((mine, far))
    return found
