"""``lockstep network``: accounts that did the same thing within a window, as a weighted edge list."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detectors.coaction.actions import ACTIONS
from detectors.coaction.network import SUFFIXES, networks, prepare, write
from graph.errors import ConfigError, unknown
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.detect import moment
from lockstep.verbs.ingest import options

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.model import Rejected
    from ingest.formats.base import Options

OBJECT = "co_object"
"""The action whose objects are a column of the file, verbatim."""
COMPAT = ("cnt", "coortweet")


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("network")(network_)


def network_(
    action: Annotated[str, typer.Option(help=f"What they did: {' · '.join(ACTIONS)} · {OBJECT} (with --key).")],
    out: Annotated[Path, typer.Option(help=f"File to write: {', '.join(SUFFIXES)}; {{window}} stands for the window.")],
    window: Annotated[
        list[float] | None,
        typer.Option(help="Seconds within which two actions count as together (60); several give several networks."),
    ] = None,
    min_weight: Annotated[
        int | None, typer.Option(help="Least number of messages for an edge to be kept (2).", min=1)
    ] = None,
    loops: Annotated[bool, typer.Option("--loops", help="Also accounts that met themselves.")] = False,
    similarity: Annotated[
        float, typer.Option(help="co_similar: least Jaccard similarity of two texts, 0.5 to 1.", min=0, max=1)
    ] = 0.8,
    min_participation: Annotated[
        int | None, typer.Option(help="Accounts with fewer actions take no part (1; CooRTweet: 2).", min=0)
    ] = None,
    edge_weight: Annotated[
        float | None, typer.Option(help="Quantile of the weights that an edge must reach.", min=0, max=1)
    ] = None,
    compat: Annotated[
        str | None,
        typer.Option(help="Exactly what another tool gives: cnt (coordination-network-toolkit) · coortweet."),
    ] = None,
    min_tokens: Annotated[float, typer.Option(help="cnt, co_similar: shorter texts are like none.")] = 1,
    fast_window: Annotated[
        float | None, typer.Option(help="coortweet: weights within this narrower window, beside the others.", min=0)
    ] = None,
    subgraph: Annotated[int, typer.Option(help="coortweet: 1 heavy edges, 2 heavy fast ones, 3 fast ones.")] = 0,
    since: Annotated[str | None, typer.Option(help="Only posts from then on: a time, or a span back (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Only posts before then.")] = None,
    input_: Annotated[Path | None, typer.Option("--input", help="Read this file and no store.")] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="Mapping file (TOML): which column is what.")] = None,
    key: Annotated[str | None, typer.Option(help=f"Column whose values are the objects of {OBJECT}.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Format of --input, if not recognised.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Record type of --input, if nothing says it.")] = None,
    platform: Annotated[str | None, typer.Option(help="Platform of ids, where the input does not say.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="File for the rows of --input that cannot be used, JSON Lines.")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the co-action network: source, target, weight (the source's messages that met one of the target's).

    With --input straight from a file, in any format that `lockstep ingest` reads; rows that cannot be used are counted
    by reason and told with their lines.
    """
    if compat is None and action not in {*ACTIONS, OBJECT}:
        raise unknown(action, (*ACTIONS, OBJECT), "--action")
    windows = list(dict.fromkeys(window or [60.0]))
    places = _places(out, windows)
    _agree(action, compat, input_, key, (map_, key, format_, type_, platform, rejects))
    s = session(config, store, data_dir, as_json=as_json)
    now = datetime.now(UTC)
    wanted = Wanted(
        action, key, moment(since, "--since", now), moment(until, "--until", now), rejects is not None, windows
    )
    rules = _Rules(min_weight, loops, similarity, min_tokens, min_participation, edge_weight, fast_window, subgraph)
    source = None if input_ is None else (input_, format_, options(s, type_, map_, platform))
    found, told = _found(s, compat, source, wanted, rules)
    _write(found, windows, places, directed=compat != "coortweet")
    if rejects is not None:
        from ingest.quarantine import export

        export(told.rejected, rejects)
    _tell(s, action, found, windows, places, told)


@dataclass(frozen=True)
class Wanted:
    """What is to be read."""

    action: str
    key: str | None
    start: datetime | None
    end: datetime | None
    keep: bool  # whether the rows that cannot be used are wanted as well
    windows: Sequence[float]


@dataclass(frozen=True)
class _Rules:
    """What makes an edge, here and with other tools."""

    min_weight: int | None
    loops: bool
    similarity: float
    min_tokens: float
    min_participation: int | None
    edge_weight: float | None
    fast_window: float | None
    subgraph: int


@dataclass(frozen=True)
class Told:
    """What became of a file's rows, for people, for machines, and the rows that cannot be used."""

    lines: Sequence[str] = ()
    document: dict[str, Any] | None = None
    rejected: Sequence[Rejected] = ()


def _places(out: Path, windows: Sequence[float]) -> list[Path]:
    """Where each window's network goes: one file each, or all into one."""
    if out.suffix not in SUFFIXES:
        raise ConfigError(f"cannot write {out.suffix!r}", str(out), f"one of {', '.join(SUFFIXES)}")
    places = [out.with_name(out.name.replace("{window}", f"{w:g}")) for w in windows]
    if len(windows) > 1 and len(set(places)) == 1 and out.suffix not in {".csv", ".parquet"}:
        hint = f"say {out.stem}-{{window}}{out.suffix}, or write .csv or .parquet, which have a column for it"
        raise ConfigError("one graph cannot hold the networks of several windows", str(out), hint)
    return places


def _agree(action: str, compat: str | None, input_: Path | None, key: str | None, of_input: Sequence[object]) -> None:
    """Refuse options that do not go together."""
    if compat not in {None, *COMPAT}:
        raise unknown(str(compat), COMPAT, "--compat")
    if input_ is None and (compat is not None or any(o is not None for o in of_input)):
        which = "--compat, --map, --key, --format, --type, --platform and --rejects are about a file"
        raise ConfigError(which, "network", "name it: --input FILE")
    if (action != OBJECT) if key is not None else (action == OBJECT and compat is None):
        raise ConfigError(f"{OBJECT} and --key go together", "network", f"--action {OBJECT} --key COLUMN")


def _found(
    s: Session, compat: str | None, source: tuple[Path, str | None, Options] | None, wanted: Wanted, rules: _Rules
) -> tuple[list[pa.Table], Told]:
    """The networks, one a window, of a file (with its format and how it is read) or of the store; and of which rows."""
    if compat is not None and source is not None:
        return _as_another(compat, *source, wanted, rules)
    events, told = of_store(s, wanted) if source is None else of_file(s, *source, wanted)
    found = networks(
        events,
        wanted.action if wanted.key is None else wanted.key,
        wanted.windows,
        min_weight=rules.min_weight or 2,
        loops=rules.loops,
        similarity=rules.similarity,
        min_participation=rules.min_participation or 1,
        edge_weight=rules.edge_weight,
    )
    return found, told


def of_store(s: Session, wanted: Wanted) -> tuple[pa.Table, Told]:
    """Events of a store."""
    from graph.projection import events

    with s.view() as view:
        return events(view, ACTIONS[wanted.action].trace, start=wanted.start, end=wanted.end), Told()


def of_file(s: Session, path: Path, format_: str | None, how: Options, wanted: Wanted) -> tuple[pa.Table, Told]:
    """Events straight from a file, by columns where its format is a table."""
    from ingest.direct.events import Key, events
    from ingest.direct.sources import recognise

    found = recognise(path, format_, how)
    if found is None:
        return _through_memory(s, path, format_, how, wanted)
    trace = Key(wanted.key) if wanted.key is not None else ACTIONS[wanted.action].trace
    with ThreadPoolExecutor(1) as meanwhile:
        ready = meanwhile.submit(prepare)
        table, report = events(found, trace, start=wanted.start, end=wanted.end, keep_rejects=wanted.keep)
        ready.result()
    return table, Told(list(report.sentences()), report.as_dict(), report.rejected)


def _through_memory(s: Session, path: Path, format_: str | None, how: Options, wanted: Wanted) -> tuple[pa.Table, Told]:
    """Events of a file whose format only the loader reads: loaded into a store that is gone afterwards."""
    from graph.errors import IngestError
    from graph.projection import events
    from graph.store import open_store
    from ingest.load import load

    if wanted.key is not None:
        raise ConfigError("has no columns", str(path), f"{OBJECT} needs a table: CSV, JSON Lines or Parquet")
    with tempfile.TemporaryDirectory() as folder, open_store("memory://", Path(folder)) as store:
        report = load(store, [path], format=format_, options=how, secret=s.settings.pseudonym_key).files[0]
        if report.error:
            raise IngestError(report.error, str(path), "mend the file and run the same command again")
        rejected = store.rejected()
        with store.view() as view:
            table = events(view, ACTIONS[wanted.action].trace, start=wanted.start, end=wanted.end)
    document = {
        "path": str(path),
        "format": report.format,
        "rows": report.rows,
        "unusable": report.rejected,
        "reasons": report.reasons,
        "lines": {},
        "repeated": report.corrections,
    }
    lines = [f"{report.rejected:,} of {report.rows:,} records could not be used:"] if report.rejected else []
    lines += [f"  {n:,} × {reason}" for reason, n in report.reasons.items()]
    return table, Told(lines, document, rejected)


def _as_another(
    compat: str, path: Path, format_: str | None, how: Options, wanted: Wanted, theirs: _Rules
) -> tuple[list[pa.Table], Told]:
    """Networks as another tool gives them, from what the file says, verbatim."""
    from detectors.coaction.compat import cnt, coortweet
    from ingest.direct.sources import recognise
    from ingest.direct.verbatim import messages

    kind = cnt.ALIASES.get(wanted.action, wanted.action)
    if kind not in cnt.PARTS:
        raise unknown(wanted.action, [*cnt.PARTS, *cnt.ALIASES], f"--action with --compat {compat}")
    found = recognise(path, format_, how)
    if found is None:
        raise ConfigError("has no columns", str(path), "--compat needs a table: CSV, JSON Lines or Parquet")
    table, report = messages(found, cnt.PARTS[kind], wanted.key, keep_rejects=wanted.keep)
    table = _within(table, wanted)
    told = Told([*report.sentences(), *_stopped(compat, report.unusable)], report.as_dict(), report.rejected)
    if compat == "cnt":
        near = cnt.Similarity(theirs.similarity, theirs.min_tokens)
        how_many = {"min_weight": theirs.min_weight or 2, "loops": theirs.loops, "similarity": near}
        return [cnt.network(table, kind, w, **how_many) for w in wanted.windows], told  # type: ignore[arg-type]
    if theirs.min_weight is not None:
        raise ConfigError("CooRTweet has no least weight", "--min-weight", "it marks edges above --edge-weight")
    least = 2 if theirs.min_participation is None else theirs.min_participation
    share = 0.5 if theirs.edge_weight is None else theirs.edge_weight
    rule = coortweet.Rule(least, share, not theirs.loops, theirs.fast_window, theirs.subgraph)
    shares = coortweet.shares(table, kind)
    return [coortweet.network(shares, w, rule) for w in wanted.windows], told


def _within(table: pa.Table, wanted: Wanted) -> pa.Table:
    """Messages from a time on, and before another."""
    import pyarrow.compute as pc

    for bound, compare in ((wanted.start, pc.greater_equal), (wanted.end, pc.less)):
        if bound is not None:
            table = table.filter(compare(table["at"], bound.timestamp()))
    return table


def _stopped(compat: str, unusable: int) -> list[str]:
    if compat != "cnt" or not unusable:
        return []
    return ["coordination-network-toolkit's own import stops at such a row; this is its network of the others"]


def _write(found: Sequence[pa.Table], windows: Sequence[float], places: Sequence[Path], *, directed: bool) -> None:
    import pyarrow as pa

    if len(set(places)) == len(places):
        for edges, place in zip(found, places, strict=True):
            write(edges, place, directed=directed)
        return
    parts = [
        edges.append_column("window", pa.repeat(float(window), edges.num_rows))
        for edges, window in zip(found, windows, strict=True)
    ]
    write(pa.concat_tables(parts), places[0], directed=directed)


def _tell(
    s: Session, action: str, found: Sequence[pa.Table], windows: Sequence[float], places: Sequence[Path], told: Told
) -> None:
    """Say what was written, what was left out, and which rows could not be used."""
    for line in told.lines:
        s.note(line)
    answers: list[dict[str, Any]] = []
    for edges, window, place in zip(found, windows, places, strict=True):
        if left_out := (edges.schema.metadata or {}).get(b"left_out", b"").decode():
            s.note(f"{action}: {left_out}")
        answer = {"window": window, "edges": edges.num_rows, "accounts": _accounts(edges), "out": str(place)}
        answers.append(answer)
        if not s.as_json:
            s.note(
                f"{action} within {window:g} s: {edges.num_rows} edges between {answer['accounts']} accounts → {place}"
            )
    if s.as_json:
        document = {"action": action, **(answers[0] if len(answers) == 1 else {}), "networks": answers}
        s.emit(document | ({} if told.document is None else {"input": told.document}))
    elif not any(edges.num_rows for edges in found):
        s.note("no two accounts did this together; is the column mapped, and the window wide enough?")


def _accounts(edges: pa.Table) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    return len(pc.unique(pa.chunked_array([*edges["source"].chunks, *edges["target"].chunks], pa.string())))
