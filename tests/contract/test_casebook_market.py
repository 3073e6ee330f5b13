"""The two tracks, over each database: what is made of a market case, for whom, and what no other case tells of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import orjson
import pytest
import stix2

from cases import casefile, caseload, decisions
from cases.caseload import Subject, Track
from cases.evidence import custody, snapshots
from cases.exports.base import Question, exports, run
from cases.lifecycles import Outcome, Severity
from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from cases.referrals import Breach, Filing, Told, record
from cases.storage.evidence import custody as held
from cases.storage.schema import audit
from graph.errors import CaseError, NotPermitted
from graph.store import View, open_store
from tests import flagged
from tests.casework import ANNA, BOSS, BOT, LENA, LUIS, VERA, Work, draft

RING = flagged.shilling()
HIDDEN = "a leak of the listing, from inside"
ANSWERS = {"entity": "Example Exchange AG", "breach": Breach.INSIDER.value, "reasons": HIDDEN}
WHY = {"why": "None of them discloses being paid [E1]."}
ASKED = {"sar": WHY, "stix": {"techniques": "none"}, "stor": ANSWERS}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """The small store with its findings."""
    folder: Path = tmp_path_factory.mktemp("graph")
    with open_store(f"sqlite:///{folder}/graph.db", folder) as store:
        flagged.load(store)
        flagged.flag(store)
        with store.view() as opened:
            yield opened


def opened(work: Work, view: View, track: Track) -> str:
    """A case about the ring that lena opened, with what was frozen of it."""
    about = [Subject(m.account, str(m.role), bool(m.evidence)) for m in RING.members]
    title = f"the {track} side of it"
    key: str = work.do(LENA, caseload.open_case, title, Severity.S2, about=about, track=track)
    work.do(LENA, snapshots.freeze, key, view, RING.id)
    return key


@pytest.fixture
def market(work: Work, view: View) -> str:
    return opened(work, view, Track.MARKET)


def test_who_is_on_the_access_list_takes_out_what_is_written_down(work: Work, market: str) -> None:
    given = {n: run(work.book, LENA, market, n, ASKED.get(n)) for n in ("stor", "sar", "tables", "graphml")}
    entries = [orjson.loads(r["detail"]) for r in work.rows(audit) if r["action"] == "export"]
    assert {e["what"]: e["sha256"] for e in entries} == {n: g.sha256 for n, g in given.items()}
    assert entries[0]["answers"] == sorted(ANSWERS)  # who reads the trail need not know of the case
    assert HIDDEN not in "".join(r["detail"] for r in work.rows(audit))
    events = [r["item"] for r in work.rows(held) if r["event"] == custody.Event.EXPORTED]
    assert events == [g.sha256 for g in given.values()]
    assert f"account/{flagged.ACCOUNTS[0]}" in nx.read_graphml(io.BytesIO(given["graphml"].content))
    for name in ("stor", "tables"):
        assert zipfile.ZipFile(io.BytesIO(given[name].content)).testzip() is None


def test_for_everybody_else_it_is_not_there(work: Work, market: str) -> None:
    for stranger in (ANNA, LUIS, BOSS):
        for name, export in exports().items():
            with pytest.raises(CaseError, match=f"no case '{market}'"):
                run(work.book, stranger, market, name, _anything(export.asks, name))
    assert not [r for r in work.rows(audit) if r["action"] == "export"]


def _anything(asks: tuple[Question, ...], name: str) -> dict[str, str]:
    """Answers that are not the reason for a refusal."""
    known = ASKED.get(name)
    if known is not None:
        return dict(known)
    return {q.name: q.choices[0] if q.choices else "x" for q in asks if q.required}


def test_a_vendor_or_a_program_takes_nothing_out_even_on_the_list(work: Work, market: str) -> None:
    for actor in (VERA, BOT):
        work.do(LENA, caseload.grant, market, actor.name)
    with pytest.raises(NotPermitted, match="a vendor takes nothing out"):
        run(work.book, VERA, market, "stor", ANSWERS)
    with pytest.raises(NotPermitted, match="chooses no breach"):
        run(work.book, BOT, market, "stor", ANSWERS)


def test_what_is_passed_on_to_peers_is_never_of_this_track(work: Work, market: str) -> None:
    for name, export in exports().items():
        if export.track is Track.PLATFORM:
            with pytest.raises(CaseError, match="platform track alone"):
                run(work.book, LENA, market, name, _anything(export.asks, name))
    assert exports()["stix"].track is Track.PLATFORM


def test_a_case_of_the_platforms_rules_tells_nothing_of_the_other(work: Work, view: View, market: str) -> None:
    run(work.book, LENA, market, "stor", ANSWERS)
    told = Told(Filing.NOT_FILED, Breach.INSIDER, HIDDEN, "nobody's holdings are known", snapshots=("ab" * 32,))
    work.do(LENA, record, market, told)
    key = opened(work, view, Track.PLATFORM)
    for name in ("sar", "stix", "tables", "graphml"):
        content = run(work.book, LENA, key, name, ASKED.get(name)).content
        parts = [content]
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as kept:
                parts = [kept.read(n) for n in kept.namelist()]
        for word in (market, HIDDEN, "market side", "insider", "stor_decision"):
            assert not [p for p in parts if word.encode() in p], (name, word)
    with pytest.raises(CaseError, match="of the market track alone"):
        run(work.book, LENA, key, "stor", ANSWERS)
    with work.book.look(LENA, "case", key) as look:
        assert casefile.read(look, key).stor_decisions == ()


def test_what_was_frozen_and_decided_becomes_a_bundle(work: Work, view: View) -> None:
    key = opened(work, view, Track.PLATFORM)
    given = run(work.book, ANNA, key, "stix", {"techniques": "T0049,T0049.005"})
    bundle = stix2.parse(given.content.decode(), allow_custom=False)
    assert sum(o["type"] == "attack-pattern" for o in bundle["objects"]) == 2
    assert {o["user_id"] for o in bundle["objects"] if o["type"] == "user-account"} == {
        m.account.partition(":")[2] for m in RING.members if m.evidence
    }
    for step in ("investigate", "ready"):
        work.do(ANNA, caseload.move, key, step)
    work.do(ANNA, decisions.decide, key, draft(outcome=Outcome.NO_VIOLATION, ground=None, actions=()))
    with pytest.raises(CaseError, match="nothing to pass on"):
        run(work.book, ANNA, key, "stix", {"techniques": "none"})


def test_a_mark_that_is_stricter_than_its_readers_keeps_a_bundle_in(work: Work, view: View, market: str) -> None:
    key = opened(work, view, Track.PLATFORM)
    for each in (key, market):
        work.do(LENA, tlp.mark, each, Tlp.RED, "a witness is named")
    with pytest.raises(NotPermitted, match="at most"):
        run(work.book, LENA, key, "stix", {"techniques": "none"})
    given = run(work.book, LENA, market, "stor", ANSWERS)
    with zipfile.ZipFile(io.BytesIO(given.content)) as kept:
        assert orjson.loads(kept.read("stor.json"))["tlp"] == "TLP:RED"
