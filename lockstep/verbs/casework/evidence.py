"""``lockstep cases snapshot``: what a case rests on, frozen, and who held it."""

from __future__ import annotations

from typing import Annotated

import typer

from graph.errors import ConfigError
from lockstep.acting import desk
from lockstep.session import ConfigOption, DataDirOption, JsonOption, StoreOption
from lockstep.verbs.casework.caseload import CaseArgument


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("snapshot")(snapshot)
    group.command("evidence")(evidence)


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
