"""Rings are ranked by a stated weighing, or by what verdicts taught; both say why, and neither makes anything up."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest

from detectors.coaction.features import FEATURES
from detectors.scoring.features import Feature, Values, measured
from detectors.scoring.ranking import LEAST, MANY, UNCALIBRATED, Example, Learnt, Weighted, learn, matrix
from tests.stores import at

NEUTRAL: Values = {f.name: (f.low + f.high) / 2 for f in FEATURES}


def example(i: int, *, confirmed: bool, dated: bool = True, noise: float = 0.3, signal: bool = True) -> Example:
    """A judged ring whose confirmed ones have fewer interests in common; some features are not known."""
    rng = random.Random(i)
    middle = 0.5 + (0.25 if confirmed != signal else -0.25)
    values: dict[str, float | None] = {"interests": min(max(rng.gauss(middle, noise), 0), 1)}
    values["burst size"] = rng.random()
    values["verified"] = rng.random() if i % 3 else None
    return Example(values, confirmed, f"ring {i}", at(86_400 * rng.randrange(400)) if dated else None)


def judged(n: int, **how: bool | float) -> list[Example]:
    """As many confirmed as cleared."""
    return [example(i, confirmed=bool(i % 2), **how) for i in range(n)]  # type: ignore[arg-type]


# -- the stated weighing -----------------------------------------------------------------------------------------------


def test_the_score_is_the_sum_of_what_is_shown() -> None:
    said = Weighted(FEATURES).judge(NEUTRAL)
    assert said.means == UNCALIBRATED
    assert said.score == pytest.approx(0.5)
    assert sum(r.contribution for r in said.reasons) == pytest.approx(said.score, abs=1e-4)
    assert sum(r.weight for r in said.reasons) == pytest.approx(1, abs=1e-4)
    assert {r.name for r in said.reasons} == {f.name for f in FEATURES}


def test_every_weighted_feature_moves_the_score_the_way_it_is_said_to() -> None:
    for f in FEATURES:
        low, high = (Weighted(FEATURES).judge({**NEUTRAL, f.name: x}).score for x in (f.low, f.high))
        assert np.sign(round(high - low, 9)) == (f.abuse if f.weight else 0), f.name


def test_what_is_unknown_neither_raises_nor_lowers() -> None:
    known = {"burst size": 1.0, "surprise": 3.0}
    said = Weighted(FEATURES).judge(known)
    assert said.score == pytest.approx(1)
    unknown = next(r for r in said.reasons if r.name == "templates")
    assert (unknown.value, unknown.weight, unknown.contribution) == (None, 0, 0)
    assert unknown.about == "unknown: needs texts of posts"
    assert [r.value is None for r in said.reasons] == sorted(r.value is None for r in said.reasons)
    assert Weighted(FEATURES).judge({}).score == 0
    assert 0 <= Weighted(FEATURES).judge({f.name: 1e12 for f in FEATURES}).score <= 1


# -- learnt ------------------------------------------------------------------------------------------------------------


def test_without_verdicts_or_with_few_the_weighing_stands_and_says_so() -> None:
    assert isinstance(learn([], FEATURES), Weighted)
    few = learn(judged(2 * LEAST - 2), FEATURES)
    assert isinstance(few, Weighted)
    assert (
        few.note
        == f"verdicts confirmed {LEAST - 1} rings and cleared {LEAST - 1}; {LEAST} of either are needed to learn from"
    )
    repeated = [Example({}, c, f"one {c}", at(i)) for i in range(50) for c in (True, False)]
    assert isinstance(learn(repeated, FEATURES), Weighted)  # two rings, however often they were judged
    only = [example(i, confirmed=True) for i in range(100)]
    assert isinstance(learn(only, FEATURES), Weighted)


def test_verdicts_teach_what_they_go_by() -> None:
    model = learn(judged(120), FEATURES)
    assert isinstance(model, Learnt)
    assert model.forward
    assert model.note.startswith("learnt from 120 rings that people judged (60 confirmed), calibrated on later ones; ")
    assert f"calibration error {model.calibration_error:.2f}" in model.note
    bad, good = (model.judge({"interests": x, "burst size": 0.5}) for x in (0.0, 1.0))
    assert bad.score > 0.7
    assert good.score < 0.3
    assert bad.rank > good.rank
    assert bad.reasons[0].name == "interests"
    k, of = (int(x) for x in bad.means.removesuffix(" similar confirmed").split(" of "))
    assert of == 20
    assert k >= 12


def test_reasons_of_a_learnt_score_sum_to_its_log_odds() -> None:
    model = Learnt(judged(120), FEATURES)
    for values in ({"interests": 0.2}, {"interests": 0.9, "verified": 1.0, "burst size": None}):
        said = model.judge(values)
        rest = said.rank - sum(r.contribution for r in said.reasons)
        assert rest == pytest.approx(float(model._model[2].intercept_[0]), abs=1e-4)


def test_verdicts_that_go_by_nothing_known_teach_nothing() -> None:
    same = [Example({"interests": 0.5}, bool(i % 2), f"r{i}", at(i)) for i in range(100)]
    said = learn(same, FEATURES)
    assert isinstance(said, Weighted)
    assert said.note.startswith("what 50 confirmed and 50 cleared rings teach does not carry over")


def test_what_turned_into_its_opposite_is_not_carried_over() -> None:
    turned = [
        Example(
            {"interests": float(i % 2) if i < 60 else 1 - float(i % 2)}, bool(i % 2), f"r{i}", at(0) + timedelta(days=i)
        )
        for i in range(75)
    ]
    late = [e for e in turned if e.at is not None and e.at >= at(86_400 * 60)]
    model = Learnt(turned, FEATURES)
    assert model.forward
    tested = [model.examples[i] for i in model._tested]
    assert {e.lineage for e in late} <= {e.lineage for e in tested}
    early = [e for e in turned if e not in tested]
    assert max(e.at for e in early if e.at) < min(e.at for e in tested if e.at)


def test_undated_verdicts_are_calibrated_on_rings_left_out() -> None:
    model = learn(judged(80, dated=False), FEATURES)
    assert isinstance(model, Learnt)
    assert not model.forward
    assert "calibrated on rings left out" in model.note


def test_runs_of_one_ring_never_teach_and_test_each_other() -> None:
    several = [Example(e.values, e.confirmed, f"line {i // 4}", e.at) for i, e in enumerate(judged(200))]
    for dated in (True, False):
        given = several if dated else [Example(e.values, e.confirmed, e.lineage) for e in several]
        model = Learnt(given, FEATURES)
        for train, test in model._later() or model._groups():
            mine, theirs = ({model.examples[i].lineage for i in side} for side in (train, test))
            assert not mine & theirs


def test_a_learnt_ranking_does_not_depend_on_the_order_of_verdicts() -> None:
    given = judged(100)
    one, other = Learnt(given, FEATURES), Learnt(random.Random(1).sample(given, len(given)), FEATURES)
    for values in ({"interests": 0.3}, {"verified": 0.5}):
        assert one.judge(values) == other.judge(values)


@pytest.mark.parametrize("count", [160, 2 * MANY])
def test_scores_are_shares_of_what_was_confirmed(count: int) -> None:
    model = Learnt(judged(count, noise=0.4), FEATURES)
    fresh = [example(i, confirmed=bool(i % 2), noise=0.4) for i in range(10_000, 10_600)]
    scores = np.array([model.judge(e.values).score for e in fresh])
    truth = np.array([e.confirmed for e in fresh])
    assert ((scores >= 0) & (scores <= 1)).all()
    for low, high in ((0.0, 0.35), (0.35, 0.65), (0.65, 1.0)):
        inside = (scores >= low) & (scores <= high)
        assert inside.sum() > 20
        assert scores[inside].mean() == pytest.approx(truth[inside].mean(), abs=0.15)


def test_the_calibration_is_measured_on_rings_that_it_was_not_fitted_to() -> None:
    honest = Learnt(judged(400, noise=0.4), FEATURES)
    scores, labels = honest.held_out
    assert len(scores) == len(honest._tested)
    assert honest.calibration_error < 0.12
    assert scores[labels].mean() > scores[~labels].mean() + 0.2
    rng = random.Random(2)
    lies = [Example(e.values, rng.random() < 0.5, e.lineage, e.at) for e in judged(400, noise=0.4)]
    scores, labels = Learnt(lies, FEATURES).held_out
    assert abs(scores[labels].mean() - scores[~labels].mean()) < 0.05  # nothing to be learnt: it knows nothing


def test_another_detectors_features_do_as_well() -> None:
    features: tuple[Feature[float], ...] = (
        Feature("lead", lambda x: x, "posts before the price", 0, 1, 1, 0.7),
        Feature("depth", lambda _: None, "price", 0, 1, 1, 0.3, needs="candles"),
    )
    assert measured(0.25, features) == {"lead": 0.25, "depth": None}
    said = Weighted(features).judge(measured(0.25, features))
    assert said.score == 0.25
    assert [r.about for r in said.reasons] == ["posts before the price", "unknown: needs candles"]
    rng = random.Random(5)
    rows = [(bool(i % 2), rng.gauss(0.7 if i % 2 else 0.3, 0.15)) for i in range(100)]
    model = learn([Example({"lead": x}, c, f"p{i}", at(i)) for i, (c, x) in enumerate(rows)], features)
    assert isinstance(model, Learnt)
    assert model.judge({"lead": 0.9}).score > 0.8
    assert model.judge({"lead": 0.1}).score < 0.2


def test_all_values_unknown_can_be_judged_and_learnt_from() -> None:
    model = Learnt([*judged(80), *(Example({}, bool(i % 2), f"blank {i}", at(i)) for i in range(20))], FEATURES)
    said = model.judge({})
    assert 0 < said.score < 1
    assert matrix([{}], FEATURES).shape == (1, len(FEATURES))
    assert np.isnan(matrix([{}], FEATURES)).all()
    assert matrix([], FEATURES).shape == (0, len(FEATURES))
