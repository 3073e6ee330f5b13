"""Transfers as arrays, with wallets put down to the accounts that use them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.model import NodeRef, NodeType
from graph.store import View

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNDATED = np.iinfo(np.int64).min
"""Stands for no time: before every other, so that nothing dated is taken for an earlier payment."""
CUSTODY = 10
"""A wallet that more accounts than this say they use is nobody's: an exchange's, or a contract's."""
COLUMNS = ("transfer", "source_type", "source", "target_type", "target", "at", "asset", "amount")


@dataclass(frozen=True, slots=True, eq=False)
class Payments:
    """Transfers between parties, in the order of their keys; what a party pays itself is left out.

    A party is an account with all wallets that it alone uses, or a wallet that nobody or several accounts use.

    Parameters
    ----------
    keys : list of str
        Keys of the transfers.
    source, target : ndarray of int64, shape (n,)
        Parties, as places in ``parties``.
    at : ndarray of int64, shape (n,)
        Microseconds since 1970; :data:`UNDATED` where not known.
    asset : ndarray of int64, shape (n,)
        What moved, as a number.
    amount : ndarray of float64, shape (n,)
        How much; NaN where not known or no number.
    parties : list of NodeRef
        Every party, sorted.
    owners : list of tuple of str
        For each party, the accounts behind it, sorted; empty for a wallet of which no account is known.
    custody : ndarray of bool, shape (n_parties,)
        Wallets that more than :data:`CUSTODY` accounts use, which own nothing and are owned by nobody.
    wallets : mapping of NodeRef to int
        The party that each wallet in the transfers belongs to.
    """

    keys: list[str]
    source: Longs
    target: Longs
    at: Longs
    asset: Longs
    amount: Floats
    parties: list[NodeRef]
    owners: list[tuple[str, ...]]
    custody: Bools
    wallets: dict[NodeRef, int]

    @property
    def owned(self) -> Bools:
        """Whether at least one account is behind the party; shape (n_parties,)."""
        return np.array([bool(o) for o in self.owners], np.bool_)


def payments(view: View, *, start: datetime | None = None, end: datetime | None = None) -> Payments:
    """The view's transfers.

    Parameters
    ----------
    start, end : datetime, optional
        Only transfers with ``start <= at < end``; undated ones are then left out.
    """
    batches = list(view.scan("transfers", columns=COLUMNS, start=start, end=end))
    if not batches:
        nothing = np.zeros(0, np.int64)
        return Payments([], nothing, nothing, nothing, nothing, np.zeros(0), [], [], np.zeros(0, np.bool_), {})
    table = pa.Table.from_batches(batches).sort_by("transfer").combine_chunks()
    ends = [pc.binary_join_element_wise(table[f"{e}_type"], table[e], "/") for e in ("source", "target")]
    nodes = pc.unique(pa.chunked_array([c for end in ends for c in end.chunks])).sort()
    users = wallet_users(view)
    party_of: dict[NodeRef, NodeRef] = {}
    behind: dict[NodeRef, tuple[str, ...]] = {}
    shared: set[NodeRef] = set()
    for node in map(NodeRef.parse, nodes.to_pylist()):
        accounts = _behind(node, users)
        if len(accounts) > CUSTODY:
            shared.add(node)
            accounts = ()
        party = NodeRef(NodeType.ACCOUNT, accounts[0]) if len(accounts) == 1 else node
        party_of[node] = party
        behind[party] = accounts
    parties = sorted(behind)
    place = {party: i for i, party in enumerate(parties)}
    of_node = np.array([place[p] for p in party_of.values()], np.int64)
    source, target = (of_node[pc.index_in(end, nodes).to_numpy()] for end in ends)
    kept = np.flatnonzero(source != target)
    return Payments(
        keys=table["transfer"].take(kept).to_pylist(),
        source=source[kept],
        target=target[kept],
        at=table["at"].cast(pa.int64()).fill_null(UNDATED).to_numpy()[kept],
        asset=_coded(table["asset"])[kept],
        amount=np.array([_number(a) for a in table["amount"].to_pylist()], np.float64)[kept],
        parties=parties,
        owners=[behind[p] for p in parties],
        custody=np.array([p in shared for p in parties], np.bool_),
        wallets={n: place[party_of[n]] for n in party_of if n.type is NodeType.WALLET},
    )


def wallet_users(view: View) -> dict[str, tuple[str, ...]]:
    """Accounts by the wallet that they are known to use, sorted; a wallet is named as in the identifier."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for batch in view.scan("identifiers", columns=["account", "kind", "value"]):
        rows = batch.filter(pc.equal(batch.column("kind"), "wallet"))
        for account, value in zip(rows.column("account").to_pylist(), rows.column("value").to_pylist(), strict=True):
            found[value].add(account)
    return {value: tuple(sorted(accounts)) for value, accounts in found.items()}


def _behind(node: NodeRef, users: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """An identifier may name a wallet with its chain or by the address alone."""
    if node.type is NodeType.ACCOUNT:
        return (node.key,)
    address = node.key.partition(":")[2]
    return tuple(sorted({*users.get(node.key, ()), *users.get(address, ())}))


def _coded(column: pa.ChunkedArray) -> Longs:
    values: Sequence[str | None] = column.to_pylist()
    number = {v: i for i, v in enumerate(sorted({v or "" for v in values}))}
    return np.array([number[v or ""] for v in values], np.int64)


def _number(text: str | None) -> float:
    try:
        value = float(text) if text is not None else np.nan
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")
