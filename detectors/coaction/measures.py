"""What is measured of a ring's acts: a number, or None where nothing can be said.

Every function takes a :class:`detectors.coaction.subject.Subject`. Names of accounts, the order of rows, and the time
at which the data begin make no difference to any of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detectors.coaction.subject import DAY, Subject
from detectors.coaction.sweep import MICROSECONDS

HOUR = 3_600 * MICROSECONDS
HARMONICS = np.arange(1, 4)  # of the day: day and night, mornings and evenings, meals
FEW = 5  # messages outside bursts from which a member's rhythm or interests can be seen
ON_THE_MINUTE = 2 * MICROSECONDS


def size(subject: Subject) -> float:
    """Number of accounts, as a power of two."""
    return float(np.log2(len(subject.ring.codes)))


def activity_outside(subject: Subject) -> float:
    """Mean over members of the share of their messages that are in no burst."""
    return 1 - sum(subject.ring.focus.values()) / len(subject.ring.focus)


def burst_size(subject: Subject) -> float:
    """Mean share of the ring that takes part in a burst."""
    return subject.ring.burst_size


def cohesion(subject: Subject) -> float:
    """Share of the pairs of members that were in a burst together."""
    from scipy.sparse import coo_array, hstack

    codes = subject.ring.codes
    parts = [
        coo_array(
            (np.ones(len(t.bursts), np.int32), (np.searchsorted(codes, t.actors), t.bursts)), (len(codes), t.count)
        )
        for t in subject.ring.togethers
    ]
    taken = hstack(parts).tocsr()
    met = (taken @ taken.T).count_nonzero() - len(np.unique(taken.nonzero()[0]))
    return float(met / (len(codes) * (len(codes) - 1)))


def surprise(subject: Subject) -> float:
    """Meetings of members against those that the null expects, as a power of ten; the layer that surprises most."""
    found = [np.log10(t.meetings() / max(float(t.expected.sum()), 1e-9)) for t in subject.ring.togethers]
    return float(max(found))


def concentration(subject: Subject) -> float:
    """Chance that two bursts of the fullest layer, picked at random, are on one object."""
    fullest = max(subject.ring.togethers, key=lambda t: t.count)
    counts = np.array([n for _, n in fullest.by_thing], float)
    return float((counts * (counts - 1)).sum() / max(counts.sum() * (counts.sum() - 1), 1.0))


def attention_elsewhere(subject: Subject) -> float:
    """Mean over bursts of the share of all acts on their object that are not members'."""
    shares = []
    for t in subject.ring.togethers:
        first, _ = _bounds(t.bursts)
        mine = np.bincount(_things(subject, t.stream), minlength=len(t.stream.sweep.things))
        every = t.stream.null.popularity
        shares.append(1 - mine[t.things[first]] / np.maximum(every[t.things[first]], 1))
    return float(np.concatenate(shares).mean())


def crowd(subject: Subject) -> float:
    """Mean over bursts of the share of acts on their object, within an hour on either side, that are not members'."""
    shares = []
    for t in subject.ring.togethers:
        sweep = t.stream.sweep
        edges = np.searchsorted(sweep.objects, np.arange(len(sweep.things) + 1))
        mine = t.stream.among(subject.ring.codes)
        for first, after in zip(*_bounds(t.bursts), strict=True):
            low, high = edges[t.things[first]], edges[t.things[first] + 1]
            span = [t.times[first] - HOUR, t.times[after - 1] + HOUR + 1]
            begin, end = low + np.searchsorted(sweep.times[low:high], span)
            shares.append(1 - mine[begin:end].mean())
    return float(np.mean(shares))


def span(subject: Subject) -> float:
    """Days from the first burst to the last, plus one, as a power of ten."""
    return float(np.log10(1 + (subject.ends - subject.begins) / DAY))


def frequency(subject: Subject) -> float:
    """Bursts of the fullest layer a day of the time from first to last, plus one, as a power of ten."""
    most = max(t.count for t in subject.ring.togethers)
    return float(np.log10(1 + most / (1 + (subject.ends - subject.begins) / DAY)))


def regularity(subject: Subject) -> float | None:
    """How even the gaps between bursts are: 1 / (1 + their coefficient of variation); None for under four bursts."""
    starts = np.unique(np.concatenate([t.times[_bounds(t.bursts)[0]] for t in subject.ring.togethers]))
    if len(starts) < 4:
        return None
    gaps = np.diff(starts).astype(float)
    return float(1 / (1 + gaps.std() / max(gaps.mean(), 1.0)))


def promptness(subject: Subject) -> float:
    """How soon one post of a burst follows the one before: 1 at once, 0 at the end of the window; the mean."""
    soon = []
    for t in subject.ring.togethers:
        step = np.diff(t.times)[np.diff(t.bursts) == 0]
        soon.append(1 - step / max(t.stream.sweep.width, 1))
    return float(np.clip(np.concatenate(soon), 0, 1).mean())


def minutes(subject: Subject) -> float | None:
    """Share of posts in bursts within two seconds of a full minute; None where all times are full minutes."""
    if all(bool((t.stream.sweep.times % (60 * MICROSECONDS) == 0).all()) for t in subject.ring.togethers):
        return None
    phase = np.concatenate([t.times for t in subject.ring.togethers]) % (60 * MICROSECONDS)
    return float((np.minimum(phase, 60 * MICROSECONDS - phase) <= ON_THE_MINUTE).mean())


def layers(subject: Subject) -> float:
    """Number of layers with bursts."""
    return float(len(subject.ring.togethers))


def leading(subject: Subject) -> float:
    """How much oftener the same account begins a burst than if each member in it were as likely to: 0 … 1."""
    excess: dict[int, float] = {}
    total = 0
    for t in subject.ring.togethers:
        begins, ends = _bounds(t.bursts)
        for begin, end in zip(begins, ends, strict=True):
            who = np.unique(t.actors[begin:end])
            starters = np.unique(t.actors[begin:end][t.times[begin:end] == t.times[begin]])
            for member in who.tolist():
                excess[member] = excess.get(member, 0.0) - 1 / len(who)
            for member in starters.tolist():  # several at the same moment share the beginning
                excess[member] += 1 / len(starters)
            total += 1
    return max(*excess.values(), 0.0) / total


def rhythm(subject: Subject) -> float | None:
    """How alike members' days are outside bursts: mean cosine of the first three daily harmonics; −1 … 1.

    Members are compared with each other: at which hours they are awake makes no difference.
    """
    turns = [np.array(times) / DAY for times in subject.apart.values() if len(times) >= FEW]
    waves = [np.exp(2j * np.pi * HARMONICS[:, None] * t).mean(axis=1) for t in turns]
    units = [w / length for w in waves if (length := float(np.linalg.norm(w))) > 0]
    if len(units) < 2:
        return None
    whole = np.sum(units, axis=0)
    return _pairwise(float(np.vdot(whole, whole).real), len(units))


def interests(subject: Subject) -> float | None:
    """How much members' interests overlap outside bursts: mean cosine of the objects of their other messages; 0 … 1.

    An object counts the more, the fewer act on it.
    """
    from scipy.sparse import coo_array, hstack

    codes = subject.ring.codes
    many = np.array([len(subject.apart[int(c)]) >= FEW for c in codes])
    parts = []
    for own in subject.own:
        rows = np.searchsorted(codes, own.actors)
        keep = ~own.together & many[rows]
        entries = np.unique(np.stack([rows[keep], own.things[keep]]), axis=1)
        weight = 1 / np.log(own.stream.null.popularity[entries[1]] + np.e)
        parts.append(coo_array((weight, (entries[0], entries[1])), (len(codes), len(own.stream.sweep.things))))
    vectors = hstack(parts).tocsr()
    lengths = np.sqrt(np.asarray((vectors**2).sum(axis=1)).ravel())
    some = np.flatnonzero(lengths)
    if len(some) < 2:
        return None
    whole = np.asarray((1 / lengths[some]) @ vectors[some])
    return max(_pairwise(float(whole @ whole), len(some)), 0.0)


def lingering(subject: Subject) -> float:
    """Of all messages of members on the objects of their bursts, the share that is in no burst."""
    acts = [together for messages in subject.on_shared.values() for _, together in messages.values()]
    return 1 - sum(acts) / len(acts)


def known_before(subject: Subject) -> float:
    """Share of members that had done something a day or more before the ring's first burst."""
    before = [bool(times) and times[0] <= subject.begins - DAY for times in subject.apart.values()]
    return sum(before) / len(before)


def variety(subject: Subject) -> float | None:
    """Distinct objects of members' messages outside bursts, a message; None where there are none."""
    things: set[tuple[int, int]] = set()
    messages = 0
    for number, own in enumerate(subject.own):
        apart = ~own.together
        things.update((number, int(x)) for x in own.things[apart])
        messages += int(apart.sum())
    return len(things) / messages if messages else None


def evenness(subject: Subject) -> float:
    """How evenly members take part: mean participation over the largest."""
    part = subject.ring.participation[subject.ring.codes]
    return float(part.mean() / max(float(part.max()), 1e-9))


def activity(subject: Subject) -> float:
    """Messages a member, the median, as a power of ten."""
    return float(np.log10(1 + np.median([subject.ring.activity.get(int(c), 0) for c in subject.ring.codes])))


def _pairwise(squared: float, count: int) -> float:
    """Mean inner product over the pairs of some unit vectors, from the squared length of their sum."""
    return (squared - count) / (count * (count - 1))


def _bounds(bursts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each burst begins and where it is over."""
    begins = np.flatnonzero(np.diff(bursts, prepend=-1)).astype(np.int64)
    return begins, np.append(begins[1:], len(bursts)).astype(np.int64)


def _things(subject: Subject, stream: object) -> npt.NDArray[np.int32]:
    found = [o.things for o in subject.own if o.stream is stream]
    return np.concatenate(found) if found else np.empty(0, np.int32)
