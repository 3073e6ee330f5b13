"""Which findings a person should look at first: a stated weighing of features, or what verdicts have taught.

*Without verdicts*, the score is Σ w f / Σ w over the features that are known, f ∈ [0, 1] how much a value speaks for
abuse; each detector declares w and f with its features. It is an uncalibrated rank.

*With verdicts* of at least :data:`LEAST` rings of either outcome: logistic regression over the features, missing ones
filled by the median with a column that says so, standardised. Its log-odds are calibrated on rings that it was not
fitted to, later ones where dates are known (Platt, 1999, with his smoothed targets; isotonic from :data:`MANY` rings
on; both rise with the log-odds or leave them level), so that the score is the share of rings like this one that
analysts confirmed. How far such scores are from the shares seen is measured on rings that neither the model nor its
calibration was fitted to, and said. Nothing is shipped: each platform's model follows from its own verdicts, the same
verdicts give the same model, and none is kept.

A *ring* here is whatever a detector finds; what runs see of one ring is one lineage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from detectors.scoring.calibration import calibration_error, reliability
from detectors.scoring.features import Features, Values
from graph.findings import Reason

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

Floats = npt.NDArray[np.float64]
Fold = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # fitted to, read off
UNCALIBRATED = "uncalibrated rank"
NO_VERDICTS = "no verdicts on rings are loaded"
LEAST = 20  # rings of either outcome from which a model is learnt
MANY = 300  # rings from which calibration is isotonic
FOLDS = 5
SIMILAR = 20  # rings that "k of n similar confirmed" speaks of
PENALTY = 0.1  # inverse strength of the ridge: features are many, verdicts few


@dataclass(frozen=True)
class Example:
    """A ring that people have judged.

    Parameters
    ----------
    values : mapping
        Its features; those not named are unknown.
    confirmed : bool
        Whether they found abuse.
    lineage : str
        The ring's identity across runs: rings of one lineage never teach and test each other.
    at : datetime, optional
        When it was judged.
    """

    values: Values
    confirmed: bool
    lineage: str
    at: datetime | None = None


@dataclass(frozen=True)
class Judgement:
    """What a ranking says of one ring.

    Attributes
    ----------
    score : float
        In [0, 1].
    means : str
        What the score is: "13 of 20 similar confirmed", or "uncalibrated rank".
    reasons : tuple of Reason
        Every feature; those that moved the score most first.
    rank : float
        Orders rings as the score does, without its ties.
    """

    score: float
    means: str
    reasons: tuple[Reason, ...]
    rank: float


class Ranking(Protocol):
    """Judges rings by their features."""

    @property
    def note(self) -> str:
        """One sentence: what it rests on."""

    def judge(self, values: Values) -> Judgement:
        """The judgement of one ring."""


@dataclass(frozen=True)
class Weighted:
    """The score that is not learnt.

    Parameters
    ----------
    features : sequence of Feature
        What the detector declares.
    note : str
        Why nothing was learnt.
    """

    features: Features
    note: str = NO_VERDICTS

    def judge(self, values: Values) -> Judgement:
        """A sum of contributions, one a feature that is known."""
        known = [(f, v) for f in self.features if (v := values.get(f.name)) is not None]
        total = sum(f.weight for f, _ in known)
        parts = {f.name: f.weight * f.suspicion(v) / total for f, v in known} if total else {}
        weights = {f.name: f.weight / total for f, _ in known} if total else {}
        score = min(sum(parts.values()), 1.0)
        return Judgement(round(score, 6), UNCALIBRATED, _reasons(self.features, values, weights, parts), score)


class Learnt:
    """A model of one platform's verdicts.

    Parameters
    ----------
    examples : sequence of Example
        Judged rings, in any order.
    features : sequence of Feature
        What the detector declares; values of other names are not looked at.
    """

    def __init__(self, examples: Sequence[Example], features: Features) -> None:
        self.features = features
        self.examples = _ordered(examples)
        self._inputs = matrix([e.values for e in self.examples], features)
        self._labels = np.array([e.confirmed for e in self.examples], bool)
        self._model = _fit(self._inputs, self._labels)
        self._tested, self._held, self.forward = self._held_out()

    @property
    def note(self) -> str:
        """What it rests on."""
        yes = int(self._labels.sum())
        way = "on later ones" if self.forward else "on rings left out"
        return (
            f"learnt from {len(self._labels)} rings that people judged ({yes} confirmed), calibrated {way};"
            f" calibration error {self.calibration_error:.2f} on rings it was not fitted to"
        )

    @cached_property
    def useful(self) -> bool:
        """Whether what it learnt from some rings orders others better than chance does."""
        labels = self._labels[self._tested]
        if labels.all() or not labels.any():
            return False
        return bool(self._held[labels].mean() > self._held[~labels].mean()) and self._slope > 0

    def judge(self, values: Values) -> Judgement:
        """Calibrated score; reasons in log-odds."""
        row = matrix([values], self.features)
        rank = float(self._model.decision_function(row)[0])
        near = np.argsort(np.abs(self._held - rank), kind="stable")[:SIMILAR]
        k = int(self._labels[self._tested][near].sum())
        weights, parts = self._contributions(row)
        score = round(float(self._calibrated(np.array([rank]))[0]), 6)
        return Judgement(
            score, f"{k} of {len(near)} similar confirmed", _reasons(self.features, values, weights, parts), rank
        )

    def _held_out(self) -> tuple[npt.NDArray[np.int64], Floats, bool]:
        """Rings not fitted to: which, their log-odds, and whether each is later than those its model was fitted to."""
        for forward, folds in ((True, self._later()), (False, self._groups())):
            parts = [
                (test, _fit(self._inputs[train], self._labels[train]).decision_function(self._inputs[test]))
                for train, test in folds
            ]
            if parts:
                tested, held = (np.concatenate(column) for column in zip(*parts, strict=True))
                if 0 < self._labels[tested].sum() < len(tested):
                    return tested, held, forward
        return np.empty(0, np.int64), np.empty(0), False

    def _later(self) -> list[Fold]:
        """Folds forward in time, whole lineages; none where a date is missing."""
        dates: dict[str, datetime] = {}
        for e in self.examples:
            if e.at is None:
                return []
            dates[e.lineage] = min(e.at, dates.get(e.lineage, e.at))
        lineages = sorted(dates, key=lambda name: (dates[name], name))
        block = {name: FOLDS * i // len(lineages) for i, name in enumerate(lineages)}
        blocks = np.array([block[e.lineage] for e in self.examples])
        folds = [(np.flatnonzero(blocks < k), np.flatnonzero(blocks == k)) for k in range(1, FOLDS)]
        return [(a, b) for a, b in folds if _both(self._labels[a]) and len(b)]

    def _groups(self) -> list[Fold]:
        return _folds([e.lineage for e in self.examples], self._labels)

    @cached_property
    def held_out(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Calibrated scores of rings that neither model nor calibration was fitted to, and what was decided of them.

        The calibration is fitted to four fifths of the rings held out and read off the others, whole lineages apart.
        """
        labels, scores = self._labels[self._tested], np.full(len(self._tested), np.nan)
        lineages = [self.examples[i].lineage for i in self._tested]
        for fit, read in _folds(lineages, labels):
            scores[read] = _calibration(self._held[fit], labels[fit])(self._held[read])
        kept = np.isfinite(scores)
        return scores[kept], labels[kept]

    @cached_property
    def calibration_error(self) -> float:
        """Expected calibration error of :attr:`held_out`; NaN where too little could be held out."""
        return calibration_error(reliability(*self.held_out))

    @cached_property
    def _slope(self) -> float:
        return float(_platt(self._held, self._labels[self._tested]).coef_[0, 0])

    @cached_property
    def _calibrated(self) -> Callable[[Floats], Floats]:
        return _calibration(self._held, self._labels[self._tested])

    def _contributions(self, row: Floats) -> tuple[dict[str, float], dict[str, float]]:
        """By feature: weight a standard deviation, and log-odds added, also by its being unknown."""
        fill, scale, model = self._model[0], self._model[1], self._model[2]
        standard = scale.transform(fill.transform(row))[0]
        names = [f.name for f in self.features]
        owners = names + [names[i] for i in fill.indicator_.features_]
        weights = dict(zip(names, map(float, model.coef_[0]), strict=False))
        parts = dict.fromkeys(names, 0.0)
        for name, part in zip(owners, model.coef_[0] * standard, strict=True):
            parts[name] += float(part)
        return weights, parts


def learn(examples: Sequence[Example], features: Features) -> Ranking:
    """The ranking that these verdicts allow: learnt where they suffice, else the stated weighing, which says why.

    Parameters
    ----------
    examples : sequence of Example
        Judged rings of one detector, with the features recorded of them; in any order.
    features : sequence of Feature
        What the detector declares.
    """
    yes = len({e.lineage for e in examples if e.confirmed})
    no = len({e.lineage for e in examples if not e.confirmed})
    if min(yes, no) < LEAST:
        if not examples:
            return Weighted(features)
        said = f"verdicts confirmed {yes} rings and cleared {no}; {LEAST} of either are needed to learn from"
        return Weighted(features, said)
    model = Learnt(examples, features)
    if not model.useful:
        said = f"what {yes} confirmed and {no} cleared rings teach does not carry over to others of them"
        return Weighted(features, said)
    return model


def matrix(values: Iterable[Values], features: Features) -> Floats:
    """Features within their ranges, one row a ring, NaN where unknown; shape (n_rings, n_features)."""
    rows = [[np.nan if (v := row.get(f.name)) is None else f.scaled(v) for f in features] for row in values]
    return np.array(rows, float).reshape(len(rows), len(features))


def _fit(inputs: Floats, labels: npt.NDArray[np.bool_]) -> Pipeline:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=1000),
    ).fit(inputs, labels)


def _platt(ranks: Floats, labels: npt.NDArray[np.bool_]) -> LogisticRegression:
    """Platt's sigmoid with his smoothed targets."""
    from sklearn.linear_model import LogisticRegression

    yes, no = int(labels.sum()), int((~labels).sum())
    target = np.where(labels, (yes + 1) / (yes + 2), 1 / (no + 2))
    inputs = np.concatenate([ranks, ranks])[:, None]
    truth = np.repeat([True, False], len(labels))
    return LogisticRegression(C=1e3, max_iter=1000).fit(inputs, truth, np.concatenate([target, 1 - target]))


def _calibration(ranks: Floats, labels: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """From log-odds to shares, fitted to these."""
    from sklearn.isotonic import IsotonicRegression

    if len(ranks) >= MANY:
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(ranks, labels.astype(float))
        return lambda asked: np.asarray(steps.predict(asked))
    curve = _platt(ranks, labels)
    return lambda asked: np.asarray(curve.predict_proba(asked[:, None])[:, 1])


def _folds(lineages: Sequence[str], labels: npt.NDArray[np.bool_]) -> list[Fold]:
    """Folds of whole lineages, those whose first part has both outcomes."""
    from sklearn.model_selection import GroupKFold

    count = min(FOLDS, len(set(lineages)))
    if count < 2:
        return []
    folds = GroupKFold(count).split(np.zeros((len(labels), 1)), labels, list(lineages))
    return [(a, b) for a, b in folds if _both(labels[a])]


def _both(labels: npt.NDArray[np.bool_]) -> bool:
    return bool(len(labels)) and 0 < labels.sum() < len(labels)


def _ordered(examples: Sequence[Example]) -> list[Example]:
    """In an order that follows from the examples alone."""
    return sorted(
        examples,
        key=lambda e: (e.at.timestamp() if e.at else 0.0, e.lineage, e.confirmed, repr(sorted(e.values.items()))),
    )


def _reasons(
    features: Features, values: Values, weights: dict[str, float], parts: dict[str, float]
) -> tuple[Reason, ...]:
    """Every feature; unknown ones at the end."""
    found = [
        Reason(
            f.name,
            values.get(f.name),
            round(weights.get(f.name, 0.0), 6),
            round(parts.get(f.name, 0.0), 6),
            f.about if values.get(f.name) is not None or not f.needs else f"unknown: needs {f.needs}",
        )
        for f in features
    ]
    return tuple(sorted(found, key=lambda r: (r.value is None, -abs(r.contribution))))
