"""``lockstep check``: a list of handles, web addresses or wallets, and for each whether it is in a finding."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.errors import ConfigError, IngestError
from graph.findings import Priority
from graph.spreadsheets import harmless
from lockstep.session import FLAGGED, ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.verbs.findings import AtOption

if TYPE_CHECKING:
    from detectors.checking.answers import Answer, Checked, Decided, Involved
    from detectors.checking.entries import Entry

COLUMNS = ("handle", "account", "account_id", "username", "user", "url", "link", "wallet", "address", "entry", "id")
"""Names by which the column of a CSV list is known; else it is the first."""
MOST_BYTES = 64_000_000


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check")(check_)


def check_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One entry a line, or .csv/.tsv; - for standard input.")],
    column: Annotated[str | None, typer.Option(help="Column of a CSV file that holds the entries.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the answers to this CSV file.")] = None,
    fail_on: Annotated[
        Priority | None, typer.Option(help="Exit with 10 if an entry is in a finding of this priority or more.")
    ] = None,
    at: AtOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each entry whether it is in a finding, with whom, since when, and what was decided.

    An entry is a handle, an account's id, a profile's or a post's address, a link, or a wallet. "Not found" is not
    "clean": nothing that was loaded carries the name. Flagged is not guilty.
    """
    from detectors.checking.answers import check
    from detectors.checking.entries import entries
    from ingest.links import canonical_link

    s = session(config, store, data_dir, as_json=as_json)
    asked = entries(_lines(file, column), canonical_link)
    if not asked:
        raise IngestError("no entries", str(file), "one handle, web address or wallet a line")
    with s.view(at) as view:
        found = check(view, asked)
    if out is not None:
        _write(out, found)
    if s.as_json:
        s.emit(document(found))
    else:
        _tell(s, found)
    ranks = [i.priority.rank for a in found.answers for i in a.involved if i.current]
    if fail_on and any(rank <= fail_on.rank for rank in ranks):
        raise typer.Exit(FLAGGED)


def document(found: Checked) -> dict[str, Any]:
    """The answers as plain values."""
    return {
        "data_cut": found.seq,
        "counts": found.counts,
        "answers": [{**_entry(a.entry), **_said(a)} for a in found.answers],
        "shared": [{"finding": f, "entries": n, "members": m} for f, n, m in found.shared],
        "stands_on": [
            {"detector": r.detector, "version": r.version, "at": r.started_at, "data_cut": r.data_cut}
            for r in found.runs
        ],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.text, "lines": list(entry.lines), "read_as": [str(kind) for kind, _ in entry.readings]}


def _said(a: Answer) -> dict[str, Any]:
    return {
        "answer": str(a.state),
        "accounts": [asdict(n) for n in a.accounts],
        "things": [str(n) for n in a.things],
        "findings": [asdict(i) for i in a.involved],
        "near": list(a.near),
        "decided": [asdict(d) for d in a.decided],
        "labels": list(a.labels),
    }


def _lines(path: Path, column: str | None) -> list[tuple[int, str]]:
    """Numbered entries of a list.

    Raises
    ------
    IngestError
        It cannot be read, is no text, or is too large to be a list.
    ConfigError
        It has no such column.
    """
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise IngestError(f"cannot be read: {error.strerror}", str(path), "a text file, one entry a line") from error
    if len(raw) > MOST_BYTES:
        raise IngestError("too large for a list", str(path), f"at most {MOST_BYTES // 1_000_000} MB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestError(f"is no UTF-8 text: {error.reason}", f"{path}, byte {error.start}", "save it as UTF-8") from (
            error
        )
    if path.suffix.lower() in {".csv", ".tsv"} or column is not None:
        return _column(text, path, column)
    return list(enumerate(text.splitlines(), 1))


def _column(text: str, path: Path, column: str | None) -> list[tuple[int, str]]:
    """One column of a CSV list; one without a header that names the column is taken as a list without header."""
    rows = csv.reader(io.StringIO(text), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    try:
        table = [(rows.line_num, row) for row in rows if row]
    except csv.Error as error:
        raise IngestError(
            f"no CSV: {error}", f"{path}, line {rows.line_num}", "or one entry a line, as .txt"
        ) from error
    head = [name.strip().lower() for name in table[0][1]] if table else []
    wanted = [column.strip().lower()] if column else [name for name in COLUMNS if name in head]
    if column and wanted[0] not in head:
        raise ConfigError(f"no column {column!r}", str(path), f"it has {', '.join(head) or 'none'}")
    place = head.index(wanted[0]) if wanted else 0
    return [(number, row[place]) for number, row in table[bool(wanted) :] if len(row) > place]


def _tell(s: Session, found: Checked) -> None:
    if not found.runs:
        s.note("warning: no detector has run on this store: nothing is flagged, and nothing was looked at")
    for a in found.answers:
        names = "; ".join(dict.fromkeys(f"{n.account} ({n.by})" for n in a.accounts)) or "; ".join(map(str, a.things))
        s.line(f"{a.entry.text}: {a.state}{f' · {names}' if names and names != a.entry.text else ''}")
        for said in (*map(_involvement, a.involved), *a.near, *map(decision, a.decided), *a.labels):
            s.line(f"    {said}")
    s.line()
    for finding, count, members in found.shared:
        s.line(f"{count} entries of the list are in {finding[:10]} ({members} members)")
    s.line(" · ".join(f"{n} {state}" for state, n in found.counts.items() if n))
    for run in found.runs:
        s.note(
            f"stands on {run.detector} {run.version}, run {run.started_at:%Y-%m-%d %H:%M} UTC at commit {run.data_cut}"
        )
    s.note("Flagged is not guilty. What was not found, or is in no finding, is not thereby clean.")


def _involvement(i: Involved) -> str:
    """A finding that an entry is in, in one line."""
    beside = ", ".join(i.beside) + (f" and {i.others - len(i.beside)} more" if i.others > len(i.beside) else "")
    return (
        f"{i.finding[:10]} {i.kind}{'' if i.current else ' (no longer current)'}: {i.as_what}"
        f"{f' with {beside}' if beside else ''}, since {i.since:%Y-%m-%d %H:%M} UTC"
        f"{f', found {i.found_at:%Y-%m-%d}' if i.found_at else ''}; priority {i.priority}, score {i.score:.2f}"
        f" ({i.score_means}){f'; decided on it or its members: {i.decided}' if i.decided else ''}"
    )


def decision(d: Decided) -> str:
    """A decision, in one line."""
    under = f" under {d.policy}" if d.policy else ""
    did = f", {d.action}" if d.action else ""
    back = f"; reversed on {d.reversed_at:%Y-%m-%d}" if d.reversed_at else ""
    return f"decided on {d.at:%Y-%m-%d}{under}: {d.outcome}{did}{back}"


def _write(path: Path, found: Checked) -> None:
    """One row an entry and finding."""
    names = ["lines", "entry", "answer", "accounts", "finding", "kind", "priority", "score", "as_what", "others",
             "beside", "since", "found_at", "decided", "labels", "near"]  # fmt: skip
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(names)
            for a in found.answers:
                for i in a.involved or (None,):
                    rows.writerow([harmless(str(cell)) for cell in _row(a, i)])
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", str(path), "choose another place") from error


def _row(a: Answer, i: Involved | None) -> list[object]:
    of = (
        ("",) * 9
        if i is None
        else (
            i.finding,
            i.kind,
            i.priority,
            i.score,
            i.as_what,
            i.others,
            " ".join(i.beside),
            i.since.isoformat(),
            i.found_at.isoformat() if i.found_at else "",
        )
    )
    return [
        " ".join(map(str, a.entry.lines)),
        a.entry.text,
        a.state,
        " ".join(n.account for n in a.accounts),
        *of,
        "; ".join(map(decision, a.decided)),
        "; ".join(a.labels),
        "; ".join(a.near),
    ]
