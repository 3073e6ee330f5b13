"""Networks made by ``lockstep demo`` on fresh seeds: each planted kind, whole, and before the look-alikes.

A group counts as found by its own detector when one finding names at least half of it. *Member F1* is that of the
finding most like it (0 where there is none); those a finding calls fringe or target are not named. *Precision at k*
takes the first k findings, k being the number of groups planted, and asks how many are true: at least half of those
named are in planted groups. Groups that are planted out of reach (``hidden``) are reported apart and not in k.

*Learnt from verdicts*: the findings of four networks in five are taken as confirmed where they are true and cleared
where not, and what they teach judges those of the fifth; the stated scores of the same findings are beside it. Where
a detector makes too few mistakes to learn from, there is nothing to report.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np

from bench.report import Result
from detectors.base import discover
from detectors.evaluating.matching import Group, Match, Outcome, match, named, true_findings
from detectors.evaluating.resampling import Floats, codes, grouped, intervals, mean_interval
from detectors.run import run
from detectors.scoring.calibration import calibration_error, reliability
from detectors.scoring.features import Feature, Values
from detectors.scoring.ranking import Example, Weighted, learn
from graph.findings import Finding, Role, ranked
from graph.store import open_store
from ingest.formats.base import Options
from ingest.load import load
from lockstep.demo.generate import generate
from lockstep.demo.truth import Truth

SEEDS = range(101, 111)
TARGET = 0.9
EVERY = frozenset(Role)


@dataclass(frozen=True)
class Lesson:
    """A finding with its features, and what people would decide about it."""

    detector: str
    example: Example
    stated: float  # its score without verdicts


@dataclass(frozen=True)
class Judged:
    """One network: what was planted, and what detectors said."""

    seed: int
    truth: Truth
    own: Sequence[Match]  # with findings of the group's own detector
    union: Sequence[Match]  # with findings of any detector
    everybody: Sequence[Match]  # as own, fringe members counted as named
    precision: dict[str, float]  # at k, by kind of group; "all kinds"
    order: dict[str, list[bool]]  # by detector: of its findings that name accounts, most urgent first, which are true
    wrong: Sequence[str]  # look-alikes among the first k of each kind, and findings that are of nobody's
    lessons: Sequence[Lesson]
    seconds: float
    errors: Sequence[str]


def results(data: Path, *, quick: bool) -> list[Result]:  # noqa: ARG001 - the network is made here
    """Every planted kind over the seeds, and what was missed."""
    judged = []
    for seed in SEEDS[:1] if quick else SEEDS:
        one = judge(seed)
        judged.append(one)
        print(f"seed {seed}: {one.seconds:.0f} s; {missed(one)}", flush=True)
    return figures(judged)


def judge(seed: int, *, size: int = 3000, days: int = 30) -> Judged:
    """Make a network, load it, run every detector with default parameters, and hold findings against the truth."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        truth = generate(folder / "data", size=size, seed=seed, days=days)
        secret = hashlib.sha256(f"lockstep demo {seed}".encode()).hexdigest().encode()
        with open_store(f"sqlite:///{folder / 'lockstep.db'}", folder / "store") as store:
            load(store, [folder / "data"], options=Options(), secret=secret)
            done = run(store, list(discover()), {})
        findings = [f for r in done for f in r.findings]
        errors = [f"{r.run.detector}: {r.run.error}" for r in done if r.run.error]
    own, union, everybody = _matches(truth, findings)
    precision, wrong = _first(truth, findings)
    seconds = time.perf_counter() - began
    lessons, order = _lessons(seed, truth, findings), _order(truth, findings)
    return Judged(seed, truth, own, union, everybody, precision, order, wrong, lessons, seconds, errors)


def _lessons(seed: int, truth: Truth, findings: Sequence[Finding]) -> list[Lesson]:
    true = true_findings(findings, {a for g in truth.planted for a in g.members})
    return [
        Lesson(f.detector, Example({r.name: r.value for r in f.reasons}, ok, f"{seed} {f.lineage_id}"), f.score)
        for f, ok in zip(findings, true, strict=True)
        if f.reasons and f.members
    ]


def _order(truth: Truth, findings: Sequence[Finding]) -> dict[str, list[bool]]:
    guilty = {a for g in truth.planted for a in g.members}
    some = [f for f in ranked(findings) if f.members]
    return {name: true_findings([f for f in some if f.detector == name], guilty) for name in {f.detector for f in some}}


def _matches(truth: Truth, findings: Sequence[Finding]) -> tuple[list[Match], list[Match], list[Match]]:
    groups = [Group(g.id, frozenset(g.members), kind=g.kind, why=g.why) for g in truth.planted]
    own: dict[str, Match] = {}
    everybody: dict[str, Match] = {}
    for kind in {g.kind for g in groups}:
        mine = [f for f in findings if f.detector in _detectors(kind)]
        own |= {m.group.id: m for m in match(groups, mine) if m.group.kind == kind}
        everybody |= {m.group.id: m for m in match(groups, mine, EVERY) if m.group.kind == kind}
    return [own[g.id] for g in groups], match(groups, findings), [everybody[g.id] for g in groups]


def _detectors(kind: str) -> set[str]:
    """Detectors that make findings of the kind."""
    return {d.name for d in discover().values() if kind in d.kinds}


def _first(truth: Truth, findings: Sequence[Finding]) -> tuple[dict[str, float], list[str]]:
    """Precision at k by kind and over all, and what is wrong among the first k."""
    guilty = {a for g in truth.planted for a in g.members}
    precision, wrong = {}, []
    for kind in ["all kinds", *sorted({g.kind for g in truth.planted})]:
        planted = [g for g in truth.planted if kind in {g.kind, "all kinds"} and not g.hidden]
        some = [f for f in findings if f.members and (kind == "all kinds" or f.detector in _detectors(kind))]
        first = ranked(some)[: len(planted)]
        true = true_findings(first, guilty)
        precision[kind] = sum(true) / len(planted)
        if kind != "all kinds":
            wrong += [f"{kind} {f.score:.2f}: {_who(truth, f)}" for f, ok in zip(first, true, strict=True) if not ok]
    return precision, wrong


def _who(truth: Truth, finding: Finding) -> str:
    """The look-alike that a false finding is mostly of."""
    names = named(finding)
    hits = max(((len(names & set(g.members)), g.id) for g in truth.lookalikes), default=(0, ""))
    return f"{hits[0]} of {len(names)} are {hits[1]}'s" if hits[0] else f"{len(names)} accounts of no group"


def missed(one: Judged) -> str:
    """What was not found, or found with a member F1 under the target, and false findings among the first."""
    bad = [m for m in one.own if m.best.f1 < TARGET]
    lines = [f"  {m.group.id}: {m.outcome}, member F1 {m.best.f1:.2f}; {m.group.why}" for m in bad]
    lines += [f"  wrong among the first: {w}" for w in one.wrong]
    lines += [f"  failed: {e}" for e in one.errors]
    return "\n".join([f"{len(bad)} of {len(one.own)} groups below a member F1 of {TARGET:g}", *lines])


def figures(judged: Sequence[Judged]) -> list[Result]:
    """Means over seeds with bootstrap intervals."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in judged:
        hidden = {g.id for g in one.truth.planted if g.hidden}
        for own, union, everybody in zip(one.own, one.union, one.everybody, strict=True):
            kind = re.sub(r"-\d+$", "", own.group.id) + (", out of reach" if own.group.id in hidden else "")
            row = found[kind]
            row["found"].append(float(own.outcome is Outcome.FOUND))
            row["member F1"].append(own.best.f1)
            row["member F1 of its lineage"].append(own.whole.f1)
            row["member F1 with fringe members"].append(everybody.best.f1)
            row["member F1, any detector"].append(union.best.f1)
    said = []
    for kind, row in found.items():
        for what, values in row.items():
            aim = TARGET if what in {"found", "member F1"} and "out of reach" not in kind else None
            said.append(_mean(f"{kind}: {what}", values, aim))
    said += [
        _mean(f"precision at k, {kind}", [one.precision[kind] for one in judged], TARGET)
        for kind in judged[0].precision
    ]
    for name in sorted({name for one in judged for name in one.order}):
        orders = [order for one in judged if (order := one.order.get(name))]
        said.append(_mean(f"{name}: findings that name accounts, a network", [float(len(o)) for o in orders], None))
        said.append(_mean(f"{name}: precision of all of them", [float(np.mean(o)) for o in orders], None))
        said.append(_mean(f"{name}: average precision of their order", [_average(o) for o in orders], None))
    seconds = float(np.median([one.seconds for one in judged]))
    said += [r for name in sorted({x.detector for one in judged for x in one.lessons}) for r in learnt(name, judged)]
    return [*said, Result("seconds a network", seconds, "s", 30.0, seconds <= 30)]


def _average(order: Sequence[bool]) -> float:
    """Average precision of true and false findings, the most urgent first; 0 where none is true."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(order, range(len(order), 0, -1))) if any(order) else 0.0


def learnt(detector: str, judged: Sequence[Judged]) -> list[Result]:
    """How well a model of other networks' verdicts orders and calibrates a detector's findings."""
    from sklearn.metrics import average_precision_score

    rows = [(one.seed, x) for one in judged for x in one.lessons if x.detector == detector]
    scores, told = np.full(len(rows), np.nan), np.array([x.example.confirmed for _, x in rows])
    for taught, others in grouped([seed for seed, _ in rows]):
        examples = [rows[i][1].example for i in taught]
        model = learn(examples, _features(examples))
        if isinstance(model, Weighted):
            print(f"{detector}: not learnt from verdicts: {model.note}", flush=True)
            return []
        scores[others] = [model.judge(rows[i][1].example.values).score for i in others]
    if not np.isfinite(scores).all() or told.all() or not told.any():
        return []
    stated = np.array([x.stated for _, x in rows])

    def figures(weight: Floats) -> dict[str, float | None]:
        said = {"learnt from verdicts": scores, "stated": stated}
        found = {
            f"AP of findings, {name}": average_precision_score(told, s, sample_weight=weight)
            for name, s in said.items()
        }
        return found | {f"ECE, {name}": calibration_error(reliability(s, told, weight)) for name, s in said.items()}

    ends = intervals(figures, codes([seed for seed, _ in rows]))
    values = figures(np.ones(len(rows)))
    return [
        Result(f"{detector}: {name}", float(value or 0.0), "1", low=ends[name].low, high=ends[name].high)
        for name, value in values.items()
    ]


def _features(examples: Sequence[Example]) -> list[Feature[Values]]:
    """What the findings of any detector have as reasons, over the range in which they lie."""
    known: dict[str, list[float]] = defaultdict(list)
    for e in examples:
        for name, value in e.values.items():
            known[name] += [] if value is None else [value]
    return [
        Feature(name, itemgetter(name), "", min(values), max(values), 0)
        for name, values in sorted(known.items())
        if values and min(values) < max(values)
    ]


def _mean(name: str, values: Sequence[float], target: float | None) -> Result:
    value, spread = float(np.mean(values)), mean_interval(values)
    return Result(name, value, "1", target, None if target is None else value >= target, spread.low, spread.high)
