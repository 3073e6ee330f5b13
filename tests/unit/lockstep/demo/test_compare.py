from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from graph.findings import Evidence, Finding, Member, Priority, Role, Window
from graph.model import NodeRef, NodeType
from lockstep.demo.compare import Comparison, Outcome, compare
from lockstep.demo.truth import BadRow, Group, Truth
from tests.unit.lockstep.demo.test_truth import APRIL, MARCH


def keys(start: int, count: int) -> tuple[str, ...]:
    return tuple(f"p:{i:03d}" for i in range(start, start + count))


RING = Group("ring", "shilling_cluster", keys(0, 6), flagged=True, why="they do", start=MARCH, end=APRIL)
SYBILS = Group("sybils", "sybil_ring", keys(10, 4), flagged=True, why="made at once", start=MARCH, end=APRIL)
UNSEEN = Group(
    "unseen",
    "shilling_cluster",
    keys(20, 4),
    flagged=True,
    why="slow",
    start=MARCH,
    end=APRIL,
    hidden="too slow for windows",
)
FANS = Group("fans", "fan community", keys(100, 30), flagged=False, why="they like it", start=MARCH, end=APRIL)
TRUTH = Truth(1, 500, 31, MARCH, APRIL, (RING, FANS, SYBILS, UNSEEN), (BadRow("posts.jsonl.gz", 3, "not JSON"),))
KINDS = ("shilling_cluster",)


def finding(
    accounts: Sequence[str], kind: str = "shilling_cluster", roles: dict[str, Role] | None = None, detector: str = "d"
) -> Finding:
    return Finding(
        kind=kind,
        detector=detector,
        version="1",
        params={},
        data_cut=1,
        members=tuple(Member(a, 0.5, (roles or {}).get(a, Role.CORE)) for a in accounts),
        window=Window(MARCH, APRIL),
        score=0.5,
        priority=Priority.LOW,
        summary="flagged",
        evidence=(Evidence("m", 1.0, 0.0, None, "posts", (NodeRef(NodeType.ACCOUNT, accounts[0]),)),),
    )


def result(comparison: Comparison, name: str) -> tuple[str, str, str, str]:
    row = next(r for r in comparison.rows() if r.name == name)
    return row.outcome, row.members, row.findings, row.note


def test_half_of_the_members_is_found() -> None:
    f = finding(RING.members[:3])
    assert result(compare(TRUTH, [f], kinds=KINDS), "ring") == ("found", "3 of 6", f.id, "")


def test_two_members_are_partly_and_one_is_missed() -> None:
    assert result(compare(TRUTH, [finding(RING.members[:2])], kinds=KINDS), "ring")[:2] == ("partly", "2 of 6")
    assert result(compare(TRUTH, [finding(RING.members[:1])], kinds=KINDS), "ring")[:3] == ("missed", "0 of 6", "")


def test_a_ring_found_in_two_pieces_is_found() -> None:
    a, b = finding(RING.members[:3]), finding(RING.members[2:4])
    assert result(compare(TRUTH, [b, a], kinds=KINDS), "ring")[1:3] == ("4 of 6", f"{a.id}, {b.id}")


def test_what_no_detector_looks_for_is_not_missed() -> None:
    outcome, _, _, note = result(compare(TRUTH, [], kinds=KINDS), "sybils")
    assert (outcome, note) == ("not looked for", "no detector for sybil_ring ran")
    assert result(compare(TRUTH, [], kinds=("sybil_ring",)), "sybils")[0] == "missed"


def test_another_kind_of_finding_counts_and_is_named() -> None:
    row = result(compare(TRUTH, [finding(SYBILS.members)], kinds=KINDS), "sybils")
    assert (row[0], row[3]) == ("found", "seen as shilling_cluster")


def test_the_open_miss_says_why() -> None:
    assert result(compare(TRUTH, [], kinds=KINDS), "unseen")[3] == "expected: too slow for windows"


def test_a_finding_of_a_look_alike_is_false_and_named_as_such() -> None:
    f = finding([*FANS.members[:4], *RING.members[:2]])
    made = compare(TRUTH, [f], kinds=KINDS)
    assert [(x.finding, x.lookalike, x.hit, x.named) for x in made.false] == [(f.id, "fans", 4, 6)]
    assert "fan community" in made.false[0].note
    assert "2 are members of planted groups" in made.false[0].note
    assert made.lookalikes[0].outcome is Outcome.FALSE
    assert result(made, "ring")[0] == "missed"
    assert [r.outcome for r in made.rows()].count("false finding") == 1


def test_a_finding_of_nobody_that_was_made_is_false() -> None:
    made = compare(TRUTH, [finding(keys(300, 3))], kinds=KINDS)
    assert made.false[0].lookalike == ""
    assert made.lookalikes[0].outcome is Outcome.LEFT_ALONE
    assert made.rows()[-1].name == "-"


def test_a_few_members_of_a_large_crowd_do_not_make_it_a_look_alike() -> None:
    made = compare(TRUTH, [finding([*FANS.members[:2], *keys(300, 5)])], kinds=KINDS)
    assert (made.false[0].lookalike, made.false[0].hit) == ("", 0)
    smaller = replace(FANS, id="few", members=FANS.members[:5])
    truth = replace(TRUTH, groups=(*TRUTH.groups, smaller))
    assert compare(truth, [finding(FANS.members[:4])], kinds=KINDS).false[0].lookalike == "few"


def test_no_look_alikes_at_all() -> None:
    made = compare(replace(TRUTH, groups=(RING,)), [finding(keys(300, 3))], kinds=KINDS)
    assert made.false[0].note == "its 3 members belong to no group that was made"


def test_bystanders_are_counted_but_fringe_and_targets_are_not() -> None:
    extra = keys(300, 4)
    roles = {extra[0]: Role.FRINGE, extra[1]: Role.TARGET, extra[2]: Role.COMPROMISED}
    row = result(compare(TRUTH, [finding([*RING.members, *extra], roles=roles)], kinds=KINDS), "ring")
    assert (row[0], row[3]) == ("found", "1 bystanders named as well")


def test_a_finding_without_core_is_judged_by_all_members() -> None:
    roles = dict.fromkeys(FANS.members, Role.FRINGE)
    assert len(compare(TRUTH, [finding(FANS.members, roles=roles)], kinds=KINDS).false) == 1


def test_two_groups_in_one_finding_are_found_and_that_is_said() -> None:
    made = compare(TRUTH, [finding([*RING.members, *UNSEEN.members])], kinds=KINDS)
    assert result(made, "ring")[3] == "in one finding with 4 members of other groups"
    assert result(made, "unseen")[0] == "found"
    assert not made.false


@pytest.mark.parametrize(
    ("role", "note"),
    [
        (Role.CORE, "the hijacked account is named, though a victim"),
        (Role.COMPROMISED, "the hijacked account is shown as possibly compromised"),
        (None, "the hijacked account is not named"),
    ],
)
def test_a_hijacked_account_is_a_victim(role: Role | None, note: str) -> None:
    victim = RING.members[-1]
    truth = replace(TRUTH, groups=(replace(RING, hijacked=(victim,)),))
    named = RING.members if role else RING.members[:-1]
    made = compare(truth, [finding(named, roles={victim: role} if role else None)], kinds=KINDS)
    assert result(made, "ring")[3] == note


def test_a_ring_that_came_back_is_named() -> None:
    truth = replace(TRUTH, groups=(RING, replace(UNSEEN, returns="ring", hidden="")))
    assert result(compare(truth, [finding(UNSEEN.members)], kinds=KINDS), "unseen")[3] == "is ring come back"
    assert result(compare(truth, [finding(UNSEEN.members[:1])], kinds=KINDS), "unseen")[3] == "planted as: slow"


def test_numbers_and_lines() -> None:
    made = compare(TRUTH, [finding(RING.members), finding(FANS.members, detector="e")], kinds=KINDS)
    counts = made.counts()
    assert (counts["found"], counts["missed"], counts["not looked for"], counts["flagged wrongly"]) == (1, 1, 1, 1)
    assert counts["false findings"] == 1
    text = made.lines()
    assert text[0] == (
        "Planted: 3 groups (1 found, 1 missed, 1 not looked for). Look-alikes: 1, 0 left alone. False findings: 1."
    )
    assert text[1].split() == ["group", "kind", "outcome", "members", "note"]
    assert text[-1] == "  posts.jsonl.gz line 3: not JSON"
    assert not any(line != line.rstrip() for line in text)
    assert len(compare(replace(TRUTH, bad_rows=()), [], kinds=KINDS).lines()) == 6


def test_by_default_all_detectors_count_as_run() -> None:
    outcomes = {r.outcome for r in compare(TRUTH, []).planted}
    assert outcomes <= {Outcome.MISSED, Outcome.NOT_LOOKED_FOR}


def test_order_of_findings_does_not_matter_to_groups() -> None:
    findings = [finding(RING.members[:4]), finding(FANS.members), finding(SYBILS.members[:2])]
    one, other = compare(TRUTH, findings, kinds=KINDS), compare(TRUTH, findings[::-1], kinds=KINDS)
    assert one.planted == other.planted
    assert one.lookalikes == other.lookalikes
