"""The two tracks, over each database: off a market case's list, what can be seen is the same with and without it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases import alerts, appeals, casebook, casefile, caseload, decisions, mine
from cases.caseload import Subject, Track
from cases.escalation import clocks, forms, handoffs, playbook, releases, sources, templates
from cases.escalation.office import Office, default
from cases.escalation.releases import HINT, WAITS, Step
from cases.lifecycles import AlertState, AppealState, CaseState, Outcome, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.escalation import lots
from cases.storage.escalation import sources as source_rows
from cases.storage.schema import access
from cases.storage.schema import alerts as alert_rows
from cases.sweep import sweep
from graph.errors import CaseError, LockstepError, NotPermitted
from tests import casework
from tests.casework import ACCOUNTS, ADA, ANNA, BOSS, LENA, LUIS, RUTH, VERA, Work, draft
from tests.contract.conftest import CASEBOOKS

LORA = Actor("lora", frozenset({Role.LEGAL}))
LEO = Actor("leo", frozenset({Role.LEGAL}))
POLLY = Actor("polly", frozenset({Role.POLICY}))
AUDREY = Actor("audrey", frozenset({Role.ADMIN}))
MARK = Actor("mark", frozenset({Role.ANALYST}))  # who works on the market track
UNLISTED = (ADA, ANNA, LENA, LUIS, RUTH, VERA, LEO, POLLY, AUDREY, BOSS)


def drawing(share: float, *lot: float) -> Office:
    """An office whose lot falls as it is told, and then never."""
    fallen = itertools.chain(lot, itertools.repeat(0.999))
    return replace(default(), release_share=share, draw=lambda: next(fallen))


@pytest.fixture(params=CASEBOOKS)
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Office], Work]]:
    """As many casebooks as a test wants, all over the same database."""
    made: list[Work] = []

    def world(office: Office) -> Work:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        url = casework.sqlite_url(folder) if request.param == "sqlite" else casework.postgres_url()
        made.append(casework.opened(url))
        made[-1].book.office = office
        return made[-1]

    yield world
    for one in made:
        assert one.wrong() == []
        one.book.close()


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Ids that count, in a row of their own for the market case, so that two worlds can be held against each other."""
    kept: dict[str, Any] = {"row": "p", "p": itertools.count(1), "m": itertools.count(1)}
    monkeypatch.setattr(casebook, "new_id", lambda: f"{kept['row']}{next(kept[kept['row']])}")
    return kept


def platform(work: Work, ids: dict[str, Any]) -> tuple[str, str]:
    """Two alerts, and a platform case of one of them that is decided."""
    ids |= {"row": "p", "p": itertools.count(1)}
    work.clock.now = casework.START
    first = work.do(ANNA, alerts.take, casework.alert(1))
    work.do(ANNA, alerts.take, casework.alert(2, lineage="ring-2"))
    key = work.case(ready=False)
    work.do(ANNA, alerts.promote, first, key)
    work.do(ANNA, caseload.claim, key)
    work.do(ANNA, caseload.move, key, "investigate")
    work.do(ANNA, caseload.move, key, "ready")
    decision: str = work.do(ANNA, decisions.decide, key, draft(snapshots=()))
    return key, decision


def market(work: Work, ids: dict[str, Any], account: str = ACCOUNTS[0]) -> str:
    """A case of the market track about one of the same accounts, which stands on the alert that waits."""
    ids |= {"row": "m", "m": itertools.count(1)}
    (waiting,) = [r["id"] for r in work.rows(alert_rows) if r["lineage"] == "ring-2"]
    about = [Subject(account, "core", own_evidence=True)]
    told: dict[str, Any] = {"alert_ids": [waiting], "about": about, "track": Track.MARKET}
    key: str = work.do(MARK, caseload.open_case, "a pump of $XYZ", Severity.S1, **told)
    work.do(MARK, caseload.claim, key)
    work.do(MARK, caseload.write, key, "@anna must not know")
    sweep(work.book)
    ids["row"] = "p"
    return key


def tried(work: Work, who: Actor, step: Callable[..., Any], *args: Any) -> tuple[str, str, str] | str:
    """What somebody is told who tries something."""
    try:
        work.do(who, step, *args)
    except LockstepError as error:
        return (error.message, error.where, error.hint)
    return "done"


#: What somebody may try with a case that they should not know of; its ids begin with m.
TRIES: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
    ("claim", caseload.claim, ("m1",)),
    ("hold", caseload.move, ("m1", "hold", "why")),
    ("write", caseload.write, ("m1", "text")),
    ("assign", caseload.assign, ("m1", "ada")),
    ("grant", caseload.grant, ("m1", "ada")),
    ("add an alert", alerts.promote, ("p1", "m1")),
    ("release", releases.release, ("m1", Step.ENFORCE, "m9", "why")),
    ("hand over", handoffs.request, ("m1", "legal", {})),
    ("declare", playbook.declare, ("m1", "drainer", "why")),
    ("decide", decisions.decide, ("m1", draft(snapshots=()))),
    ("enforce", decisions.enforce, ("m1",)),
]


def plain(value: Any) -> str:
    """What was read, as text; the numbers and hashes of the trail tell only that something was done somewhere."""
    rows = getattr(value, "timeline", ())
    told: list[Any] = [[e[k] for k in ("at", "actor", "action", "subject", "subject_id", "detail")] for e in rows]
    return repr(replace(value, timeline=tuple(told)) if isinstance(value, casefile.CaseFile) else value)


def seen(work: Work, who: Actor, key: str) -> dict[str, Any]:
    """Everything that a person can read: queues, counts, searches, cases as a whole, what waits for them."""
    found: dict[str, Any] = {}
    with work.book.look(who, "everything") as look:

        def note(name: str, read: Callable[..., Any], *args: Any, **named: Any) -> None:
            try:
                found[name] = plain(read(look, *args, **named))
            except LockstepError as error:
                found[name] = (error.message, error.where, error.hint)

        for state in AlertState:
            note(f"alerts {state}", alerts.queue, states=[state])
        note("alerts", alerts.counts)
        note("cases", caseload.listed)
        for stands in CaseState:
            note(f"cases {stands}", caseload.listed, states=[stands])
        note("held by mark", caseload.listed, assignee="mark")
        note("counts", caseload.counts)
        note("due", clocks.by_due)
        note("hand-offs", handoffs.waiting)
        note("mine", mine.mine)
        note("the case", casefile.read, key)
        note("touching", releases.touching, key)
        note("task lists", templates.fitting, key)
        note("clocks", clocks.at, key)
        note("emergencies", playbook.standing, key)
        note("the other case", casefile.read, "m1")
    for name, step, args in TRIES:
        found[f"try to {name}"] = tried(work, who, step, *args)
    return found


def test_nobody_off_the_list_sees_any_difference(worlds: Any, ids: dict[str, Any]) -> None:
    told: list[dict[str, Any]] = []
    for touched in (False, True):
        work = worlds(drawing(0.5, 0.999, 0.1, 0.1))  # the lot holds both steps back in either world
        key, decision = platform(work, ids)
        if touched:
            market(work, ids)
        else:
            sweep(work.book)
        ids |= {"p": itertools.count(1_000)}
        before = {who.name: seen(work, who, key) for who in UNLISTED}
        tries = {who.name: tried(work, who, decisions.enforce, key) for who in UNLISTED}
        notice = {who.name: tried(work, who, releases.need, key, Step.NOTICE, decision) for who in UNLISTED}
        after = {who.name: seen(work, who, key) for who in (ANNA, LEO)}
        next_one = tried(work, ADA, caseload.claim_next)
        told.append({"before": before, "tries": tries, "notice": notice, "after": after, "next": next_one})
    assert told[0] == told[1]
    assert told[0]["tries"]["anna"][0::2] == (WAITS, HINT)
    assert "m1" not in str(
        {k: v for k, v in told[0]["before"]["anna"].items() if not k.startswith(("try", "the other"))}
    )


def test_the_refusal_by_lot_and_by_a_market_case_are_the_same_words(worlds: Any, ids: dict[str, Any]) -> None:
    said = []
    for touched, lot in ((False, (0.1,)), (True, ())):
        work = worlds(drawing(0.5, *lot))
        key, _ = platform(work, ids)
        if touched:
            market(work, ids)
        said.append(tried(work, ANNA, decisions.enforce, key))
    assert said[0] == said[1]
    assert said[0][0] == WAITS


def test_without_lot_and_market_case_nothing_waits(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.0))
    key, _ = platform(work, ids)
    market(work, ids, account="local/another")
    assert tried(work, ANNA, decisions.enforce, key) == "done"


def test_what_went_out_has_passed_and_no_step_changes_its_mind(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.0))
    key, decision = platform(work, ids)
    with pytest.raises(CaseError, match="nothing was done"):  # a look is no change, and passes all the same
        work.do(ANNA, releases.need, key, Step.NOTICE, decision)
    with work.book.change(ANNA) as change:
        releases.need(change, key, Step.NOTICE, decision)
        change.note("export", "case", key, {})
    market(work, ids)
    with work.book.change(ANNA) as change:
        releases.need(change, key, Step.NOTICE, decision)
        change.note("export", "case", key, {})
    assert tried(work, ANNA, decisions.enforce, key)[0] == WAITS, "each kind of step is drawn for itself"


def test_once_one_waited_by_lot_all_later_ones_do(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.5, 0.999, 0.1))  # of the first two steps, enforcing alone
    key, _ = platform(work, ids)
    assert [bool(r["held"]) for r in sorted(work.rows(lots), key=lambda r: r["id"])] == [True, False]
    other = work.case()
    work.do(ANNA, decisions.decide, other, draft(snapshots=()))
    assert [r["held"] for r in work.rows(lots) if r["case_id"] == other] == [True, True]
    apart = work.do(
        ANNA, caseload.open_case, "another ring", Severity.S3, about=[Subject("local/z", own_evidence=True)]
    )
    for name in ("investigate", "ready"):
        work.do(ANNA, caseload.move, apart, name)
    work.do(ANNA, decisions.decide, apart, draft(actions=(), outcome=Outcome.NO_VIOLATION, ground=None, snapshots=()))
    assert [r["held"] for r in work.rows(lots) if r["case_id"] == apart] == [False, False]
    assert key != other


def test_the_share_is_about_what_was_set(worlds: Any) -> None:
    work = worlds(replace(default(), release_share=0.2, draw=random.Random(1).random))
    with work.book.change(ANNA) as change:
        for number in range(60):
            about = [Subject(f"local/{number}")]
            case_id = caseload.open_case(change, "a ring", Severity.S4, about=about)
            releases.draw(change, case_id, f"d{number}", Step.ENFORCE, Step.NOTICE)
    held = [r["held"] for r in work.rows(lots)]
    assert 0.1 < sum(held) / len(held) < 0.3


@pytest.mark.parametrize("outcome", [AppealState.REVERSED, AppealState.UPHELD])
def test_the_answer_to_an_appeal_waits_as_well(worlds: Any, ids: dict[str, Any], outcome: AppealState) -> None:
    work = worlds(drawing(0.0))
    key, decision = platform(work, ids)
    work.do(ANNA, decisions.enforce, key)
    appeal = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "I only answered a friend")
    work.do(RUTH, appeals.acknowledge, appeal)
    work.do(RUTH, appeals.assign, appeal, "ruth")
    market(work, ids)
    assert tried(work, RUTH, appeals.resolve, appeal, outcome, "so it is")[0] == WAITS
    work.do(LORA, releases.release, key, Step.ANSWER, appeal, "nothing is given away")
    work.do(RUTH, appeals.resolve, appeal, outcome, "so it is")


def test_only_a_person_of_legal_releases_with_a_reason_waiting_or_not(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.0))
    key, decision = platform(work, ids)
    for who in (ANNA, LENA, RUTH, POLLY, Actor("bot", frozenset({Role.LEGAL}), casework.BOT.kind)):
        with pytest.raises(NotPermitted, match="only Legal releases"):
            work.do(who, releases.release, key, Step.ENFORCE, decision, "fine")
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(LORA, releases.release, key, Step.ENFORCE, decision, " ")
    for step, about, wrong in ((Step.ENFORCE, "x", "no such decision"), (Step.ANSWER, decision, "no such appeal")):
        with pytest.raises(CaseError, match=wrong):
            work.do(LORA, releases.release, key, step, about, "fine")
    work.do(LORA, releases.release, key, Step.ENFORCE, decision, "nothing stands against it")
    market(work, ids)
    work.do(ANNA, decisions.enforce, key)
    with work.book.look(ANNA, "case", key) as look:
        file = casefile.read(look, key)
    assert [(r["released_by"], r["step"], r["reason"]) for r in file.releases] == [
        ("lora", "enforce", "nothing stands against it")
    ]
    assert ("lora", "release") in [(e["actor"], e["action"]) for e in file.timeline]


def test_the_release_desk_knows_every_market_case_and_releases_alone(worlds: Any, ids: dict[str, Any]) -> None:
    desk = (forms.Contact("legal", "lora", "duty phone", releases=True), forms.Contact("legal", "leo", "mail"))
    work = worlds(replace(drawing(0.0), contacts=desk))
    key, decision = platform(work, ids)
    hidden = market(work, ids)
    assert {r["person"] for r in work.rows(access) if r["case_id"] == hidden} == {"mark", "lora"}
    sweep(work.book)
    assert len(work.rows(access)) == 2
    with work.book.look(LORA, "case", key) as look:
        assert [r["id"] for r in releases.touching(look, key)] == [hidden]
        assert [r["id"] for r in releases.touching(look, hidden)] == [key]
    with work.book.look(LEO, "case", key) as look:
        assert releases.touching(look, key) == []
    with pytest.raises(NotPermitted, match="only Legal's release desk"):
        work.do(LEO, releases.release, key, Step.ENFORCE, decision, "fine")
    work.do(LORA, releases.release, key, Step.ENFORCE, decision, "agreed with the market team")
    work.do(ANNA, decisions.enforce, key)


def test_a_market_case_stands_on_an_alert_and_leaves_it_as_it_was(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.0))
    platform(work, ids)
    before = work.rows(alert_rows)
    hidden = market(work, ids)
    assert work.rows(alert_rows) == before
    (waiting,) = [r for r in before if r["state"] == "new"]
    with work.book.look(MARK, "case", hidden) as look:
        assert [a["id"] for a in casefile.read(look, hidden).alerts] == [waiting["id"]]
        assert [a["id"] for a in sources.alerts_of(look, hidden)] == [waiting["id"]]
    work.do(MARK, alerts.promote, waiting["id"], hidden)
    assert len(work.rows(source_rows)) == 1
    with pytest.raises(CaseError, match="no case"):
        work.do(ANNA, alerts.promote, waiting["id"], hidden)
    key = work.case(ready=False)
    work.do(ANNA, alerts.promote, waiting["id"], key)
    with work.book.look(MARK, "case", hidden) as look:
        assert len(casefile.read(look, hidden).alerts) == 1


def test_a_market_case_itself_always_waits(worlds: Any, ids: dict[str, Any]) -> None:
    work = worlds(drawing(0.0))
    key = work.case(by=ANNA, track=Track.MARKET)
    decision = work.do(ANNA, decisions.decide, key, draft(snapshots=()))
    assert tried(work, ANNA, decisions.enforce, key)[0] == WAITS
    work.do(Actor("anna", frozenset(Role)), caseload.grant, key, "lora")
    work.do(LORA, releases.release, key, Step.ENFORCE, decision, "reported first")
    work.do(ANNA, decisions.enforce, key)
