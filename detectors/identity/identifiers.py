"""Identifiers that accounts share: devices, addresses, numbers, codes, wallets.

What a shared identifier says follows from the data: how many use it, how busy its users are, and, for networks,
whether they used it at the same time (:mod:`detectors.identity.ties`). There is no list of carriers: an address of
40,000 users has no surprise left, and guests of a café who come on days of their own never meet on its address.

Devices, wallets, mail addresses and numbers are of *one hand*: more users of one than the tail of all the others of its
kind explains are a group on their own (:func:`crowds`). With n_k identifiers of k users or more, the tail is the
slowest fall n_{k+1} / n_k seen among the small k at which there is anything to count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.identity.people import Longs, People, before
from detectors.identity.ties import LARGEST, Group, Shared
from graph.model import NodeRef, NodeType
from graph.store import View

HAND = frozenset(("device", "wallet", "email", "phone", "email_hash", "phone_hash", "payment", "card"))
NETWORKS = frozenset(("ip", "ip_prefix", "network", "asn"))
COLUMNS = ("account", "kind", "value", "first_seen", "last_seen")
ALWAYS = np.iinfo(np.int64).max // 2
COUNTED = 5  # identifiers from which a fall of the tail can be told


def identifiers(view: View, known: People, end: datetime | None = None) -> list[Shared]:
    """One layer a kind of identifier.

    Parameters
    ----------
    end : datetime, optional
        Only uses known before.
    """
    batches = list(before(view, "identifiers", COLUMNS, end))
    if not batches:
        return []
    table = pa.Table.from_batches(batches)
    kinds = sorted(pc.unique(table["kind"]).to_pylist())
    return [_layer(kind, table.filter(pc.equal(table["kind"], kind)), known) for kind in kinds]


def _layer(kind: str, table: pa.Table, known: People) -> Shared:
    values = table["value"].combine_chunks().dictionary_encode()
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    names = np.array(values.dictionary.to_pylist(), object)
    code = values.indices.to_numpy(zero_copy_only=False)
    user = known.codes(table["account"])
    begin = _times(table["first_seen"], -ALWAYS)
    until = _times(table["last_seen"], ALWAYS)
    degree = np.bincount(code, minlength=len(names))
    place = np.full(len(names), -1, np.int64)
    several = sorted(np.flatnonzero(degree >= 2).tolist(), key=lambda c: str(names[c]))
    alone = sorted(np.flatnonzero(degree == 1).tolist(), key=lambda c: str(names[c]))
    place[several] = np.arange(len(several))
    place[alone] = len(several) + np.arange(len(alone))
    group = place[code]
    kept = np.flatnonzero(user >= 0)
    kept = kept[np.lexsort((user[kept], group[kept]))]
    groups = [_group(kind, str(names[c])) for c in several]
    largest = int(degree.max(initial=0))
    limits = (f"{kind}: one with {largest:,} users says nothing by itself",) if largest > LARGEST else ()
    apart = (begin[kept], until[kept]) if kind in NETWORKS else None
    return Shared(kind, user[kept], group[kept], groups, apart, limits)


def _group(kind: str, value: str) -> Group:
    node = NodeRef(NodeType.IDENTIFIER, f"{kind}:{value}")
    return Group(kind, f"one {_called(kind)}", (node,), hand=kind in HAND)


def _called(kind: str) -> str:
    return {"ip": "address", "ip_prefix": "address range", "email_hash": "mail address", "phone_hash": "number"}.get(
        kind, f"{kind} code" if kind == "referral" else kind
    )


def _times(column: pa.ChunkedArray, missing: int) -> Longs:
    found: Longs = column.cast(pa.int64()).fill_null(missing).to_numpy()
    return found


@dataclass(frozen=True, slots=True)
class Crowd:
    """An identifier of one hand that more accounts use than others of its kind explain.

    Parameters
    ----------
    layer : Shared
        Its layer.
    group : int
        Its place in ``layer.groups``.
    expected : float
        How many of its kind with as many users the tail of the others brings.
    """

    layer: Shared
    group: int
    expected: float


def crowds(layer: Shared, level: float) -> list[Crowd]:
    """Identifiers of one hand with more users than chance explains, of which at most ``level`` are expected."""
    total = len(np.unique(layer.group))
    degree = layer.degree
    found = []
    for g in np.flatnonzero((degree >= 3) & (degree <= LARGEST)):
        if layer.groups[g].hand:
            others = np.delete(degree, g)
            expected = _tail(int(degree[g]), others, total)
            if expected <= level:
                found.append(Crowd(layer, int(g), expected))
    return found


def _tail(users: int, degrees: Longs, total: int) -> float:
    """Identifiers with at least so many users, by the slowest fall among those that can be counted."""
    counts = [total] + [int((degrees >= k).sum()) for k in range(2, users + 1)]
    fall, at = (counts[1] + 1) / (counts[0] + 1) if len(counts) > 1 else 1.0, 1
    for k in range(1, len(counts) - 1):
        if counts[k] < COUNTED:
            break
        fall, at = max(fall, (counts[k + 1] + 1) / (counts[k] + 1)), k + 1
    return float(max(counts[at - 1], 1) * min(fall, 1.0) ** (users - at))
