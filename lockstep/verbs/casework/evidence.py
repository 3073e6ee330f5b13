"""What a case rests on, from the command line: frozen, looked at, held against its hashes, kept from expiring."""

from __future__ import annotations

from typing import Annotated

import typer

from graph.errors import CaseError, ConfigError
from lockstep.acting import desk
from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption
from lockstep.verbs.casework.caseload import CaseArgument


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("snapshot")(snapshot)
    group.command("evidence")(evidence)
    group.command("custody")(custody)
    group.command("hold")(hold)


def snapshot(
    case_id: CaseArgument,
    finding: Annotated[
        list[str] | None, typer.Argument(metavar="[FINDING]…", help="Those of the case's alerts unless some are named.")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Freeze the evidence of findings into a case, as the newest commit has it and as it was captured before."""
    from cases.caseload import find
    from cases.evidence.snapshots import freeze
    from cases.storage.schema import alerts

    with desk(config, as_json=as_json, store=store, data_dir=data_dir) as at:
        if not finding:
            with at.look("case", case_id) as look:
                find(look, case_id)
                rows = look.rows(alerts, alerts.c.case_id == case_id, order=alerts.c.raised_at)
            finding = [row["finding"] for row in rows]
        if not finding:
            raise ConfigError("the case has no alert", f"case {case_id}", "name a finding (lockstep findings list)")
        with at.s.view() as view, at.book.change(at.actor) as change:
            kept = {one: freeze(change, case_id, view, one) for one in finding}
        at.done("\n".join(f"finding {one[:10]} is frozen as {sha}" for one, sha in kept.items()), snapshots=kept)


def evidence(
    sha: Annotated[str, typer.Argument(metavar="SNAPSHOT", help="A snapshot's hash.")],
    why: Annotated[str, typer.Option("--why", help="Why you look at it: the custody record keeps that.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """A snapshot as it was frozen, held against its hash; that you looked is in the chain of custody."""
    from cases.evidence.snapshots import view_of
    from cases.privacy.pseudonyms import of_snapshot

    with desk(config, as_json=as_json) as at:
        found = of_snapshot(at.do(view_of, sha, why), at.actor)
        if at.s.as_json:
            at.s.emit(found)
            return
        told = found["finding"]
        at.s.line(f"{told['kind']} {told['id']}, {told['detector']} {told['version']}, commit {told['data_cut']}")
        at.s.line(told["summary"])
        rows = [[e["id"], e["measure"], e["value"], e["expected"], e["p_value"], e["unit"]] for e in told["evidence"]]
        at.s.table(("id", "measure", "value", "expected", "p", "unit"), rows)
        at.s.line(f"{len(found['nodes'])} nodes, {len(found['edges'])} edges, {len(found['posts'])} posts as captured")
        for sentence in (*told["limits"], *found["left_out"]):
            at.s.line(f"not known: {sentence}")


def custody(
    case_id: CaseArgument,
    why: Annotated[str, typer.Option("--why", help="Why you look into it: the custody record keeps that.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who held a case's evidence, and whether all of it is as it was written, by its hashes; exit code 6 if not."""
    from cases.casefile import read
    from cases.evidence.snapshots import verify

    with desk(config, as_json=as_json) as at:
        wrong = at.do(verify, case_id, why)
        with at.look("case", case_id, why="custody") as look:
            rows = read(look, case_id).custody
        if at.s.as_json:
            at.s.emit({"wrong": wrong, "custody": [dict(row) for row in rows]})
        else:
            columns = ("seq", "at", "who", "event", "item", "place", "why")
            shown = [[f"{r['at']:%Y-%m-%d %H:%M:%S}", r["item"][:12]] for r in rows]
            told = [
                [r["seq"], a, r["who"], r["event"], i, r["place"], r["why"]]
                for r, (a, i) in zip(rows, shown, strict=True)
            ]
            at.s.table(columns, told)
            at.s.line("all is as it was written" if not wrong else "not as it was written:")
            for sentence in wrong:
                at.s.line(sentence)
        if wrong:
            raise CaseError(f"{len(wrong)} things are not as they were written", f"case {case_id}", "tell an auditor")


def hold(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="An alert's id.")],
    why: Annotated[str, typer.Option("--why", help="Why it must be kept, or need not be any more.")],
    end: Annotated[bool, typer.Option("--end", help="End the hold; a lead or Legal does.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep what was captured with an alert though it is dismissed; with --end, let it expire like any other."""
    from cases.evidence import capture

    with desk(config, as_json=as_json) as at:
        count = at.do(capture.release if end else capture.hold, alert, why)
        at.done(
            f"{count} captures are {'no longer held' if end else 'held'}", alert=alert, held=not end, captures=count
        )
