"""``lockstep scores``: one row an account, for any detector."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from sklearn.metrics import roc_auc_score

from detectors.base import SCORES
from graph.store import open_store
from tests.cli import lockstep
from tests.farms import Platform
from tests.stores import fill


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that name a store with a farm in it; one account's name is a spreadsheet's formula."""
    folder = tmp_path_factory.mktemp("scores")
    platform = Platform()
    platform.farm()
    platform.account("=1+1:odd")
    url = f"sqlite:///{folder}/graph.db"
    with open_store(url, folder / "data") as store:
        fill(store, {table: rows for table, rows in platform.rows.items() if rows})
    return ["--store", url, "--data-dir", str(folder / "data")]


def test_every_account_is_in_the_file_once(where: list[str], tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    ran = lockstep("scores", "--detector", "sybil", "--out", out, "--json", *where)
    assert ran.code == 0
    assert {**ran.json, "above_zero": 0} == {
        "detector": "sybil",
        "data_cut": 1,
        "accounts": 247,
        "above_zero": 0,
        "findings": 1,
        "out": str(out),
    }
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({r["account"] for r in rows}) == len(rows) == 247
    assert rows[0]["account"] == "'=1+1:odd"
    farm = [r for r in rows if r["account"].startswith("x:farm")]
    assert len(farm) == 6
    assert min(float(r["score"]) for r in farm) > max(float(r["score"]) for r in rows if r not in farm)
    assert {bool(r["finding"]) for r in farm} == {True}


def test_parquet_has_the_declared_columns(where: list[str], tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    ran = lockstep("scores", "--detector", "sybil", "--set", "sybil.signals=identifiers", "--out", out, *where)
    assert ran.code == 0
    assert "247 accounts" in ran.err
    assert parquet.read_table(out).schema.equals(SCORES)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--detector", "sybil", "--out", "x.xlsx"], "cannot write '.xlsx' files"),
        (["--detector", "sybill", "--out", "x.csv"], "did you mean 'sybil'"),
        (["--detector", "sybil", "--out", "no/such/x.csv"], "cannot be written"),
        (["--detector", "sybil", "--out", "x.csv", "--set", "sybil.levl=1"], "did you mean 'level'"),
        (["--detector", "sybil", "--out", "x.csv", "--until", "soon"], "is no time"),
    ],
)
def test_what_cannot_be_is_said(where: list[str], tmp_path: Path, options: list[str], said: str) -> None:
    options[3] = str(tmp_path / options[3])
    ran = lockstep("scores", *options, *where)
    assert ran.code == 2
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_detector_that_fails_says_so(where: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from detectors.sybil import Sybil

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(Sybil, "scores", broken)
    ran = lockstep("scores", "--detector", "sybil", "--out", tmp_path / "x.csv", *where)
    assert ran.code == 5
    assert "ZeroDivisionError: by design" in ran.err


def test_trust_from_few_labels_orders_a_real_graph_through_the_store(shared_data: Path, tmp_path: Path) -> None:
    """Two accounts in five of a real follow graph and its copy that stands for sybils, with random follows between."""
    rng = np.random.default_rng(8)
    with (shared_data / "sybil_graph" / "labels.csv").open(newline="") as file:
        labels = {row["node"]: row for row in csv.DictReader(file)}
    kept = {n for n, row in sorted(labels.items()) if row["split"] == "train" or rng.random() < 0.4}
    table = parquet.read_table(shared_data / "sybil_graph" / "edges.parquet")
    ends = zip(*(map(str, table[c].to_pylist()) for c in ("u", "v")), strict=True)
    edges = [(a, b) for a, b in ends if a in kept and b in kept]
    sides = [[n for n in sorted(kept) if labels[n]["label"] == side] for side in ("benign", "sybil")]
    edges += list(zip(*(rng.choice(side, 500).tolist() for side in sides), strict=True))
    follows = [
        {
            "interaction": f"{k}{way}",
            "account": f"x:{a}",
            "kind": "follow",
            "target_type": "account",
            "target": f"x:{b}",
        }
        for k, edge in enumerate(edges)
        for way, (a, b) in (("to", edge), ("fro", edge[::-1]))
    ]
    seeds = [
        {"account": f"x:{n}", "label": labels[n]["label"], "source": "given"}
        for n in sorted(kept)
        if labels[n]["split"] == "train"
    ]
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url, tmp_path / "data") as store:
        fill(
            store, {"accounts": [{"account": f"x:{n}"} for n in sorted(kept)], "labels": seeds, "interactions": follows}
        )
    out = tmp_path / "scores.parquet"
    where = ["--store", url, "--data-dir", tmp_path / "data"]
    assert lockstep("scores", "--detector", "sybil", "--out", out, *where).code == 0
    found = dict(zip(*(parquet.read_table(out)[c].to_pylist() for c in ("account", "score")), strict=True))
    tested = [n for n in sorted(kept) if labels[n]["split"] == "test"]
    truth = [labels[n]["label"] == "sybil" for n in tested]
    assert roc_auc_score(truth, [found[f"x:{n}"] for n in tested]) >= 0.97
