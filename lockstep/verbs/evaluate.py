"""``lockstep evaluate``: hold findings and scores against labels."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import pyarrow as pa
import typer

from graph.errors import ConfigError, IngestError, unknown
from graph.findings import Priority
from graph.store import Store, View, open_store
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session

if TYPE_CHECKING:
    from detectors.evaluating.case import Case
    from detectors.evaluating.labels import Labels
    from detectors.evaluating.report import Report


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate")(evaluate)


def evaluate(
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="Records of labels, verdicts or events in any format, or a demo's truth file; may be repeated. "
            "Default: what the store holds."
        ),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Record type of these files, where neither name nor rows say it.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="Platform of ids, where these files do not say.")] = None,
    detector: Annotated[list[str] | None, typer.Option(help="Only findings of this one; may be repeated.")] = None,
    priority: Annotated[
        Priority | None, typer.Option(help="Only findings of this priority or more: what would be worked on.")
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="FILE.csv or FILE.parquet with account and score, as lockstep scores writes it.")
    ] = None,
    positive: Annotated[
        list[str] | None, typer.Option(help="Label that says that an account ought to be flagged; may be repeated.")
    ] = None,
    negative: Annotated[
        list[str] | None, typer.Option(help="Label that says that it ought not; may be repeated.")
    ] = None,
    at: Annotated[int | None, typer.Option("--at", help="Findings as the store had them after this commit.")] = None,
    draws: Annotated[int, typer.Option(help="Draws of the bootstrap.", min=20, max=10_000)] = 200,
    out: Annotated[
        Path | None, typer.Option(help="FILE.md (with a reliability plot beside it) or FILE.json; default: print.")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold recorded findings, and scores, against labels: accounts, findings, rings, calibration, delay, fairness.

    Reads only. Unlabelled is not innocent: figures are given with unlabelled accounts left out, and with them counted
    as innocent. Intervals come from a bootstrap over rings, not accounts.
    """
    from detectors.evaluating.report import evaluate as measured

    s = session(config, store, data_dir, as_json=as_json)
    if out is not None and out.suffix not in {".md", ".json"}:
        raise ConfigError(f"cannot write {out.suffix or 'a file without suffix'}", str(out), "write .md or .json")
    words, names = _words(positive, negative), _detectors(detector or ())
    with s.store() as opened, _pinned(opened, at) as view:
        known = _labels(s, view, labels or (), type_, platform, words)
        case = _case(view, known, names, priority, draws, None if scores is None else _scores(scores))
    by = sorted({f.detector for f in case.findings})
    about = {
        "findings": f"{len(case.findings):,} of {', '.join(by) or 'no detector'}",
        "priority": f"{priority} or more" if priority else "any",
        "data": f"commit {view.seq}, {len(case.people.names):,} accounts",
        "labels": ", ".join(map(str, labels)) if labels else "those in the store",
        "bootstrap": f"{draws} draws of whole rings, seed {case.seed}",
    }
    about |= {f"note {i}": note for i, note in enumerate(known.notes, 1)}
    _give(s, measured(case, about), out)


def _words(positive: Sequence[str] | None, negative: Sequence[str] | None) -> tuple[frozenset[str], frozenset[str]]:
    """Which labels say what: those named, else the usual ones."""
    from detectors.evaluating.labels import NEGATIVE, POSITIVE, folded

    yes, no = frozenset(map(folded, positive or POSITIVE)), frozenset(map(folded, negative or NEGATIVE))
    yes, no = (yes - no if not positive else yes), (no - yes if not negative else no)
    if yes & no:
        raise ConfigError(f"{', '.join(sorted(yes & no))} cannot say both", "--positive, --negative")
    return yes, no


def _pinned(store: Store, at: int | None) -> View:
    if at is not None and not 0 <= at <= store.head():
        raise ConfigError(f"no commit {at}", where="--at", hint=f"the newest is {store.head()}")
    return store.view(at)


def _detectors(names: Sequence[str]) -> list[str]:
    from detectors.base import discover

    known = discover()
    for name in names:
        if name not in known:
            raise unknown(name, known, "--detector")
    return list(names)


def _labels(
    s: Session,
    view: View,
    paths: Sequence[Path],
    type_: str | None,
    platform: str | None,
    words: tuple[frozenset[str], frozenset[str]],
) -> Labels:
    """What the files say, or the store where none is named.

    Raises
    ------
    IngestError
        A file cannot be read, or there is nothing in what was read that says anything.
    """
    from detectors.evaluating.labels import Labels, from_records

    lineages = {f.id: f.lineage_id for f in view.findings(superseded=True)}
    found = Labels()
    if not paths:
        found = from_records(view, lineages, *words)
    truths = {path: made for path in paths if (made := _truth(path)) is not None}
    for made in truths.values():
        found = found.joined(made)
    files = [path for path in paths if path not in truths]
    if files:
        found = found.joined(_read(s, files, type_, platform, lineages, words))
    if not found:
        where = ", ".join(map(str, paths)) or s.settings.store_url
        raise IngestError("no label, verdict or pump says anything", where, "see docs/evaluation.md for what is read")
    return found


def _truth(path: Path) -> Labels | None:
    """Labels of a demo's truth file; None where it is something else."""
    from detectors.evaluating.labels import from_groups
    from detectors.evaluating.matching import Group
    from lockstep.demo.truth import Truth

    if path.suffix != ".json" or not path.is_file():
        return None
    try:
        if "groups" not in orjson.loads(path.read_bytes()):
            return None
    except (OSError, ValueError):
        return None
    return from_groups(
        [
            Group(g.id, frozenset(g.members), g.flagged, g.kind if g.flagged else "", g.start, g.end, g.why)
            for g in Truth.load(path).groups
        ]
    )


def _read(
    s: Session,
    paths: Sequence[Path],
    type_: str | None,
    platform: str | None,
    lineages: Mapping[str, str],
    words: tuple[frozenset[str], frozenset[str]],
) -> Labels:
    """Labels in records of any format: loaded as ``ingest`` does, into a store that is thrown away."""
    from dataclasses import replace

    from detectors.evaluating.labels import from_records
    from ingest.load import load
    from lockstep.verbs.ingest import options

    with tempfile.TemporaryDirectory() as folder, open_store("memory://", Path(folder)) as scratch:
        how = options(s, type_, platform=platform)
        report = load(scratch, paths, options=how, secret=s.settings.pseudonym_key)
        failed = [f for f in report.files if f.error]
        if failed:
            raise IngestError(str(failed[0].error), str(failed[0].path), "mend the file")
        bad = len(scratch.rejected())
        with scratch.view() as view:
            found = from_records(view, lineages, *words)
    return replace(found, notes=(*found.notes, f"rows of labels that could not be read: {bad}")) if bad else found


def _case(
    view: View,
    labels: Labels,
    names: Sequence[str],
    priority: Priority | None,
    draws: int,
    scores: Mapping[str, float] | None,
) -> Case:
    from detectors.base import discover
    from detectors.evaluating.case import Case
    from detectors.evaluating.labels import of_kinds
    from detectors.evaluating.people import people

    every = [
        f
        for f in view.findings(superseded=True)
        if (not names or f.detector in names) and (priority is None or f.priority.rank <= priority.rank)
    ]
    apart: frozenset[str] = frozenset()
    if names:
        kinds = {k for name in names for k in discover()[name].kinds}
        labels, apart = of_kinds(labels, kinds)
    cuts, span = _times(view, sorted({f.data_cut for f in every if f.data_cut <= view.seq}))
    return Case(
        labels,
        people(view),
        every,
        scores,
        apart,
        runs={r.id: r for r in view.runs()},
        cuts=cuts,
        span=span,
        draws=draws,
    )


def _times(view: View, cuts: Sequence[int]) -> tuple[dict[int, datetime], tuple[datetime, datetime] | None]:
    """The newest post that each data cut knew (as it is now), and the first and last post of all."""
    import numpy as np

    seqs, times = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for batch in view.scan("posts", columns=["created_at", "seq"]):
        times.append(batch["created_at"].cast(pa.int64()).to_numpy(zero_copy_only=False))
        seqs.append(batch["seq"].to_numpy(zero_copy_only=False))
    seq, time = np.concatenate(seqs), np.concatenate(times)
    if not len(time):
        return {}, None
    order = np.argsort(seq, kind="stable")
    newest = np.maximum.accumulate(time[order])
    known = np.searchsorted(seq[order], cuts, side="right")
    found = {cut: _moment(newest[n - 1]) for cut, n in zip(cuts, known, strict=True) if n}
    return found, (_moment(time.min()), _moment(time.max()))


def _moment(us: float) -> datetime:
    return datetime.fromtimestamp(int(us) / 1e6, UTC)


def _scores(path: Path) -> dict[str, float]:
    """A file of scores.

    Raises
    ------
    IngestError
        It cannot be read, has no such columns, or a score outside [0, 1].
    """
    from pyarrow import csv, parquet

    try:
        table = parquet.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
        names = table["account"].cast(pa.string()).to_pylist()
        values = table["score"].cast(pa.float64()).to_pylist()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise IngestError(f"no file of scores: {error}", str(path), "it has the columns account and score") from error
    found = {n: v for n, v in zip(names, values, strict=True) if n is not None and v is not None}
    if not all(0 <= v <= 1 for v in found.values()):
        raise IngestError("a score lies outside [0, 1]", str(path), "scale them first")
    return found


def _give(s: Session, report: Report, out: Path | None) -> None:
    """Write or print."""
    if out is not None:
        try:
            if out.suffix == ".json":
                out.write_bytes(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2, default=str) + b"\n")
            else:
                _page(report, out)
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", str(out), "check the folder") from error
        s.note(f"evaluation → {out}")
    if s.as_json:
        s.emit(report.as_dict())
    elif out is None:
        for line in report.markdown().splitlines():
            s.line(line)


def _page(report: Report, out: Path) -> None:
    pictures = {}
    for metric, section in report.sections.items():
        if section.picture:
            beside = out.with_name(f"{out.stem}-{metric.name}.svg")
            beside.write_text(section.picture, encoding="utf-8")
            pictures[metric.name] = beside.name
    out.write_text(report.markdown(pictures) + "\n", encoding="utf-8")
