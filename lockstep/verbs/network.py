"""``lockstep network``: accounts that did the same thing within a window, as a weighted edge list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detectors.coaction.actions import ACTIONS
from detectors.coaction.network import SUFFIXES, network, write
from graph.errors import ConfigError, unknown
from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption, session
from lockstep.verbs.detect import moment


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("network")(network_)


def network_(
    action: Annotated[str, typer.Option(help=f"What they did: {' · '.join(ACTIONS)}.")],
    out: Annotated[Path, typer.Option(help=f"File to write: {', '.join(SUFFIXES)}.")],
    window: Annotated[float, typer.Option(help="Seconds within which two actions count as together.", min=0)] = 60,
    min_weight: Annotated[int, typer.Option(help="Least number of messages for an edge to be kept.", min=1)] = 2,
    similarity: Annotated[
        float, typer.Option(help="co_similar: least Jaccard similarity of two texts, 0.5 to 1.", min=0.5, max=1)
    ] = 0.8,
    since: Annotated[str | None, typer.Option(help="Only posts from then on: a time, or a span back (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Only posts before then.")] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the co-action network: source, target, weight (the source's messages that met one of the target's)."""
    from datetime import UTC, datetime

    if action not in ACTIONS:
        raise unknown(action, ACTIONS, "--action")
    if out.suffix not in SUFFIXES:
        raise ConfigError(f"cannot write {out.suffix!r}", str(out), f"one of {', '.join(SUFFIXES)}")
    s = session(config, store, data_dir, as_json=as_json)
    now = datetime.now(UTC)
    with s.view() as view:
        edges = network(
            view,
            action,
            window,
            min_weight=min_weight,
            similarity=similarity,
            start=moment(since, "--since", now),
            end=moment(until, "--until", now),
        )
    write(edges, out)
    left_out = edges.schema.metadata[b"left_out"].decode()
    if left_out:
        s.note(f"{action}: {left_out}")
    accounts = len({*edges["source"].to_pylist(), *edges["target"].to_pylist()})
    if s.as_json:
        s.emit({"action": action, "window": window, "edges": edges.num_rows, "accounts": accounts, "out": str(out)})
    else:
        s.note(f"{action} within {window:g} s: {edges.num_rows} edges between {accounts} accounts → {out}")
        if not edges.num_rows:
            s.note("no two accounts did this together; is the column mapped, and the window wide enough?")
