"""A finding that names no account in what people read: the table and its row in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from dashboard import views
from graph.findings import Evidence, Finding, Priority, Window
from graph.model import NodeRef, NodeType
from lockstep.verbs.findings import _csv
from tests.stores import at

MOVE = Finding(
    kind="market_anomaly",
    detector="pump",
    version="1",
    params={},
    data_cut=1,
    members=(),
    window=Window(at(0), at(60)),
    score=0.1,
    priority=Priority.NOTE,
    summary="The price of $ABC rose.",
    evidence=(Evidence("volume over its usual value", 21.0, 1.0, 1e-6, "1", (NodeRef(NodeType.TICKER, "ABC"),)),),
    tickers=("ABC",),
)


def test_it_has_a_row_of_its_own(tmp_path: Path) -> None:
    _csv(tmp_path / "f.csv", [MOVE])
    (row,) = csv.DictReader((tmp_path / "f.csv").read_text(encoding="utf-8").splitlines())
    assert (row["finding"], row["tickers"], row["account"]) == (MOVE.id, "ABC", "")


def test_it_is_listed() -> None:
    assert views.member_rows(MOVE, {}) == []
    assert views.finding_rows([MOVE])[0]["Members"] == 0
