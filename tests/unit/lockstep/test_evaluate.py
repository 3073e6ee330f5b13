"""``lockstep evaluate``: labels from records, from a demo's truth and from the store; a page, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graph.store import open_store
from lockstep.demo.truth import Group, Truth
from lockstep.verbs.evaluate import _times
from tests.cli import Ran, lockstep
from tests.flagged import ACCOUNTS, START, flag, load
from tests.stores import at, put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with findings, in a folder."""
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as store:
        load(store)
        flag(store)
    return tmp_path


def run(folder: Path, *more: object) -> Ran:
    where = ("--store", f"sqlite:///{folder / 'graph.db'}", "--data-dir", folder / "data", "--draws", 20)
    return lockstep("evaluate", *where, *more)


def figures(document: Mapping[str, Any], metric: str) -> dict[str, Any]:
    return {f["name"]: f["value"] for f in document["metrics"][metric]["figures"]}


def labelled(folder: Path) -> Path:
    """Six members are labelled, one of them as benign, in a CSV file."""
    rows = ["account_id,label,source,at,ring_id"]
    for i, account in enumerate(ACCOUNTS[:6]):
        ring = "r1" if i < 5 else ""
        rows.append(f"{account.removeprefix('x:')},{'benign' if i == 5 else 'sybil'},desk,2026-03-05T00:00:00Z,{ring}")
    path = folder / "labels.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_records_of_labels_in_any_format(folder: Path) -> None:
    ran = run(folder, "--labels", labelled(folder), "--platform", "x", "--json")
    assert ran.code == 0, ran.err
    found = ran.json
    assert found["about"]["findings"] == "2 of shilling, sybil"
    said = figures(found, "accounts")
    assert said["labelled only: precision"] == pytest.approx(5 / 6)
    assert said["labelled only: recall"] == 1
    assert found["metrics"]["rings"]["rows"][0][:4] == ["r1", "found", 5, 5]
    assert found["metrics"]["fairness"]["figures"][0]["name"] == "labelled only: everybody"


def test_one_detector_is_judged_by_itself(folder: Path) -> None:
    ran = run(folder, "--labels", labelled(folder), "--platform", "x", "--detector", "shilling", "--json")
    assert ran.json["about"]["findings"] == "1 of shilling"
    ran = run(folder, "--labels", labelled(folder), "--platform", "x", "--priority", "high", "--json")
    assert (ran.json["about"]["findings"], ran.json["about"]["priority"]) == ("1 of shilling", "high or more")
    ran = run(folder, "--detector", "shiling")
    assert ran.code == 2
    assert "shilling" in ran.err


def test_a_page_has_its_plot_beside_it(folder: Path) -> None:
    ran = run(folder, "--labels", labelled(folder), "--platform", "x", "--out", folder / "page.md")
    assert ran.code == 0, ran.err
    page = (folder / "page.md").read_text()
    assert page.startswith("# Evaluation")
    assert "![Calibration](page-calibration.svg)" in page
    assert (folder / "page-calibration.svg").read_text().startswith("<svg")
    assert "labelled only: recall" in run(folder, "--labels", labelled(folder), "--platform", "x").out


def test_a_demos_truth_and_a_file_of_scores(folder: Path) -> None:
    end = START + timedelta(days=2)
    groups = (
        Group("ring-1", "shilling_cluster", ACCOUNTS[:6], flagged=True, why="posts together", start=START, end=end),
        Group("fans-1", "fans", ACCOUNTS[6:], flagged=False, why="like it", start=START, end=end),
    )
    truth = Truth(1, 500, 10, START, end, groups)
    truth.save(folder / "truth.json")
    (folder / "scores.csv").write_text(
        "account,score\n" + "".join(f"{a},{0.9 - i / 10}\n" for i, a in enumerate(ACCOUNTS))
    )
    out = folder / "said.json"
    ran = run(folder, "--labels", folder / "truth.json", "--scores", folder / "scores.csv", "--out", out)
    assert ran.code == 0, ran.err
    found = json.loads(out.read_bytes())
    assert figures(found, "accounts")["labelled only: AP"] == 1
    assert figures(found, "delay")["median"] == pytest.approx(25, abs=0.1)


def test_what_says_nothing_is_no_evaluation(folder: Path) -> None:
    ran = run(folder)  # the store's one label says "verified"
    assert ran.code == 3
    assert "no label, verdict or pump" in ran.err
    ran = run(folder, "--negative", "verified", "--json")
    assert ran.code == 0, ran.err
    assert figures(ran.json, "fairness")["labelled only: everybody"] == 0


def test_what_cannot_be_read_or_written_is_said(folder: Path) -> None:
    (folder / "scores.csv").write_text("account,score\nx:1,7\n")
    labels = ("--labels", labelled(folder), "--platform", "x")
    for more, code, word in (
        (("--scores", folder / "scores.csv"), 3, "outside"),
        (("--scores", folder / "none.csv"), 3, "no file of scores"),
        (("--out", folder / "page.pdf"), 2, "cannot write .pdf"),
        (("--out", folder / "none" / "page.md"), 2, "cannot be written"),
        (("--at", 99), 2, "no commit 99"),
        (("--positive", "benign", "--negative", "Benign"), 2, "cannot say both"),
        (("--labels", folder / "none.csv"), 3, "none.csv"),
    ):
        ran = run(folder, *labels, *more)
        assert (ran.code, word in ran.err) == (code, True), ran.err


def test_a_cut_knows_the_newest_post_loaded_by_then(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path) as store:
        for batch in ((5, 1), (3,), (9,)):
            rows = [{"post": f"x:{t}", "account": "x:a", "created_at": at(t), "kind": "post"} for t in batch]
            put(store, "posts", *({**r, "tickers": [], "links": [], "hashtags": []} for r in rows))
        with store.view() as view:
            assert _times(view, [0, 1, 2, 3]) == ({1: at(5), 2: at(5), 3: at(9)}, (at(1), at(9)))
        with store.view(0) as view:
            assert _times(view, [0]) == ({}, None)
