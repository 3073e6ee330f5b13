"""What detectors say and the store keeps: findings, their evidence, and the runs that made them."""

from __future__ import annotations

import enum
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import orjson

from graph.model import NodeRef, NodeType

T = TypeVar("T")


OF_TICKERS = frozenset({"market_anomaly"})
"""Kinds of finding that are about tickers alone: a market's move accuses nobody, so that they have no members."""


class Priority(enum.StrEnum):
    """How soon a person should look; severity S0–S4 belongs to policy, not to a detector."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Priority).index(self)


class Status(enum.StrEnum):
    """A shadow finding is recorded but alerts nobody."""

    LIVE = "live"
    SHADOW = "shadow"


class Role(enum.StrEnum):
    """A member's part in a ring. Only core and amplifier ever enter bulk actions."""

    CORE = "core"
    AMPLIFIER = "amplifier"
    FRINGE = "fringe"
    COMPROMISED = "possibly compromised"
    TARGET = "target"


class Checked(enum.StrEnum):
    """State of an innocent explanation."""

    EXCLUDED = "excluded"
    PRESENT = "present"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True)
class Window:
    """Closed time span, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an analyst can open and check."""

    measure: str  # "co-posting $PEPE within 60 s"
    value: float
    expected: float
    p_value: float | None
    unit: str
    nodes: tuple[NodeRef, ...]
    interactions: tuple[str, ...] = ()  # keys of interactions, where the evidence is not posts

    @property
    def ref(self) -> str:
        """Stable short name, unique within a finding."""
        return digest([self.measure, [str(n) for n in self.nodes], list(self.interactions)])[:12]


@dataclass(frozen=True, slots=True)
class Member:
    """One account in a ring, with the evidence against that account itself (references into the finding)."""

    account: str
    score: float
    role: Role
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """An innocent explanation and what is known of it."""

    text: str
    state: Checked
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """How much one trace (co_ticker, co_link …) contributes."""

    name: str
    value: float
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one feature contributes to a score."""

    name: str
    value: float | None  # None: unknown
    weight: float
    contribution: float
    about: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern that a detector flagged, with everything needed to check it. Flagged is not guilty.

    Raises
    ------
    ValueError
        Without evidence, or without members (of a kind in :data:`OF_TICKERS`: with members, or without tickers), with
        an account or a piece of evidence twice, a score outside [0, 1], a measure that is no finite number (JSON would
        lose it), or when a reference names no evidence.
    """

    kind: str
    detector: str
    version: str
    params: Mapping[str, Any]
    data_cut: int
    members: tuple[Member, ...]
    window: Window
    score: float
    priority: Priority
    summary: str
    evidence: tuple[Evidence, ...]
    rests_on: tuple[str, ...] = ()
    would_clear: tuple[Explanation, ...] = ()
    tickers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    run_id: str = ""
    lineage_id: str = ""
    supersedes: str | None = None
    status: Status = Status.LIVE
    layers: tuple[Layer, ...] = ()
    limits: tuple[str, ...] = ()
    score_means: str = "uncalibrated rank"  # or "k of n similar confirmed"
    reasons: tuple[Reason, ...] = ()  # why this score
    id: str = field(default="")

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.detector}: a finding without evidence is refused")
        if self.kind in OF_TICKERS and (self.members or not self.tickers):
            raise ValueError(f"{self.detector}: {self.kind} names tickers and no account")
        if self.kind not in OF_TICKERS and not self.members:
            raise ValueError(f"{self.detector}: a finding without members is refused")
        self._measured()
        if not all(0.0 <= s <= 1.0 for s in (self.score, *(m.score for m in self.members))):
            raise ValueError(f"{self.detector}: scores lie in [0, 1]")
        if len(set(self.accounts)) < len(self.members):
            raise ValueError(f"{self.detector}: an account is a member once")
        known = {e.ref for e in self.evidence}
        if len(known) < len(self.evidence):
            raise ValueError(f"{self.detector}: the same thing measured twice is one piece of evidence")
        named = {*self.rests_on, *(r for m in self.members for r in m.evidence)}
        if not named <= known:
            raise ValueError(f"{self.detector}: references to evidence that is not there: {sorted(named - known)}")
        if not self.id:
            object.__setattr__(self, "id", finding_id(self))
        if not self.lineage_id:
            object.__setattr__(self, "lineage_id", self.id)

    def _measured(self) -> None:
        numbers = [n for e in self.evidence for n in (e.value, e.expected, e.p_value) if n is not None]
        numbers += [n for r in self.reasons for n in (r.value, r.weight, r.contribution) if n is not None]
        if not all(map(math.isfinite, [*numbers, *(layer.value for layer in self.layers)])):
            raise ValueError(f"{self.detector}: evidence is measured in finite numbers")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Members' account keys, in the finding's order."""
        return tuple(m.account for m in self.members)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one detector: also recorded when it found nothing, or failed."""

    id: str
    detector: str
    version: str
    params: Mapping[str, Any]
    data_cut: int
    started_at: datetime
    seconds: float
    findings: int
    summary: str  # one sentence, also when nothing was found
    error: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)  # of Lockstep, Python and the libraries that count
    stages: Mapping[str, float] = field(default_factory=dict)  # seconds by stage
    inputs: Mapping[str, str] = field(default_factory=dict)  # what it depends on beside rows and parameters
    status: Status = Status.LIVE
    found: tuple[str, ...] | None = None  # all findings at the cut, also those recorded before; None: not kept then
    watch: str = ""  # of `detect --since last`: baseline · again · idle (nothing had arrived); else empty
    follows: str | None = None  # the run that it goes on from
    alerts: tuple[Mapping[str, Any], ...] = ()  # what it raised, as :mod:`detectors.alerting.alert` writes it


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of plain values."""
    return hashlib.sha256(_dump(value)).hexdigest()


def finding_id(finding: Finding) -> str:
    """Hash of detector, version, kind, parameters, members, window, and whether it is a shadow: same input, same id."""
    w = finding.window
    about = [
        finding.kind,
        finding.detector,
        finding.version,
        dict(finding.params),
        sorted(finding.accounts),
        w.start.isoformat(),
        w.end.isoformat(),
    ]
    about += [sorted(finding.tickers)] * (not finding.members)  # two markets may move at one time
    # the store keeps the first of an id: what was only a shadow must not keep the live finding out
    return digest(about + [finding.status] * (finding.status is not Status.LIVE))[:20]


def to_json(value: Finding | Run) -> str:
    """One line of JSON that :func:`finding_from_json` or :func:`run_from_json` reads back equal."""
    return _dump(value).decode()


def finding_from_json(text: str | bytes) -> Finding:
    """Read a finding written by :func:`to_json`."""
    raw = orjson.loads(text)
    raw["members"] = tuple(
        Member(m["account"], m["score"], Role(m["role"]), tuple(m["evidence"])) for m in raw["members"]
    )
    raw["evidence"] = tuple(
        Evidence(**{**e, "nodes": tuple(_node(n) for n in e["nodes"]), "interactions": tuple(e["interactions"])})
        for e in raw["evidence"]
    )
    raw["would_clear"] = tuple(Explanation(e["text"], Checked(e["state"]), e["detail"]) for e in raw["would_clear"])
    raw["layers"] = tuple(Layer(**x) for x in raw["layers"])
    raw["reasons"] = tuple(Reason(**x) for x in raw.get("reasons", ()))
    raw["window"] = Window(*(datetime.fromisoformat(raw["window"][k]) for k in ("start", "end")))
    raw["priority"], raw["status"] = Priority(raw["priority"]), Status(raw["status"])
    for name in ("rests_on", "tickers", "links", "limits"):
        raw[name] = tuple(raw[name])
    return Finding(**raw)


def run_from_json(text: str | bytes) -> Run:
    """Read a run written by :func:`to_json`."""
    raw = orjson.loads(text)
    raw["started_at"] = datetime.fromisoformat(raw["started_at"])
    raw["status"] = Status(raw.get("status", Status.LIVE))
    raw["found"] = None if raw.get("found") is None else tuple(raw["found"])
    raw["alerts"] = tuple(raw.get("alerts", ()))
    return Run(**raw)


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    """What orjson does not know: node names (named tuples) and read-only mappings."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


_TYPES = {str(t): t for t in NodeType}  # asking the enumeration took half of the time of reading findings


def _node(raw: list[str]) -> NodeRef:
    return NodeRef(_TYPES.get(raw[0]) or NodeType(raw[0]), raw[1])


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by priority, score (down) and id."""
    return sorted(findings, key=lambda f: (f.priority.rank, -f.score, f.id))


def beginning(found: Mapping[str, T], start: str) -> T | None:
    """What has this id, else what alone has an id that begins so; ``found`` may hold others."""
    matching = [value for name, value in found.items() if name.startswith(start)]
    return found.get(start) or (matching[0] if len(matching) == 1 else None)
