"""Near-duplicate texts: which of many texts are nearly the same, without comparing all with all.

A text is compared as :func:`comparable` has it, by the set of its *shingles*: runs of characters that begin at each
character and weigh five, where a Chinese, Japanese or Korean character weighs two. That is five letters, or three
ideographs: about as much of a sentence in either. Characters, because not every script puts spaces between words, and
because a misspelt or inflected word then costs a few shingles and not all that it is part of; one width for all texts,
because sets of shingles of two widths have nothing in common. A text that weighs less than five is one shingle.

Two texts are similar when the Jaccard similarity of their sets, |A ∩ B| / |A ∪ B|, is at least a threshold. Candidates
come from MinHash (Broder, 1997) in bands (Indyk and Motwani, 1998): texts with similarity s meet in one of b bands of r
minima with chance 1 − (1 − sʳ)ᵇ, at least .9995 for s at the threshold. Each candidate is then compared exactly: there
is no false pair, and one true pair in two thousand at the threshold itself is missed, fewer above it.
"""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graph.projection import fold_text

if TYPE_CHECKING:
    from detectors.coaction.similar_kernels import Sets

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

THRESHOLD = 0.8
LOWEST = 0.5  # threshold below which bands would bring together texts that have little in common
MISSED = 5e-4  # largest share of the pairs at the threshold that no band brings together
MINIMA = 128  # most hash functions
SEED = 5
CHUNK = 1 << 22  # characters whose shingles are in memory at once while texts are sketched
MOST = 100_000_000  # candidates visited; what goes beyond is left out where texts crowd most
NARROWS, WIDES = (1 << 11) - 1, (1 << 15) - 1  # characters that a packed shingle can tell apart

# no text is seen to differ by them: controls, direction marks, joiners, soft hyphens, fillers, variation selectors
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# no more letters of a scheme than any has, so that time stays linear; ASCII, as text may follow without a space
LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{0,15}://|(?<![a-z0-9])www\.)[!-~]*")
# scripts whose characters stand for syllables or words: kana, ideographs, Yi, Hangul syllables
_WIDE = np.array(
    [[0x3040, 0x312F], [0x31A0, 0x31BF], [0x31F0, 0x31FF], [0x3400, 0x4DBF], [0x4E00, 0xA4CF], [0xAC00, 0xD7A3],
     [0xF900, 0xFAFF], [0x17000, 0x18D8F], [0x1AFF0, 0x1B2FF], [0x20000, 0x3FFFF]]
)  # fmt: skip


def comparable(text: str) -> str:
    """A text as it is compared with others; may be empty.

    Compatibility forms are made one (NFKC: full-width, ligatures, mathematical alphabets, composed accents), case is
    folded, what cannot be seen is removed, then mentions and links (shorteners give each copy of a text another one),
    and white space is collapsed.

    Examples
    --------
    >>> comparable("Ｂuy $BTC  NOW @all https://t.co/x")
    'buy $btc now'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = fold_text(UNSEEN.sub("", text))
    return " ".join(LINK.sub(" ", text).split()) if "://" in text or "www." in text else text


@dataclass(frozen=True)
class Near:
    """Pairs of similar texts.

    Parameters
    ----------
    pairs : ndarray of int32, shape (2, n_pairs)
        Places of the texts, the lesser first; sorted, each pair once.
    similarity : ndarray of float64, shape (n_pairs,)
        Their Jaccard similarities, from the threshold to 1.
    count : int
        Number of texts.
    crowded : int
        Texts that were compared with some of their candidates only, because there were too many.
    """

    pairs: Ints
    similarity: Floats
    count: int
    crowded: int = 0

    def neighbours(self) -> tuple[Longs, Ints]:
        """For each text, where those similar to it begin, and these: sorted, each text among its own."""
        from scipy.sparse import coo_array

        own = np.arange(self.count, dtype=np.int32)
        source = np.concatenate([self.pairs[0], self.pairs[1], own])
        target = np.concatenate([self.pairs[1], self.pairs[0], own])
        rows = coo_array((np.ones(len(source), np.int8), (source, target)), shape=(self.count, self.count)).tocsr()
        rows.sort_indices()
        return rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)

    def clusters(self, uses: Longs) -> Ints:
        """Of each text, its cluster's centre: a text to which every member is similar.

        Similarity is not transitive, so that connected texts may have little in common. Stars do: the text with most
        uses of itself and of texts similar to it (then with most uses of its own, then the first) takes all that are
        similar to it, and so on among those that are left. Two members have a similarity of at least 2 t − 1.

        Parameters
        ----------
        uses : ndarray of int64, shape (count,)
            How often each text was used.
        """
        from detectors.coaction.similar_kernels import starred

        bounds, near = self.neighbours()
        around = np.add.reduceat(uses[near], bounds[:-1]) if self.count else uses
        order = np.lexsort((np.arange(self.count), -uses, -around))
        centres = np.full(self.count, -1, np.int32)
        starred(order, bounds, near, centres)
        return centres


def banding(threshold: float) -> tuple[int, int]:
    """Bands, and minima in each, for a threshold: as many minima as :data:`MINIMA` allows at :data:`MISSED`."""
    best = (1, 1)
    for rows in range(1, 17):
        met = threshold**rows
        bands = 1 if met == 1 else math.ceil(math.log(MISSED) / math.log1p(-met))
        if bands * rows > MINIMA:
            break
        best = (bands, rows)
    return best


def near(
    texts: Sequence[str],
    threshold: float = THRESHOLD,
    *,
    spans: Longs | None = None,
    width: int = 0,
    most: int = MOST,
) -> Near:
    """Which of some texts are similar.

    Parameters
    ----------
    texts : sequence of str
        Distinct and as :func:`comparable` has them; an empty one is similar to none.
    threshold : float
        Least Jaccard similarity, from :data:`LOWEST` to 1.
    spans : ndarray of int64, shape (n_texts, 2), optional
        First and last use of each text.
    width : int
        Texts are compared only where the spans are at most this far from each other.
    most : int
        Candidates visited at most, counted in each band. Where there are more, those texts that have most are compared
        with the next of theirs only, in the order of first use, and ``crowded`` says how many texts that are.

    Raises
    ------
    ValueError
        The threshold is out of range.
    """
    if not LOWEST <= threshold <= 1:
        raise ValueError(f"a similarity of {threshold:g}, outside {LOWEST:g} … 1")
    from detectors.coaction import similar_kernels as kernels

    shingles = _Shingles(texts)
    bands = shingles.bands(*banding(threshold))
    spans = np.zeros((len(texts), 2), np.int64) if spans is None else spans
    some = np.array([bool(t) for t in texts], bool)
    by_use = np.lexsort((np.arange(len(texts)), spans[:, 0]))
    by_use = by_use[some[by_use]]
    orders = [by_use[np.argsort(bands[by_use, k], kind="stable")] for k in range(bands.shape[1])]
    counted = [kernels.crowds(order, bands[:, k].copy(), spans, width) for k, order in enumerate(orders)]
    ahead = np.stack([c[0] for c in counted])
    limit = _limit(ahead, most)
    crowded = np.zeros(len(texts), bool)
    for k, order in enumerate(orders):
        crowded[order[ahead[k] > limit]] = True
    sets = shingles.sets(np.any([c[1] for c in counted], axis=0))
    found = [
        kernels.joined(kernels.Buckets(order, ahead[k], bands, k), sets, limit, threshold)
        for k, order in enumerate(orders)
    ]
    pairs = np.concatenate([np.empty((2, 0), np.int32), *(f[0] for f in found)], axis=1)
    order = np.lexsort((pairs[1], pairs[0]))
    similarity = np.concatenate([np.empty(0), *(f[1] for f in found)])
    return Near(pairs[:, order], similarity[order], len(texts), int(crowded.sum()))


def _limit(ahead: Ints, most: int) -> int:
    """The largest number of candidates a text may have so that all together are no more than ``most``."""
    sizes, counts = np.unique(ahead, return_counts=True)
    if int((sizes.astype(np.int64) * counts).sum()) <= most:
        return int(sizes.max(initial=0))
    low, high = 1, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if int((np.minimum(sizes, middle) * counts).sum()) <= most else (low, middle - 1)
    return low


class _Shingles:
    """The shingles of some texts, each a number other than 0 that tells it from every other, exactly."""

    def __init__(self, texts: Sequence[str]) -> None:
        from detectors.coaction.similar_kernels import shingle_ends

        self.offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))])
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        pieces = [slice(begin, begin + CHUNK) for begin in range(0, len(points), CHUNK)]
        seen = np.zeros(sys.maxunicode + 1, bool)
        for piece in pieces:
            seen[points[piece]] = True
        used = np.flatnonzero(seen)
        wide = (np.searchsorted(_WIDE[:, 0], used, side="right") - np.searchsorted(_WIDE[:, 1], used)).astype(np.uint8)
        self.fits = (wide == 0).sum() <= NARROWS and wide.sum() <= WIDES
        code = np.where(wide, np.cumsum(wide, dtype=np.int64), np.cumsum(1 - wide.astype(np.int64)))
        code = np.where(wide, code | (WIDES + 1), code) if self.fits else np.arange(1, len(used) + 1)
        place, kind = np.zeros(len(seen), np.uint32), np.zeros(len(seen), np.uint8)
        place[used], kind[used] = code, wide
        self.codes, self.wide = np.empty(len(points), np.uint32), np.empty(len(points), np.uint8)
        for piece in pieces:
            self.codes[piece], self.wide[piece] = place[points[piece]], kind[points[piece]]
        self.lengths = np.empty(len(points), np.uint8)
        shingle_ends(self.wide, self.offsets, self.lengths)
        self.numbered = None if self.fits else self._numbered()

    def _numbered(self) -> Keys:
        """The same for more characters than can be packed: pairs of them are numbered, then pairs of these."""
        count = len(self.codes)
        padded = np.concatenate([self.codes, np.zeros(4, np.uint32)]).astype(np.uint64)
        parts = [np.where(self.lengths > k, padded[k : k + count], np.uint64(0)) for k in range(5)]
        first, second = (_numbers(parts[k], parts[k + 1]) for k in (0, 2))
        return _numbers(_numbers(first, second), parts[4]) * (self.lengths > 0)

    def keys(self, begin: int, end: int) -> Keys:
        """Of the texts ``begin … end``, the shingle at each character; 0 where none begins."""
        from detectors.coaction.similar_kernels import packed

        low, high = self.offsets[begin], self.offsets[end]
        if self.numbered is not None:
            return self.numbered[low:high].copy()
        out = np.empty(high - low, np.uint64)
        packed(self.codes[low:high], self.wide[low:high], self.lengths[low:high], out)
        return out

    def bands(self, bands: int, rows: int) -> Keys:
        """Of each text, its key in each band."""
        from detectors.coaction.similar_kernels import sketched

        random = _random(2 * bands * rows)
        out = np.empty((len(self.offsets) - 1, bands), np.uint64)
        for begin, end in self._chunks():
            offsets = self.offsets[begin : end + 1] - self.offsets[begin]
            sketched(self.keys(begin, end), offsets, random[::2] | np.uint64(1), random[1::2], out[begin:end])
        return out

    def sets(self, chosen: npt.NDArray[np.bool_]) -> Sets:
        """Sorted distinct shingles of some of the texts; the others have none."""
        from detectors.coaction.similar_kernels import Sets, as_sets

        parts, sizes = [np.empty(0, np.uint64)], np.zeros(len(chosen), np.int64)
        for begin, end in self._chunks():
            offsets = self.offsets[begin : end + 1] - self.offsets[begin]
            mine = chosen[begin:end]
            keys = self.keys(begin, end)[np.repeat(mine, np.diff(offsets))]
            lengths = np.where(mine, np.diff(offsets), 0)
            begins = np.concatenate([[0], np.cumsum(lengths)])
            as_sets(keys, begins, sizes[begin:end])
            place = np.arange(len(keys)) - np.repeat(begins[:-1], lengths)
            parts.append(keys[place < np.repeat(sizes[begin:end], lengths)])
        return Sets(np.concatenate(parts), np.concatenate([[0], np.cumsum(sizes)]), sizes)

    def _chunks(self) -> list[tuple[int, int]]:
        """Ranges of texts of about :data:`CHUNK` characters."""
        count = len(self.offsets) - 1
        cuts = np.searchsorted(self.offsets, np.arange(CHUNK, max(int(self.offsets[-1]), 1), CHUNK))
        bounds = np.unique(np.concatenate([[0], np.minimum(cuts, count), [count]])).tolist()
        return list(pairwise(bounds))


def _numbers(high: Keys, low: Keys) -> Keys:
    """A number from 1 for each distinct pair of numbers below 2³²."""
    found: Keys = np.unique((high << np.uint64(32)) | low, return_inverse=True)[1].astype(np.uint64) + np.uint64(1)
    return found


def _random(count: int) -> Keys:
    """Fixed random numbers, the same on every machine (splitmix64: Steele, Lea and Flood, 2014)."""
    step, mask, state = 0x9E3779B97F4A7C15, (1 << 64) - 1, SEED
    found = []
    for _ in range(count):
        state = (state + step) & mask
        x = state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        found.append(x ^ (x >> 31))
    return np.array(found, np.uint64)
