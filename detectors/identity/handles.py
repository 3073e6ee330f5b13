"""Handles and profiles from one template.

A handle's *template* is the handle with each run of digits replaced by its length: ``ada_kite_4711`` → ``ada_kite_#4``.
Accounts share a template, a stem that differs by one letter (``crypto_kinga``, ``crypto_kingb``), or, where their
template is nobody else's, the *shape* of a generated name (``word_word_####``). Profiles share a text when character
shingles are nearly the same (:mod:`detectors.text`). How much that says follows from how many do: a shape of half the
platform says nothing. A template whose serials rise with the dates of the accounts is the platform's own numbering, and
is left out; that is found from the data too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from detectors.identity.people import UNDATED, People
from detectors.identity.ties import Group, Shared
from detectors.text import comparable, near

DIGITS = re.compile(r"\d+")
LETTERS = re.compile(r"[^\W\d_]+")
STEM = 8  # letters from which one letter's difference is close
NUMBERED = 20  # accounts from which serials are held against dates
FOLLOWS = 0.5  # rank correlation of serials and dates from which the numbering is the platform's
SAYING = 12  # characters from which a profile's text is compared
ALIKE = 0.8


def handles(known: People) -> list[Shared]:
    """The layers of handles and of profile texts."""
    return [layer for layer in (_names(known), _profiles(known)) if layer is not None]


def template(handle: str) -> str:
    """A handle with each run of digits replaced by its length.

    Examples
    --------
    >>> template("Ada_Kite_4711")
    'ada_kite_#4'
    """
    return DIGITS.sub(lambda m: f"#{len(m[0])}", unicodedata.normalize("NFKC", handle).casefold())


def shape(handle_template: str) -> str | None:
    """The shape of a generated name; None where it is not one: fewer than two words, or fewer than three digits.

    Examples
    --------
    >>> shape("ada_kite_#4")
    'w_w_#4'
    """
    shaped = LETTERS.sub("w", handle_template)
    digits = sum(int(n) for n in re.findall(r"#(\d+)", handle_template))
    return shaped if shaped.count("w") >= 2 and digits >= 3 else None


def _names(known: People) -> Shared | None:
    by: defaultdict[str, list[int]] = defaultdict(list)
    for code, handle in enumerate(known.handle):
        if handle:
            by[template(handle)].append(code)
    if not by:
        return None
    groups: dict[tuple[str, str], list[int]] = {}
    single: list[tuple[str, int]] = []
    for pattern, codes in by.items():
        if len(codes) == 1:
            single.append((pattern, codes[0]))
        elif not _numbering(known, codes):
            groups["template", pattern] = codes
    left = _one_letter(single, groups)
    shapes: defaultdict[str, list[int]] = defaultdict(list)
    for pattern, code in left:
        if (shaped := shape(pattern)) is not None:
            shapes[shaped].append(code)
    groups |= {("shape", shaped): codes for shaped, codes in shapes.items() if len(codes) > 1}
    people = sorted(code for codes in by.values() for code in codes)
    return _layer("handles", people, {k: (_handle_group(*k), codes) for k, codes in groups.items()})


def _handle_group(how: str, pattern: str) -> Group:
    said = {"template": "handles from one template", "stem": "handles one letter apart", "shape": "handles of one make"}
    return Group("handle", said[how], detail=re.sub(r"#(\d+)", lambda m: "#" * min(int(m[1]), 12), pattern))


def _one_letter(single: Sequence[tuple[str, int]], groups: dict[tuple[str, str], list[int]]) -> list[tuple[str, int]]:
    """Put handles that are one letter apart into groups; those that are left."""
    by: defaultdict[str, list[int]] = defaultdict(list)
    for place, (pattern, _) in enumerate(single):
        if len(pattern) >= STEM:
            for gone in {pattern[:i] + "?" + pattern[i + 1 :] for i in range(len(pattern))}:
                by[gone].append(place)
    taken: set[int] = set()
    for gone in sorted(by, key=lambda g: (-len(by[g]), g)):
        places = [p for p in by[gone] if p not in taken]
        if len(places) > 1:
            taken.update(places)
            groups["stem", gone] = [single[p][1] for p in places]
    return [s for p, s in enumerate(single) if p not in taken]


def _numbering(known: People, codes: Sequence[int]) -> bool:
    """Whether serials rise with the dates at which accounts were made."""
    mine = [c for c in codes if known.created[c] != UNDATED]
    if len(mine) < NUMBERED:
        return False
    from scipy.stats import spearmanr

    serials = [max((int(d[:15]) for d in DIGITS.findall(known.handle[c] or "")), default=0) for c in mine]
    if len(set(serials)) < 2:
        return False
    return bool(abs(spearmanr(serials, known.created[mine]).statistic) >= FOLLOWS)


def _profiles(known: People) -> Shared | None:
    by: defaultdict[str, list[int]] = defaultdict(list)
    for code, text in enumerate(known.texts):
        if len(told := comparable(text)) >= SAYING:
            by[told].append(code)
    if not by:
        return None
    texts = sorted(by)
    uses = np.array([len(by[t]) for t in texts], np.int64)
    centres = near(texts, ALIKE).clusters(uses).tolist()
    clusters: defaultdict[int, list[int]] = defaultdict(list)
    for text, centre in zip(texts, centres, strict=True):
        clusters[centre] += by[text]
    groups = {
        ("profile", texts[centre]): (Group("profile", "the same words in their profiles", detail=texts[centre]), codes)
        for centre, codes in clusters.items()
        if len(codes) > 1
    }
    return _layer("profiles", range(known.count), groups)  # saying nothing is a choice as well


def _layer(name: str, people: Sequence[int], found: Mapping[tuple[str, str], tuple[Group, Sequence[int]]]) -> Shared:
    """Groups, and everybody else in a group of one."""
    groups = [found[key][0] for key in sorted(found)]
    rows = [(code, number) for number, key in enumerate(sorted(found)) for code in sorted(found[key][1])]
    grouped = {code for code, _ in rows}
    rows += [(code, len(groups) + k) for k, code in enumerate(c for c in people if c not in grouped)]
    user, group = np.array(rows, np.int64).reshape(-1, 2).T
    return Shared(name, user.astype(np.int32), group, groups)
