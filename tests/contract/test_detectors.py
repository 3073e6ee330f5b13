"""What every detector must do, whoever wrote it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import SCORES, Detector, Scope, discover, resolve
from detectors.run import run
from graph.errors import ConfigError
from graph.findings import Finding, Role
from graph.model import NodeType
from graph.store import Store, open_store
from tests.coactions import planted, renamed
from tests.stores import fill, read

TIMES = re.compile(r"\d\d:\d\d(:\d\d)?|\d{1,2} [A-Z][a-z]+ \d{4}|\d{4}-\d\d-\d\d")
"""Times and dates in a sentence: they move with the data."""
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
DETECTORS = list(discover().values())


@pytest.fixture(params=DETECTORS, ids=lambda d: d.name)
def detector(request: pytest.FixtureRequest) -> Detector:
    """Each discovered detector."""
    found: Detector = request.param
    return found


@pytest.fixture(scope="module")
def network() -> Rows:
    """A small platform with something planted in it."""
    return planted()


@dataclass
class Bench:
    """Makes stores in a folder and runs one detector with its defaults over them."""

    folder: Path

    def store(self, rows: Rows) -> Store:
        """A store that holds the rows."""
        store = open_store("memory://", self.folder / "data")
        if rows:
            fill(store, rows)
        return store

    def findings(self, detector: Detector, rows: Rows, scope: Scope | None = None) -> list[Finding]:
        """What the detector flags."""
        with self.store(rows) as store, store.view() as view:
            return list(detector.detect(view, resolve(detector, {}, "test"), scope or Scope()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def plain(finding: Finding) -> dict[str, Any]:
    """What a finding says, without ids, orders and hashes that follow from names."""
    return {
        "kind": finding.kind,
        "members": sorted((m.account, m.score, str(m.role), len(m.evidence)) for m in finding.members),
        "tickers": sorted(finding.tickers),
        "links": sorted(finding.links),
        "score": finding.score,
        "priority": finding.priority,
        "summary": TIMES.sub("then", finding.summary),
        "evidence": sorted(
            (e.measure, e.value, e.expected, e.p_value, sorted(map(str, e.nodes)), sorted(e.interactions))
            for e in finding.evidence
        ),
        "layers": finding.layers,
        "rests_on": len(finding.rests_on),
        "would_clear": finding.would_clear,
    }


def test_it_declares_everything(detector: Detector) -> None:
    assert detector.name.isidentifier()
    assert detector.version
    assert detector.kinds
    assert detector.about.endswith(".")
    names = [p.name for p in detector.params]
    assert len(names) == len(set(names))
    assert all(p.about and p.unit for p in detector.params)
    assert resolve(detector, {}, detector.name) == {p.name: p.default for p in detector.params}


def test_an_unknown_parameter_is_refused_with_the_nearest_name(detector: Detector) -> None:
    name = detector.params[0].name
    with pytest.raises(ConfigError, match=f"did you mean '{name}'"):
        resolve(detector, {f"{name}x": 1}, detector.name)


def test_a_value_out_of_range_is_refused(detector: Detector) -> None:
    for param in detector.params:
        if param.low is not None:
            with pytest.raises(ConfigError, match=param.name):
                resolve(detector, {param.name: param.type(param.low - 1)}, detector.name)


def test_an_empty_store_gives_nothing_and_a_sentence(detector: Detector, bench: Bench) -> None:
    with bench.store({}) as store:
        (result,) = run(store, [detector.name], {})
        with store.view() as view:
            assert [r.id for r in view.runs()] == [result.run.id]
    assert result.findings == ()
    assert result.run.error is None
    assert result.run.summary


def test_the_same_input_gives_the_same_findings(detector: Detector, bench: Bench, network: Rows) -> None:
    assert bench.findings(detector, network) == bench.findings(detector, network)


def test_the_order_of_loading_does_not_matter(detector: Detector, bench: Bench, network: Rows) -> None:
    shuffled = {t: random.Random(3).sample(list(rows), len(rows)) for t, rows in network.items()}
    assert bench.findings(detector, shuffled) == bench.findings(detector, network)


def test_renaming_accounts_renames_findings(detector: Detector, bench: Bench, network: Rows) -> None:
    accounts = sorted({r["account"] for r in network["posts"]})
    names = dict(zip(accounts, [f"x:new{i:03}" for i in reversed(range(len(accounts)))], strict=True))

    def rename(value: Any) -> Any:
        if isinstance(value, str):
            key = value.removeprefix("account/")
            return value.removesuffix(key) + names.get(key, key)
        return type(value)(map(rename, value)) if isinstance(value, list | tuple) else value

    expected = [plain(f) for f in bench.findings(detector, network)]
    for found in expected:
        found["members"] = sorted(rename(found["members"]))
        found["evidence"] = sorted((*e[:4], sorted(rename(e[4])), e[5]) for e in found["evidence"])
    got = [plain(f) for f in bench.findings(detector, renamed(network, names))]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def test_shifting_all_times_shifts_findings(detector: Detector, bench: Bench, network: Rows) -> None:
    by = timedelta(days=3, hours=1, minutes=7, seconds=13)
    moved = {t: [{**r, "created_at": r["created_at"] + by} for r in rows] for t, rows in network.items()}
    before, after = bench.findings(detector, network), bench.findings(detector, moved)
    assert [plain(f) for f in after] == [plain(f) for f in before]
    assert [f.window.start - by for f in after] == [f.window.start for f in before]


def test_it_writes_nothing(detector: Detector, bench: Bench, network: Rows) -> None:
    with bench.store(network) as store, store.view() as view:
        tables = {t: read(view, t) for t in ("posts", "accounts", "interactions")}
        detector.detect(view, resolve(detector, {}, "test"), Scope())
        assert store.head() == view.seq
        assert {t: read(view, t) for t in tables} == tables


def test_findings_can_be_opened(detector: Detector, bench: Bench, network: Rows) -> None:
    with bench.store(network) as store, store.view() as view:
        for finding in detector.detect(view, resolve(detector, {}, "test"), Scope()):
            assert finding.kind in detector.kinds
            assert finding.data_cut == view.seq
            assert finding.summary.endswith(".")
            assert all(view.has(node) for e in finding.evidence for node in e.nodes)
            acts = {r["interaction"] for r in read(view, "interactions")}
            assert {i for e in finding.evidence for i in e.interactions} <= acts
            assert all(view.account(a) is not None for a in finding.accounts)
            assert finding.would_clear


def test_core_and_amplifier_members_have_evidence_of_their_own(detector: Detector, bench: Bench, network: Rows) -> None:
    for finding in bench.findings(detector, network):
        by_ref = {e.ref: e for e in finding.evidence}
        for member in finding.members:
            if member.role in {Role.CORE, Role.AMPLIFIER}:
                own = [by_ref[r] for r in member.evidence]
                assert any((NodeType.ACCOUNT, member.account) in e.nodes for e in own)


def test_a_scope_leaves_the_rest_out(detector: Detector, bench: Bench, network: Rows) -> None:
    times = sorted(r["created_at"] for r in network["posts"])
    scope = Scope(times[len(times) // 4], times[3 * len(times) // 4])
    inside = {t: [r for r in rows if scope.start <= r["created_at"] < scope.end] for t, rows in network.items()}
    got = [plain(f) for f in bench.findings(detector, network, scope)]
    assert got == [plain(f) for f in bench.findings(detector, inside)]


def scored(detector: Detector, bench: Bench, rows: Rows) -> dict[str, tuple[float, str | None]]:
    """What the detector says of each account, after looking at the table's form."""
    with bench.store(rows) as store, store.view() as view:
        table = detector.scores(view, resolve(detector, {}, "test"), Scope())
    assert table.schema.equals(SCORES)
    names = table["account"].to_pylist()
    assert names == sorted(set(names))
    assert all(0 <= score <= 1 for score in table["score"].to_pylist())
    return dict(zip(names, zip(table["score"].to_pylist(), table["finding"].to_pylist(), strict=True), strict=True))


def test_each_account_has_one_score(detector: Detector, bench: Bench, network: Rows) -> None:
    found = scored(detector, bench, {**network, "accounts": [{"account": "x:silent"}]})
    assert set(found) == {r["account"] for r in network["posts"]} | {"x:silent"}
    assert scored(detector, bench, {}) == {}


def test_a_finding_s_members_are_scored_by_it(detector: Detector, bench: Bench, network: Rows) -> None:
    found = scored(detector, bench, network)
    findings = {f.id: set(f.accounts) for f in bench.findings(detector, network)}
    assert {name for name, (_, finding) in found.items() if finding} == {a for m in findings.values() for a in m}
    assert all(name in findings[finding] for name, (_, finding) in found.items() if finding)


def test_scores_follow_from_the_rows_alone(detector: Detector, bench: Bench, network: Rows) -> None:
    shuffled = {t: random.Random(3).sample(list(rows), len(rows)) for t, rows in network.items()}
    found = scored(detector, bench, network)
    assert scored(detector, bench, network) == found
    assert scored(detector, bench, shuffled) == found


def test_renaming_accounts_renames_scores(detector: Detector, bench: Bench, network: Rows) -> None:
    accounts = sorted({r["account"] for r in network["posts"]})
    names = dict(zip(accounts, [f"x:new{i:03}" for i in reversed(range(len(accounts)))], strict=True))
    expected = {names[a]: score for a, (score, _) in scored(detector, bench, network).items()}
    assert {a: score for a, (score, _) in scored(detector, bench, renamed(network, names)).items()} == expected


def test_discovery_finds_each_detector_once() -> None:
    names = [d.name for d in DETECTORS]
    assert names == sorted(set(names))
    assert "shilling" in names
