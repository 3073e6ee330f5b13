"""``lockstep findings``: list, show and export what detectors flagged."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from dashboard.views import by_time, post_keys
from detectors.alerting.changes import Change, change
from graph.errors import ConfigError
from graph.findings import Evidence, Finding, Priority, Status, to_json
from graph.model import NodeType, Post
from graph.spreadsheets import harmless
from graph.store import View
from lockstep.session import ConfigOption, DataDirOption, JsonOption, Session, StoreOption, session
from lockstep.showing import SEEN, alone, report, shown, writable

KindOption = Annotated[str | None, typer.Option(help="Only findings of this kind.")]
DetectorOption = Annotated[str | None, typer.Option(help="Only findings of this detector.")]
TickerOption = Annotated[str | None, typer.Option(help="Only findings about this ticker.")]
PriorityOption = Annotated[Priority | None, typer.Option(help="Only findings of this priority or more.")]
AtOption = Annotated[int | None, typer.Option("--at", help="As the store was after this commit.")]

group = typer.Typer(no_args_is_help=True, help="List, show and export what detectors flagged. Flagged is not guilty.")


def add(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="findings")


def chosen(
    view: View, kind: str | None, detector: str | None, ticker: str | None, priority: Priority | None
) -> list[Finding]:
    """Findings that pass the filters, in the view's order."""
    symbol = ticker.lstrip("$").upper() if ticker else None
    return [
        f
        for f in view.findings(kind=kind, detector=detector)
        if (symbol is None or symbol in f.tickers) and (priority is None or f.priority.rank <= priority.rank)
    ]


@group.command("list")
def list_(
    kind: KindOption = None,
    detector: DetectorOption = None,
    ticker: TickerOption = None,
    priority: PriorityOption = None,
    at: AtOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """One line a finding, the most urgent first."""
    s = session(config, store, data_dir, as_json=as_json)
    with s.view(at) as view:
        found = chosen(view, kind, detector, ticker, priority)
        every = len(found or view.findings())
        runs = view.runs()
    if s.as_json:
        s.emit([orjson.loads(to_json(f)) for f in found])
        return
    for f in found:
        targets = " ".join([*first_few(f"${t}" for t in f.tickers), *first_few(f.links)])
        shadow = "  shadow" if f.status is Status.SHADOW else ""
        s.line(f"{f.id[:10]}  {f.priority:<6}  {f.score:.2f}  {f.kind}  {len(f.members)} accounts  {targets}{shadow}")
        s.line(f"            {f.summary}")
    if not found:
        passed = f"no findings with these filters; {every:,} without" if every else "no findings"
        s.line(passed if runs else "no findings: no detector has run yet (lockstep detect)")


def first_few(names: Iterable[str], shown: int = 3) -> list[str]:
    """The first few, and how many more there are."""
    every = list(names)
    return every[:shown] + ([f"(+{len(every) - shown})"] if len(every) > shown else [])


@group.command()
def show(
    finding_id: Annotated[str, typer.Argument(metavar="ID", help="A finding's id, or the beginning of it.")],
    posts: Annotated[int, typer.Option(help="Posts to print; 0 for none.", min=0)] = 20,
    at: AtOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """One finding with its evidence: members, measures, what it rests on, what would clear it, and the posts."""
    s = session(config, store, data_dir, as_json=as_json)
    with s.view(at) as view:
        finding = view.finding(finding_id)
        if finding is None:
            raise ConfigError(f"no finding {finding_id!r}", s.settings.store_url, "see lockstep findings list")
        behind = evidence_posts(view, finding)
        before = view.finding(finding.supersedes) if finding.supersedes else None
    changed = change(finding, before) if before is not None else None
    if s.as_json:
        s.emit({"finding": orjson.loads(to_json(finding)), "posts": behind, "change": changed})
        return
    _sentences(s, finding)
    if changed is not None:
        _changed(s, changed)
    _members(s, finding)
    _posts(s, behind, posts)


@group.command()
def export(
    out: Annotated[Path, typer.Option(help="FILE.jsonl (whole findings) or FILE.csv (one row a member); - for JSONL.")],
    kind: KindOption = None,
    detector: DetectorOption = None,
    ticker: TickerOption = None,
    priority: PriorityOption = None,
    at: AtOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write findings to a file."""
    s = session(config, store, data_dir)
    writers = {".jsonl": _jsonl, ".csv": _csv}
    if str(out) != "-" and out.suffix not in writers:
        raise ConfigError(f"cannot write {out.suffix or 'a file without suffix'}", str(out), "write .jsonl or .csv")
    with s.view(at) as view:
        found = chosen(view, kind, detector, ticker, priority)
    if str(out) == "-":
        sys.stdout.writelines(to_json(f) + "\n" for f in found)
        return
    try:
        writers[out.suffix](out, found)
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", str(out), "check the folder and its rights"
        ) from error
    s.note(f"{len(found)} findings → {out}")


@group.command("write-back")
def write_back(
    remove: Annotated[bool, typer.Option("--remove", help="Take all of them away again.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show findings in the Neo4j database itself, as nodes joined to their members: every reader of it sees them.

    Those that are live and not superseded; the others, and those of an earlier time, disappear. Cases, notes and
    decisions are never among them.
    """
    s = session(config, store, data_dir, as_json=as_json)
    with alone(s) as opened:
        able = writable(s, opened)
        done = able.withdraw() if remove else shown(opened, able)
    if s.as_json:
        s.emit({"warning": None if remove else SEEN, **asdict(done)})
        return
    if not remove:
        s.note(f"warning: {SEEN}")
    for line in report(done):
        s.line(line)


def evidence_posts(view: View, finding: Finding) -> list[Post]:
    """The posts that the finding's evidence names, oldest first."""
    return by_time(view.posts(post_keys(finding)))


def _sentences(s: Session, f: Finding) -> None:
    s.line(f"{f.kind} {f.id}")
    s.line(f.summary)
    s.line(
        f"priority {f.priority} · score {f.score:.2f} ({f.score_means}) · {f.window.start:%Y-%m-%d %H:%M:%S}"
        f" to {f.window.end:%Y-%m-%d %H:%M:%S} UTC · {f.detector} {f.version} · data up to commit {f.data_cut}"
        + (" · shadow" if f.status == "shadow" else "")
    )
    resting = set(f.rests_on)
    rows = [
        [
            e.ref,
            _measure(e),
            f"{e.value:g}",
            f"{e.expected:.3g}",
            "" if e.p_value is None else f"{e.p_value:.2g}",
            e.unit,
            "rests on it" if e.ref in resting else "",
        ]
        for e in f.evidence
    ]
    s.line()
    s.table(["evidence", "measure", "value", "expected", "p", "unit", ""], rows)
    s.line("p is the chance of the pattern under the stated null, never of innocence.")
    if f.would_clear:
        s.line()
        s.table(["would clear it", "state", "detail"], [[c.text, c.state, c.detail] for c in f.would_clear])
    _why(s, f)
    for limit in f.limits:
        s.line(f"limit: {limit}")


def _changed(s: Session, changed: Change) -> None:
    """What it says that the finding before it did not."""
    s.line()
    s.line(changed.sentence())
    for what, accounts in (("joined", changed.joined), ("left", changed.left)):
        if accounts:
            s.line(f"  {what}: {' '.join(accounts)}")


def _why(s: Session, f: Finding) -> None:
    """What the score is made of; features that no part of it hangs on are left out."""
    rows = [
        [
            r.name,
            "unknown" if r.value is None else f"{r.value:.3g}",
            f"{r.weight:.3f}",
            f"{r.contribution:+.3f}",
            r.about,
        ]
        for r in f.reasons
        if r.weight or r.contribution or r.value is None
    ]
    if rows:
        s.line()
        s.table(["why this score", "value", "weight", "contribution", "a high value says"], rows)


def _measure(e: Evidence) -> str:
    """The measure; where it is about one account, whose it is."""
    accounts = [n.key for n in e.nodes if n.type is NodeType.ACCOUNT]
    return f"{accounts[0]}: {e.measure}" if len(accounts) == 1 else e.measure


def _members(s: Session, f: Finding) -> None:
    s.line()
    rows = [[m.account, m.role, f"{m.score:.2f}", " ".join(m.evidence)] for m in f.members]
    s.table(["account", "role", "score", "evidence against this account"], rows)


def _posts(s: Session, posts: Sequence[Post], limit: int) -> None:
    if not limit or not posts:
        return
    s.line()
    for p in posts[:limit]:
        at = f"{p.created_at:%Y-%m-%d %H:%M:%S}" if p.created_at else "time unknown"
        s.line(f"{at}  {p.post}  {p.account or 'author unknown'}  {p.kind}: {' '.join((p.text or '').split())}")
    if len(posts) > limit:
        s.line(f"… {len(posts) - limit} more (--posts {len(posts)})")


def _jsonl(out: Path, found: Sequence[Finding]) -> None:
    with out.open("w", encoding="utf-8") as file:
        file.writelines(to_json(f) + "\n" for f in found)


def _csv(out: Path, found: Sequence[Finding]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            [
                "finding",
                "kind",
                "priority",
                "score",
                "start",
                "end",
                "tickers",
                "account",
                "role",
                "member_score",
                "summary",
            ]
        )
        for f in found:
            for m in f.members or (None,):  # a finding of a kind without members has a row of its own as well
                rows.writerow(
                    [
                        f.id,
                        f.kind,
                        f.priority,
                        f.score,
                        f.window.start.isoformat(),
                        f.window.end.isoformat(),
                        " ".join(f.tickers),
                        *((harmless(m.account), m.role, m.score) if m else ("", "", "")),
                        harmless(f.summary),
                    ]
                )
