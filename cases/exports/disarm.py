"""Techniques of the DISARM framework that findings may point to, as data: ids and names of one version of it.

DISARM Red framework 1.6, DISARM Foundation, CC BY-SA 4.0. Ids of earlier versions (T0090, T0105 and others) are gone
from it, so the version is pinned. What a finding points to is a suggestion; a person confirms each or drops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

VERSION = "1.6"
SOURCE = "DISARM"
PAGES = "https://github.com/DISARMFoundation/DISARMframeworks/blob/main/generated_pages/techniques/"

TECHNIQUES: Mapping[str, str] = {
    "T0015": "Create Hashtags and Search Artefacts",
    "T0049": "Flood Information Space",
    "T0049.005": "Conduct Swarming",
    "T0084.001": "Use Copypasta",
    "T0092": "Build Network",
    "T0116.001": "Post Inauthentic Social Media Comment",
    "T0120": "Incentivise Sharing",
    "T0121": "Manipulate Platform Algorithm",
    "T0129.001": "Conceal Network Identity",
    "T0137.006": "Manipulate Stocks",
    "T0150.001": "Newly Created Asset",
    "T0150.008": "Bulk Created Asset",
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """What of a finding points to a technique.

    Parameters
    ----------
    technique : str
        Its id.
    kinds : frozenset of str
        Kinds of finding.
    measure : str
        What its evidence must measure besides, as a regular expression; empty for any.
    """

    technique: str
    kinds: frozenset[str]
    measure: str = ""


_PUSHED = frozenset({"shilling_cluster", "coordinated_pump", "pump_call"})
_RINGS = frozenset({"shilling_cluster", "sybil_ring"})
POINTERS: tuple[Pointer, ...] = (
    Pointer("T0049", _PUSHED),
    Pointer("T0049.005", frozenset({"shilling_cluster", "coordinated_pump"}), r"within [\d.]+ s of"),
    Pointer("T0084.001", _PUSHED, r"template|texts|alike"),
    Pointer("T0015", frozenset({"shilling_cluster"}), r"hashtag|#"),
    Pointer("T0116.001", _RINGS, r"repl(y|ies)"),
    Pointer("T0120", _PUSHED, r"referral"),
    Pointer("T0121", _RINGS, r"reactions|reposts|likes"),
    Pointer("T0137.006", frozenset({"coordinated_pump"})),
    Pointer("T0092", frozenset({"sybil_ring"})),
    Pointer("T0129.001", frozenset({"sybil_ring"}), r"device|address|wallet"),
    Pointer("T0150.001", _PUSHED | _RINGS, r"made in the month"),
    Pointer("T0150.008", frozenset({"sybil_ring"}), r"created|made within|one template"),
)


def suggested(evidence: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Techniques that evidence points to, each with what points to it.

    Parameters
    ----------
    evidence : iterable of (str, str, str)
        Kind of the finding, what was measured, and what it is cited by.
    """
    found: dict[str, list[str]] = {}
    for kind, measure, cite in evidence:
        for pointer in POINTERS:
            if kind in pointer.kinds and re.search(pointer.measure, measure, re.IGNORECASE):
                found.setdefault(pointer.technique, []).append(cite)
    return dict(sorted(found.items()))
