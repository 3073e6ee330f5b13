"""A detector's findings are ranked by what was decided about earlier ones, and say so."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

from detectors.run import run
from detectors.scoring.ranking import LEAST
from graph.findings import Finding, Reason, finding_from_json, to_json
from graph.store import Store, open_store
from tests.coactions import planted
from tests.stores import at, fill, finding, put
from tests.stores import run as recorded


def history(store: Store, count: int, *, tells: str) -> None:
    """Earlier findings and verdicts on them; whether a ring was confirmed shows in one feature."""
    rng = random.Random(4)
    found: list[Finding] = []
    rows = []
    for i in range(count):
        bad = bool(i % 2)
        value = min(max(rng.gauss(0.8 if bad else 0.3, 0.15), 0.0), 1.0)
        reasons = (Reason(tells, value, 0.0, 0.0), Reason("interests", rng.random(), 0.0, 0.0))
        found.append(dataclasses.replace(finding(f"ring {i}"), reasons=reasons, id=f"id{i:04}", lineage_id=f"id{i:04}"))
        outcome = "violation" if bad else "no violation"
        rows.append({"subject": f"x:{i}", "outcome": outcome, "at": at(i * 1000), "finding_id": f"id{i:04}"})
    with store.writer() as writer:
        writer.add_run(recorded(), found)
    put(store, "verdicts", *rows)


def test_enough_verdicts_rank_what_is_found_next(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store:
        fill(store, planted())
        history(store, 6 * LEAST, tells="templates")
        (result,) = run(store, ["shilling"], {})
        (ring,) = [f for f in result.findings if "x:member0" in f.accounts]
    assert "(60 confirmed), calibrated on later ones; calibration error" in result.run.summary
    assert ring.score_means.endswith(" of 20 similar confirmed")
    assert ring.score > 0.7
    assert ring.reasons[0].name == "templates"
    assert finding_from_json(to_json(ring)) == ring


def test_with_too_few_verdicts_the_stated_weighing_ranks_and_the_run_says_how_many_there_are(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store:
        fill(store, planted())
        history(store, 6, tells="templates")
        put(store, "verdicts", {"subject": "x:0", "outcome": "hm", "at": at(9), "finding_id": "id0000"})
        (result,) = run(store, ["shilling"], {})
        (ring,) = [f for f in result.findings if "x:member0" in f.accounts]
    assert "verdicts confirmed 3 rings and cleared 3; 20 of either are needed to learn from" in result.run.summary
    assert result.run.summary.endswith("verdicts in words that are not known: 1")
    assert ring.score_means == "uncalibrated rank"


def test_findings_recorded_before_there_were_reasons_can_be_read() -> None:
    import json

    old = json.loads(to_json(finding()))
    for name in ("reasons", "score_means"):
        del old[name]
    read = finding_from_json(json.dumps(old))
    assert (read.reasons, read.score_means) == ((), "uncalibrated rank")
