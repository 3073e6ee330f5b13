"""What a search found, as tables and plain values: edges with their chance, accounts with their rings, and each ring.

The words are those of findings; nothing here needs a store.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from detectors.coaction.actions import ACTIONS
from detectors.coaction.engine import Found, FoundRing, together
from detectors.coaction.hubpairs import OnHubs
from detectors.coaction.hubs import Hub
from detectors.coaction.sweep import Ints

OBJECTS = 8  # objects of a ring that are named
LEADS = 0.01  # chance of leading so often from which a member is said to begin


def edges(found: Found) -> pa.Table:
    """The edges: who, on how many occasions against how many expected, and how sure.

    Returns
    -------
    pyarrow.Table
        source, target; occasions and expected (meetings that chance brings), p_value, q_value (false-discovery rate
        among the edges at least as rare); surprise (nats); hub_occasions and hub_expected, where objects were too busy
        to be enumerated: how often the pair met on those, and how often chance would bring that; one column a layer,
        the rarity (−ln p) in that layer alone; ring: the number of the first ring that holds both, null for none.
        Sorted by source and target.
    """
    pairs = found.edges
    columns: dict[str, Any] = {
        "source": found.surprisal.names.take(pa.array(pairs.source)),
        "target": found.surprisal.names.take(pa.array(pairs.target)),
        "occasions": pa.array(pairs.occasions, pa.int64()),
        "expected": found.surprisal.expected(pairs),
        "p_value": pairs.p,
        "q_value": found.q,
        "surprise": pairs.surprise,
    }
    on_hubs = OnHubs(found.surprisal)
    if on_hubs.hubs():
        columns["hub_occasions"], columns["hub_expected"] = on_hubs.met(pairs)
    for number, layer in enumerate(found.surprisal.layers):
        columns[layer.action] = found.layers[:, number]
    rings: list[int | None] = [None] * len(pairs)
    for number, ring in reversed(list(enumerate(found.rings))):
        for place in np.flatnonzero(np.isin(pairs.source, ring.codes) & np.isin(pairs.target, ring.codes)):
            rings[place] = number
    return pa.table({**columns, "ring": pa.array(rings, pa.int64())})


def accounts(found: Found) -> pa.Table:
    """The accounts of rings, each once for each ring that it is in.

    Returns
    -------
    pyarrow.Table
        id, ring (number), role (core · fringe), taken_in (the chance of being a bystander, of accounts that the ring
        took in because they were in its bursts; null for others), lead (in [−1, 1], 1: always first; null: never with
        another).
    """
    rows = []
    for number, ring in enumerate(found.rings):
        lead = {one.account: one.lead for one in ring.leads}
        core = set(ring.core.tolist())
        for code, name in zip(ring.codes.tolist(), found.names(ring.codes), strict=True):
            role = "core" if code in core else "fringe"
            rows.append((name, number, role, ring.bystander.get(code), lead.get(code)))
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("ring", pa.int64()),
            ("role", pa.string()),
            ("taken_in", pa.float64()),
            ("lead", pa.float64()),
        ]
    )
    columns = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)]
    return pa.table(columns, schema=schema)


def nodes(found: Found) -> pa.Table:
    """The accounts of rings, each once, with the strongest ring that it is in: what a graph file says of its nodes."""
    table = accounts(found)
    _, first = np.unique(table["id"].to_numpy(zero_copy_only=False).astype(str), return_index=True)
    return table.take(pa.array(np.sort(first)))


def rings(found: Found) -> list[dict[str, Any]]:
    """Each ring as plain values, the strongest first: members, chance, what it did and rests on, and one sentence."""
    skipped = [_skipped(found, hub) for hub in OnHubs(found.surprisal).hubs()]
    return [{**_ring(found, number, ring), "limits": skipped} for number, ring in enumerate(found.rings)]


def _skipped(found: Found, hub: Hub) -> str:
    layer = found.surprisal.layers[hub.code // len(found.surprisal.events.things)].action
    shown = ACTIONS[layer].shown(hub.key) if layer in ACTIONS else hub.key
    return f"{layer}: {hub.sentence(shown)}"


def _ring(found: Found, number: int, ring: FoundRing) -> dict[str, Any]:
    rests, enough = rests_on(found, ring)
    starts = [lead for lead in ring.leads if lead.p_value is not None and lead.p_value <= LEADS]
    return {
        "ring": number,
        "summary": sentence(found, ring),
        "accounts": found.names(ring.codes),
        "core": found.names(ring.core),
        "fringe": found.names(ring.fringe),
        "p_value": float(ring.p_value),
        "strength": round(float(ring.strength), 3),
        "density": round(float(ring.density), 6),
        "objects": [_object(found, code, count) for code, count in _objects(found, ring)[:OBJECTS]],
        "rests_on": [_object(found, code, count) for code, count in rests],
        "rests_on_is_enough": enough,
        "starts": [
            {
                "account": found.names(np.array([lead.account], np.int32))[0],
                "first": lead.first,
                "occasions": lead.occasions,
                "p_value": lead.p_value,
            }
            for lead in starts
        ],
    }


def _object(found: Found, code: int, count: int) -> dict[str, Any]:
    events = found.surprisal.events
    layer = code // max(len(events.things), 1)
    return {"action": found.surprisal.layers[layer].action, "object": events.name(code), "events": count}


def _objects(found: Found, ring: FoundRing) -> list[tuple[int, int]]:
    """Objects on which members were together, and their events there, most first."""
    places, _ = together(found.surprisal, ring.codes)
    codes, counts = np.unique(found.surprisal.events.thing[places], return_counts=True)
    return sorted(zip(codes.tolist(), counts.tolist(), strict=True), key=lambda x: (-x[1], x[0]))


def rests_on(found: Found, ring: FoundRing) -> tuple[list[tuple[int, int]], bool]:
    """The smallest set of objects found without which these accounts would be no ring, and whether there is one.

    Objects are left out, most events first, until nothing fires; then each is put back that was not needed.
    """
    objects = _objects(found, ring)
    out: list[tuple[int, int]] = []
    for one in objects:
        out.append(one)
        if not found.fires(ring.codes, [code for code, _ in out]):
            break
    else:
        return out, False
    for one in list(out):
        without = [other for other in out if other is not one]
        if without and not found.fires(ring.codes, [code for code, _ in without]):
            out = without
    return out, True


def sentence(found: Found, ring: FoundRing) -> str:
    """One sentence with numbers that a person can check."""
    events = found.surprisal.events
    places, bursts = together(found.surprisal, ring.codes)
    parts = []
    for number, layer in enumerate(found.surprisal.layers):
        count = len(np.unique(bursts[events.layer[places] == number]))
        if count:
            action = ACTIONS.get(layer.action)
            doing = action.doing_same if action else f"sharing the same {layer.action}"
            parts.append(f"{doing} within {layer.window_s:g} s of each other {count} time{'' if count == 1 else 's'}")
    span = _span(events.at[places])
    text = (
        f"{len(ring.codes)} accounts were {', '.join(parts)} {span}; by chance any ring as strong is found in at most "
    )
    text += f"{ring.p_value:.2g} of searches"
    first = [lead for lead in ring.leads if lead.p_value is not None and lead.p_value <= LEADS]
    if first:
        who = found.names(np.array([first[0].account], np.int32))[0]
        text += f"; {who} was first on {first[0].first} of {first[0].occasions} occasions"
    return text + "."


def _span(times: Sequence[int] | Ints | np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    first, last = (datetime.fromtimestamp(int(t) / 1e6, UTC) for t in (min(times), max(times)))
    if first.date() == last.date():
        return f"on {first:%Y-%m-%d} (UTC)"
    return f"from {first:%Y-%m-%d} to {last:%Y-%m-%d} (UTC)"
