"""``lockstep rings``: rings of accounts over several actions, from a store or straight from a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from detectors.coaction.actions import ACTIONS, clustered
from detectors.coaction.exports import SUFFIXES, write
from graph.errors import ConfigError, unknown
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.detect import moment
from lockstep.verbs.ingest import options
from lockstep.verbs.network import Wanted, of_file, of_store

if TYPE_CHECKING:
    import pyarrow as pa

    from detectors.coaction.engine import Found


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("rings")(rings)


def rings(
    action: Annotated[list[str], typer.Option(help=f"What they did, once or more: {' · '.join(ACTIONS)}.")],
    out: Annotated[Path | None, typer.Option(help="File for the rings, JSON.")] = None,
    edges: Annotated[Path | None, typer.Option(help=f"File for the significant edges: {', '.join(SUFFIXES)}.")] = None,
    evidence: Annotated[Path | None, typer.Option(help="File for the meetings behind them: .csv or .parquet.")] = None,
    window: Annotated[float, typer.Option(help="Seconds within which two actions count as together.", min=0)] = 60.0,
    level: Annotated[
        float, typer.Option(help="Chance of reporting any ring where nothing is coordinated.", min=0.001, max=0.5)
    ] = 0.05,
    fdr: Annotated[float, typer.Option(help="False-discovery rate of the edges.", min=1e-9, max=0.5)] = 0.05,
    draws: Annotated[int, typer.Option(help="Datasets drawn by chance to compare with.", min=1)] = 99,
    fusion: Annotated[str, typer.Option(help="How actions are joined: joint · cauchy · brown.")] = "joint",
    strict: Annotated[bool, typer.Option("--strict", help="Edges are those of a validated network (SVN).")] = False,
    min_ring: Annotated[int, typer.Option(help="Least number of accounts of a ring.", min=2)] = 3,
    since: Annotated[str | None, typer.Option(help="Only posts from then on: a time, or a span back (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Only posts before then.")] = None,
    input_: Annotated[Path | None, typer.Option("--input", help="Read this file and no store.")] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="Mapping file (TOML): which column is what.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Format of --input, if not recognised.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Record type of --input, if nothing says it.")] = None,
    platform: Annotated[str | None, typer.Option(help="Platform of ids, where the input does not say.")] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find rings: accounts that act together more than chance allows, with what each rests on.

    Chance alone is controlled here. Whether a ring is innocent – fans, a newsroom, one owner's accounts – is looked at
    by the detectors over a store, and by people.
    """
    for name in action:
        if name not in ACTIONS:
            raise unknown(name, ACTIONS, "--action")
    if evidence is not None and evidence.suffix not in {".csv", ".parquet"}:
        raise ConfigError(f"cannot write {evidence.suffix!r}", str(evidence), "one of .csv, .parquet")
    s = session(config, store, data_dir, as_json=as_json)
    now = datetime.now(UTC)
    tables: dict[str, pa.Table] = {}
    for name in dict.fromkeys(action):
        span = moment(since, "--since", now), moment(until, "--until", now)
        wanted = Wanted(name, None, *span, keep=False, windows=[window])
        how = options(s, type_, map_, platform)
        tables[name], told = of_store(s, wanted) if input_ is None else of_file(s, input_, format_, how, wanted)
        tables[name], left_out = clustered(tables[name], name, window)
        for line in (*told.lines, *(f"{name}: {what}" for what in left_out)):
            s.note(line)
    found = _searched(tables, window, (level, fdr, draws, fusion, min_ring), strict=strict)
    _tell(s, found, out, edges, evidence)


def _searched(
    tables: dict[str, pa.Table], window: float, how: tuple[float, float, int, str, int], *, strict: bool
) -> Found:
    from detectors.coaction import engine
    from detectors.coaction.board import Layer
    from detectors.coaction.streams import names_of

    level, fdr, draws, fusion, least = how
    try:
        wanted = engine.Options(level=level, fdr=fdr, draws=draws, fusion=fusion, least=least, strict=strict)
    except ValueError as error:
        raise ConfigError(str(error), "rings", "see lockstep rings --help") from error
    layers = [Layer(name, table, window) for name, table in tables.items() if table.num_rows]
    return engine.search(layers, names_of([layer.events for layer in layers]), wanted)


def _tell(s: Session, found: Found, out: Path | None, edges: Path | None, evidence: Path | None) -> None:
    """Write what was asked for, and say what was found."""
    from detectors.coaction import described
    from detectors.coaction.terms import Terms

    rows = described.rings(found)
    if edges is not None:
        write(described.edges(found), edges, described.nodes(found), directed=False)
    if evidence is not None:
        write(Terms(found.surprisal).table(found.edges), evidence)
    document: dict[str, Any] = {
        "rings": rows,
        "edges": len(found.edges),
        "accounts": found.surprisal.count,
        "messages": len(found.surprisal.messages),
        "draws": found.chance.draws,
    }
    if out is not None:
        _written(out, document)
    if s.as_json:
        s.emit(document)
        return
    for row in rows:
        s.note(row["summary"])
        s.note(f"  {', '.join(row['accounts'])}")
    s.note(f"{len(rows)} rings, {len(found.edges)} edges among {found.surprisal.count:,} accounts")


def _written(path: Path, document: dict[str, Any]) -> None:
    try:
        path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", str(path), "choose another place") from error
