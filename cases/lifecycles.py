"""The state machines of casework, each a table.

Outcome and severity stand apart from state. ``enforced`` is reached from ``decided`` alone, and ``decided`` through
``decide`` or ``approve`` alone, which write the decision in the same transaction (:mod:`cases.decisions`).
"""

from __future__ import annotations

from enum import StrEnum

from cases.machine import BACK, Machine, moves
from cases.roles import Permission


class AlertState(StrEnum):
    """Where an alert stands."""

    NEW = "new"
    TRIAGED = "triaged"
    SNOOZED = "snoozed"
    DISMISSED = "dismissed"
    MERGED = "merged"
    PROMOTED = "promoted"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    PENDING_DECISION = "pending_decision"
    PENDING_APPROVAL = "pending_approval"
    DECIDED = "decided"
    ENFORCED = "enforced"
    MONITORING = "monitoring"
    CLOSED = "closed"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    ON_HOLD = "on_hold"


class AppealState(StrEnum):
    """Where an appeal stands; the last four are the outcomes that the transparency report counts (2024/2835)."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    UPHELD = "upheld"
    PARTIALLY_REVERSED = "partially_reversed"
    REVERSED = "reversed"
    OMITTED = "omitted"


class ProposalState(StrEnum):
    """Where a proposal to a second person stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ContainmentState(StrEnum):
    """Where an emergency measure stands."""

    CONTAINED = "contained"
    APPROVED = "approved"
    PAGED = "paged"
    RELEASED = "released"


class ActionState(StrEnum):
    """Where one action against one subject stands; Lockstep records and sends it, and enforces nothing itself."""

    DECIDED = "decided"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REVERSED = "reversed"


class ClockKind(StrEnum):
    """What a clock runs for, in the order in which it comes about."""

    ACKNOWLEDGEMENT = "acknowledgement"
    FIRST_DECISION = "first_decision"
    FULL = "full"


class ClockState(StrEnum):
    """Where a clock stands; ``breached`` stays so, however late it is met."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    MET = "met"


class HandoffState(StrEnum):
    """Where a hand-off to another team stands."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class EmergencyState(StrEnum):
    """Where an emergency stands."""

    DECLARED = "declared"
    CONTAINED = "contained"
    RESOLVED = "resolved"
    STOOD_DOWN = "stood_down"
    REVIEWED = "reviewed"


class Outcome(StrEnum):
    """What a case came to, whatever its state."""

    VIOLATION_CONFIRMED = "violation_confirmed"
    VIOLATION_PARTIAL = "violation_partial"
    NO_VIOLATION = "no_violation"
    INCONCLUSIVE = "inconclusive"
    DUPLICATE = "duplicate"


class Severity(StrEnum):
    """How bad it is by policy, worst first; a detector's priority only suggests it."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


P = Permission
_A, _C, _F = AlertState, CaseState, AppealState

ALERT = Machine(
    "the alert",
    _A.NEW,
    moves(
        ("triage", {_A.NEW, _A.SNOOZED}, _A.TRIAGED, P.TRIAGE, ""),
        ("snooze", {_A.NEW, _A.TRIAGED}, _A.SNOOZED, P.TRIAGE, "r"),
        ("wake", {_A.SNOOZED}, _A.NEW, None, ""),
        ("dismiss", {_A.NEW, _A.TRIAGED, _A.SNOOZED}, _A.DISMISSED, P.TRIAGE, "r"),
        ("return", {_A.DISMISSED}, _A.NEW, None, "r"),
        ("restore", {_A.DISMISSED}, _A.NEW, P.TRIAGE, "r"),
        ("merge", {_A.NEW, _A.TRIAGED, _A.SNOOZED}, _A.MERGED, P.TRIAGE, "d"),
        ("unmerge", {_A.MERGED}, BACK, P.TRIAGE, "r"),
        ("promote", {_A.NEW, _A.TRIAGED, _A.SNOOZED}, _A.PROMOTED, P.WORK, "d"),
        ("detach", {_A.PROMOTED}, BACK, P.WORK, "r"),
    ),
)
_OPEN = (_C.OPEN, _C.INVESTIGATING, _C.PENDING_DECISION, _C.DECIDED, _C.ENFORCED, _C.MONITORING, _C.REOPENED)
CASE = Machine(
    "the case",
    _C.OPEN,
    moves(
        ("investigate", {_C.OPEN, _C.REOPENED, _C.PENDING_DECISION}, _C.INVESTIGATING, P.WORK, ""),
        ("ready", {_C.INVESTIGATING}, _C.PENDING_DECISION, P.WORK, ""),
        ("propose", {_C.PENDING_DECISION}, _C.PENDING_APPROVAL, None, ""),
        ("decide", {_C.PENDING_DECISION}, _C.DECIDED, None, ""),
        ("approve", {_C.PENDING_APPROVAL}, _C.DECIDED, None, ""),
        ("refuse", {_C.PENDING_APPROVAL}, _C.PENDING_DECISION, None, ""),
        ("correct", {_C.DECIDED, _C.ENFORCED, _C.MONITORING, _C.CLOSED}, _C.PENDING_DECISION, P.PROPOSE, "r"),
        ("enforce", {_C.DECIDED}, _C.ENFORCED, None, ""),
        ("watch", {_C.DECIDED, _C.ENFORCED}, _C.MONITORING, P.WORK, ""),
        ("close", {_C.INVESTIGATING, _C.DECIDED, _C.ENFORCED, _C.MONITORING}, _C.CLOSED, P.WORK, "r"),
        ("reopen", {_C.CLOSED, _C.MONITORING}, _C.REOPENED, P.WORK, "r"),
        ("escalate", _OPEN, _C.ESCALATED, P.WORK, "rd"),
        ("hold", _OPEN, _C.ON_HOLD, P.WORK, "rd"),
        ("resume", {_C.ESCALATED, _C.ON_HOLD}, BACK, P.WORK, ""),
    ),
)
APPEAL = Machine(
    "the appeal",
    _F.RECEIVED,
    moves(
        ("acknowledge", {_F.RECEIVED}, _F.ACKNOWLEDGED, P.APPEALS, ""),
        ("assign", {_F.ACKNOWLEDGED, _F.ASSIGNED}, _F.ASSIGNED, P.APPEALS, ""),
        *(
            (name, {_F.ASSIGNED}, target, P.APPEALS, "r")
            for name, target in (
                ("uphold", _F.UPHELD),
                ("reverse", _F.REVERSED),
                ("reverse_partly", _F.PARTIALLY_REVERSED),
                ("omit", _F.OMITTED),
            )
        ),
    ),
    frozenset({_F.UPHELD, _F.REVERSED, _F.PARTIALLY_REVERSED, _F.OMITTED}),
)
_L = ProposalState
PROPOSAL = Machine(
    "the proposal",
    _L.PROPOSED,
    moves(
        ("approve", {_L.PROPOSED}, _L.APPROVED, P.APPROVE, ""),
        ("refuse", {_L.PROPOSED}, _L.REFUSED, P.APPROVE, "r"),
        ("withdraw", {_L.PROPOSED}, _L.WITHDRAWN, P.PROPOSE, "r"),
        ("expire", {_L.PROPOSED}, _L.EXPIRED, None, ""),
    ),
    frozenset({_L.APPROVED, _L.REFUSED, _L.WITHDRAWN, _L.EXPIRED}),
)
_S = ActionState
ACTION = Machine(
    "the action",
    _S.DECIDED,
    moves(
        ("send", {_S.DECIDED}, _S.SENT, None, ""),
        ("confirm", {_S.SENT}, _S.CONFIRMED, None, ""),
        ("reverse", {_S.DECIDED, _S.SENT, _S.CONFIRMED}, _S.REVERSED, None, "r"),
    ),
    frozenset({_S.REVERSED}),
)
_T = ContainmentState
CONTAINMENT = Machine(
    "the emergency measure",
    _T.CONTAINED,
    moves(
        ("approve", {_T.CONTAINED, _T.PAGED}, _T.APPROVED, P.APPROVE, ""),
        ("page", {_T.CONTAINED}, _T.PAGED, None, ""),
        ("release", {_T.CONTAINED, _T.APPROVED, _T.PAGED}, _T.RELEASED, P.CONTAIN, "r"),
        ("lapse", {_T.CONTAINED, _T.PAGED}, _T.RELEASED, None, "r"),
    ),
    frozenset({_T.RELEASED}),
)
_K = ClockState
CLOCK = Machine(
    "the clock",
    _K.ON_TRACK,
    moves(
        ("warn", {_K.ON_TRACK}, _K.AT_RISK, None, ""),
        ("breach", {_K.ON_TRACK, _K.AT_RISK}, _K.BREACHED, None, ""),
        ("meet", {_K.ON_TRACK, _K.AT_RISK}, _K.MET, None, ""),
        ("meet_late", {_K.ON_TRACK, _K.AT_RISK, _K.BREACHED}, _K.BREACHED, None, ""),
    ),
    frozenset({_K.MET}),
)
_H = HandoffState
HANDOFF = Machine(
    "the hand-off",
    _H.REQUESTED,
    moves(
        ("accept", {_H.REQUESTED}, _H.ACCEPTED, P.CASES, ""),
        ("answer", {_H.REQUESTED, _H.ACCEPTED}, _H.ANSWERED, P.CASES, ""),
        ("give_back", {_H.REQUESTED, _H.ACCEPTED}, _H.RETURNED, P.CASES, "r"),
        ("ask_again", {_H.RETURNED}, _H.REQUESTED, P.WORK, ""),
        ("withdraw", {_H.REQUESTED, _H.ACCEPTED, _H.RETURNED}, _H.WITHDRAWN, P.WORK, "r"),
    ),
    frozenset({_H.ANSWERED, _H.WITHDRAWN}),
)
_E = EmergencyState
EMERGENCY = Machine(
    "the emergency",
    _E.DECLARED,
    moves(
        ("contain", {_E.DECLARED}, _E.CONTAINED, P.WORK, ""),
        ("resolve", {_E.CONTAINED}, _E.RESOLVED, P.WORK, "r"),
        ("stand_down", {_E.DECLARED, _E.CONTAINED}, _E.STOOD_DOWN, P.WORK, "r"),
        ("review", {_E.RESOLVED, _E.STOOD_DOWN}, _E.REVIEWED, P.WORK, ""),
    ),
    frozenset({_E.REVIEWED}),
)
MACHINES = (ALERT, CASE, APPEAL, PROPOSAL, ACTION, CONTAINMENT, CLOCK, HANDOFF, EMERGENCY)
