"""``lockstep scores``: what one detector says of every account, one row each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.errors import ConfigError, DetectorError, LockstepError, unknown
from graph.spreadsheets import harmless
from lockstep.parameters import allowed, parameters
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.detect import moment

if TYPE_CHECKING:
    import pyarrow as pa

    from detectors.base import Detector, Scope, Value

FORMS = (".csv", ".parquet")


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("scores")(scores)


def scores(
    detector: Annotated[str, typer.Option(help="Whose scores.")],
    out: Annotated[Path, typer.Option(help=f"File to write: {', '.join(FORMS)}.")],
    since: Annotated[str | None, typer.Option(help="Only posts from then on: a time, or a span back (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Only posts before then.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", help="DETECTOR.PARAM=VALUE; may be repeated.")] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a score in [0, 1] for every account: how strongly the detector's signals are present with it.

    Columns: account; score; finding, the id of the finding that a score is from, empty where none names the account.
    Nothing is recorded. A high score is no verdict, and a zero is no clean bill.
    """
    if out.suffix not in FORMS:
        raise ConfigError(f"cannot write {out.suffix!r} files", str(out), f"one of {', '.join(FORMS)}")
    s = session(config, store, data_dir, as_json=as_json)
    from detectors.base import Scope, discover

    known = discover()
    if detector not in known:
        raise unknown(detector, known, "--detector")
    now = datetime.now(UTC)
    params = parameters(s.settings, given or ())[detector]
    scope = Scope(moment(since, "--since", now), moment(until, "--until", now), allowed(s.settings, now).entries)
    table, cut = _scored(s, known[detector], params, scope)
    _write(table, out)
    _tell(s, detector, table, cut, out)


def _scored(s: Session, detector: Detector, params: dict[str, Value], scope: Scope) -> tuple[pa.Table, int]:
    """The scores, and the commit that they are of."""
    with s.view() as view:
        try:
            return detector.scores(view, params, scope), view.seq
        except LockstepError:
            raise
        except Exception as error:
            raise DetectorError(f"failed: {type(error).__name__}: {error}", detector.name) from error


def _write(table: pa.Table, path: Path) -> None:
    """Write the file; it is there whole or not at all."""
    from pyarrow import csv, parquet

    temporary = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".parquet":
            parquet.write_table(table, temporary)
        else:
            import pyarrow as pa

            names = pa.array([harmless(a) for a in table["account"].to_pylist()], pa.string())
            csv.write_csv(table.set_column(0, "account", names), temporary)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"cannot be written: {error.strerror}", str(path), "choose another place") from error


def _tell(s: Session, detector: str, table: pa.Table, cut: int, out: Path) -> None:
    import pyarrow.compute as pc

    above = pc.sum(pc.greater(table["score"], 0.0)).as_py() or 0
    named = len(pc.unique(table["finding"].drop_null()))
    if s.as_json:
        document = {"detector": detector, "data_cut": cut, "accounts": table.num_rows, "above_zero": above}
        s.emit({**document, "findings": named, "out": str(out)})
        return
    s.note(f"{out}: {table.num_rows:,} accounts, {above:,} above 0, {named:,} findings of {detector}")
