"""``lockstep backtest``: what a change of parameters would have flagged, and what it would have missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from detectors.base import Scope, discover
from graph.errors import ConfigError, IngestError, unknown
from graph.store import Store, View
from lockstep.parameters import allowed, parameters
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.detect import moment

if TYPE_CHECKING:
    from detectors.evaluating.backtesting import Backtest
    from graph.findings import Finding

_MOST = 366  # runs of the past


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("backtest")(backtest)


def backtest(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Detectors; by default those of --set, all without it."),
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="DETECTOR.PARAM=VALUE that is asked about; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Runs after then: a time, or a span before --until. Default: 28d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last run. Default: just after the newest post.")] = None,
    step: Annotated[str, typer.Option(help="From run to run (12h, 7d).")] = "7d",
    commits: Annotated[
        bool,
        typer.Option("--commits", help="Each run sees what had been loaded by then, not what is dated before then."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="FILE.md or FILE.json; default: print.")] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run detectors on the past with other parameters: what would newly fire, what would vanish, what stays.

    Reads only and records nothing. Each run sees all that is dated before it (with --commits, what had been loaded).
    Where people have decided about a ring, it is said: a change is judged by what it does to those.
    """
    from detectors.evaluating.backtesting import backtest as tested

    s = session(config, store, data_dir, as_json=as_json)
    if out is not None and out.suffix not in {".md", ".json"}:
        raise ConfigError(f"cannot write {out.suffix or 'a file without suffix'}", str(out), "write .md or .json")
    before, after = parameters(s.settings), parameters(s.settings, given or ())
    known = discover()
    chosen = list(names or ([n for n in known if before[n] != after[n]] if given else known))
    for name in chosen:
        if name not in known:
            raise unknown(name, known, "detectors")
    with s.store() as opened:
        with opened.view() as view:
            times = _times(s, view, since, until, step)
            decided = {name: _decided(view, name) for name in chosen}
        at = _Past(opened, Scope(allow=allowed(s.settings, datetime.now(UTC)).entries), commits=commits)
        results = []
        for name in chosen:
            s.note(f"{name}: {len(times)} runs over the past")
            results.append(tested(known[name], before[name], after[name], times, at=at.at, decided=decided[name]))
    _give(s, results, out)


def _times(s: Session, view: View, since: str | None, until: str | None, step: str) -> list[datetime]:
    """When detectors are run.

    Raises
    ------
    ConfigError
        There is no such time, or there are too many.
    IngestError
        There are no posts.
    """
    from detectors.evaluating.backtesting import moments
    from graph.newest import newest_post

    now = datetime.now(UTC)
    newest = newest_post(view)
    if newest is None:
        raise IngestError("there is no post", s.settings.store_url, "load data first: lockstep ingest")
    last = moment(until, "--until", now) or newest + timedelta(microseconds=1)
    first = moment(since or "28d", "--since", last) or last
    between = now - (moment(step, "--step", now) or now)
    times = moments(first, last, between)
    if not 0 < len(times) <= _MOST:
        what = f"{len(times):,} runs from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} every {step}"
        raise ConfigError(what, "--since, --until, --step", f"between 1 and {_MOST}")
    return times


def _decided(view: View, name: str) -> list[tuple[Finding, bool]]:
    """The newest finding of each ring that people decided about."""
    from detectors.evaluating.labels import verdicts

    every = sorted(view.findings(detector=name, superseded=True), key=lambda f: (f.data_cut, f.id))
    _, rings = verdicts(view, {f.id: f.lineage_id for f in every})
    newest = {f.lineage_id: f for f in every}
    return [(newest[line], said) for line, said in sorted(rings.items())]


class _Past:
    """Views of the past of a store."""

    def __init__(self, store: Store, scope: Scope, *, commits: bool) -> None:
        self._store, self._scope = store, scope
        self._commits = store.commits() if commits else None

    @contextmanager
    def at(self, when: datetime) -> Iterator[tuple[View, Scope]]:
        """What a run at that moment would have had."""
        from detectors.evaluating.past import as_of

        if self._commits is None:
            with self._store.view() as view:
                yield as_of(view, when), Scope(None, when, self._scope.allow)
            return
        loaded = max((seq for seq, recorded in self._commits if recorded <= when), default=0)
        with self._store.view(loaded) as view:
            yield view, self._scope


def _give(s: Session, results: Sequence[Backtest], out: Path | None) -> None:
    """Write or print."""
    from detectors.evaluating.backtesting import as_dict, markdown

    document: Sequence[Mapping[str, object]] = [as_dict(r) for r in results]
    page = "\n".join(markdown(r) for r in results)
    if out is not None:
        try:
            if out.suffix == ".json":
                out.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
            else:
                out.write_text(page, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", str(out), "check the folder") from error
        s.note(f"backtest → {out}")
    if s.as_json:
        s.emit(document)
    elif out is None:
        for line in page.splitlines():
            s.line(line)
