"""``lockstep demo``: the whole way on a made network, and what was found beside what was planted."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from graph.errors import ConfigError
from graph.findings import Checked, Finding
from graph.store import View
from lockstep.config import Origin, Settings
from lockstep.parameters import parameters
from lockstep.session import JsonOption, Session, program, session
from lockstep.verbs.findings import evidence_posts, first_few

MARK = "made-by-lockstep-demo"


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the network, its store and its data.")] = Path("lockstep-demo"),
    size: Annotated[int, typer.Option(help="Accounts.", min=500, max=100_000)] = 3000,
    seed: Annotated[int, typer.Option(help="Another seed makes another network.", min=0)] = 1,
    days: Annotated[int, typer.Option(help="Days it spans.", min=10, max=365)] = 30,
    store: Annotated[
        str | None, typer.Option("--store", help="An empty store to load it into, for example neo4j://localhost:7687.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a network with planted rings and innocent look-alikes, load it, detect, and compare with the truth.

    It is loaded by the same code as real data, needs no service, and touches nothing outside its folder, unless another
    store is named: that one must be empty, or hold the same demo.
    """
    from detectors.base import Scope
    from detectors.base import discover as known
    from lockstep.demo.casebook import fill
    from lockstep.demo.compare import compare
    from lockstep.demo.generate import generate
    from lockstep.verbs.detect import run_detectors
    from lockstep.verbs.ingest import load_into, options

    made = {"size": size, "seed": seed, "days": days}
    s = _session(out, store, seed, as_json=as_json)
    if store is None:  # its own, in the folder
        _make_room(out)
    _claim(s, made)
    if store is not None:
        _make_room(out)
    s.note(f"1/5 making a network of {size} accounts over {days} days (seed {seed}) in {out}/data")
    truth = generate(out / "data", size=size, seed=seed, days=days)
    s.note("2/5 loading it as any other files are loaded")
    loaded = load_into(s, [out / "data"], None, options(s))
    s.note("3/5 running the detectors")
    results = run_detectors(s, list(known()), parameters(s.settings), Scope())
    findings = [f for r in results for f in r.findings]
    s.note("4/5 putting alerts of them into a casebook")
    with s.view() as view:
        cases, waiting = fill((out / "casebook.db").absolute(), view, [(r.run, r.findings) for r in results])
    s.note("5/5 comparing with what was planted")
    comparison = compare(truth, findings)
    if s.as_json:
        s.emit(
            {
                "load": orjson.loads(loaded.to_json()),
                "runs": [asdict(r.run) for r in results],
                "comparison": asdict(comparison),
                "casebook": {"url": cases, "alerts": waiting},
            }
        )
        return
    for line in loaded.summary():
        s.line(line)
    s.line()
    for r in results:
        s.line(f"{r.run.detector}: {r.run.summary}")
    with s.view() as view:
        for finding in findings:
            s.line()
            for line in _evidence(view, finding):
                s.line(line)
    s.line()
    for line in comparison.lines():
        s.line(line)
    s.line()
    where = f"--store {s.settings.store_url} --data-dir {s.settings.data_dir}"
    s.line(f"All of a finding's evidence:  {program()} findings show ID {where}")
    s.line(f"Open the dashboard:           {program()} dashboard {where} --cases {cases}")
    s.line(f"{waiting} alerts wait in its queue, under Triage.")


def _evidence(view: View, finding: Finding, posts: int = 2) -> Iterator[str]:
    """A finding in a few lines: the sentence, the accounts, what it rests on, what would clear it, and some posts."""
    yield f"{finding.id[:10]}  {finding.priority} priority, {finding.kind}"
    yield f"  {finding.summary}"
    known = (view.account(m.account) for m in finding.members)
    yield "  accounts: " + ", ".join(a.handle or a.account for a in known if a is not None)
    resting = (e for e in finding.evidence if e.ref in finding.rests_on)
    measures = first_few(f"{e.measure}: {e.value:g} {e.unit}, {e.expected:.2g} expected" for e in resting)
    yield "  rests on: " + "; ".join(measures)
    for state in (Checked.PRESENT, Checked.NOT_CHECKABLE):
        texts = [f"{c.text} ({c.detail})" if c.detail else c.text for c in finding.would_clear if c.state is state]
        if texts:
            yield f"  would clear it, {state}: " + "; ".join(texts)
    behind = evidence_posts(view, finding)
    for post in behind[:posts]:
        yield f"  {post.created_at:%Y-%m-%d %H:%M:%S}  {post.account}: {' '.join((post.text or '').split())}"
    if len(behind) > posts:
        yield f"  … and {len(behind) - posts} more posts"


def _session(out: Path, store: str | None, seed: int, *, as_json: bool) -> Session:
    """A session on the demo's own store or the one named, whatever the configuration says.

    Its pseudonym key is the seed's, so that the same demo is the same rows: nobody is behind the values it hides.
    """
    s = session(as_json=as_json)
    values = {
        **s.settings.values,
        "store.url": Origin(store or f"sqlite:///{out / 'lockstep.db'}", "demo"),
        "store.data_dir": Origin(str(out / "store"), "demo"),
    }
    key = {"LOCKSTEP_PSEUDONYM_KEY": hashlib.sha256(f"lockstep demo {seed}".encode()).hexdigest()}
    s.settings = Settings(values, None, dict(s.settings.secrets or {}) | key)
    return s


def _claim(s: Session, made: dict[str, int]) -> None:
    """Make sure that made accounts are not mixed with real ones, and leave a mark that these are made.

    Raises
    ------
    ConfigError
        The store holds something else than this very demo.
    """
    with s.store(create=True) as opened:
        if opened.head() == 0:
            with opened.writer() as writer:
                writer.checkpoint(MARK, made)
        elif (found := opened.checkpoints().get(MARK)) != made:
            what = f"the demo of {found}" if found else "something else"
            raise ConfigError(f"the store is not empty: it holds {what}", s.settings.store_url, "name an empty store")


def _make_room(out: Path) -> None:
    """An empty folder; only one that an earlier demo made is replaced."""
    mark = out / MARK
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not mark.exists():
            raise ConfigError(
                "the folder is not empty and not from an earlier demo", str(out), "name another with --out"
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text("This folder is replaced by the next `lockstep demo --out` of the same name.\n", encoding="utf-8")
