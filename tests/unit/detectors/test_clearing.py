"""What is said of innocent explanations, and how texts are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.coaction.actions import ACTIONS
from detectors.coaction.clearing import CHECKS, explanations
from detectors.coaction.context import alike
from detectors.promotion.wording import short, span
from graph.findings import Checked, Finding, Priority
from graph.model import Post
from tests.coactions import planted
from tests.stores import at
from tests.unit.detectors.test_shilling import MEMBERS, clear, flagged, pumped


def own_words(finding: Finding) -> tuple[Checked, str]:
    """State and detail of the explanation by people's own words."""
    said = clear(finding, "people with one interest")
    return said.state, said.detail


def test_an_operator_is_known_by_handles_with_dots(tmp_path: Path) -> None:
    accounts = [
        {
            "account": a,
            "handle": f"h{i}.art-house.example",
            "attributes": '{"bio": "accounts of @H0.art-house.example."}',
        }
        for i, a in enumerate(MEMBERS)
    ]
    (ring,) = flagged({**planted(), "accounts": accounts}, tmp_path)
    assert clear(ring, "one operator").detail == "5 of 5 profiles name a member"
    assert ring.priority is Priority.NOTE


def test_without_profile_texts_no_operator_is_excluded(tmp_path: Path) -> None:
    accounts = [{"account": a, "handle": f"h{i}"} for i, a in enumerate(MEMBERS)]
    (ring,) = flagged({**planted(), "accounts": accounts}, tmp_path)
    said = clear(ring, "one operator")
    assert (said.state, said.detail) == (Checked.NOT_CHECKABLE, "no profile texts of members loaded")


@pytest.mark.parametrize(("copied", "state"), [(0, Checked.PRESENT), (2, Checked.NOT_CHECKABLE), (6, Checked.EXCLUDED)])
def test_a_few_copied_texts_do_not_exclude_own_words(tmp_path: Path, copied: int, state: Checked) -> None:
    tables = planted()
    occasions: dict[int, int] = {}
    for i, post in enumerate(sorted(pumped(tables), key=lambda p: (p["created_at"], p["post"]))):
        occasion = occasions.setdefault(i // len(MEMBERS), len(occasions))
        word = "same" if occasion < copied else f"word{i} other{i} third{i}"
        post["text"] = f"$PEPE {word}"
    (ring,) = flagged(tables, tmp_path)
    said, detail = own_words(ring)
    assert said is state, detail
    assert detail.startswith(f"texts were alike on {copied} of {len(occasions)} occasions")


def test_copies_with_another_short_link_each_are_alike() -> None:
    one = Post("x:1", text="Short interest dips again. Read more: https://t.example/PLk7")
    other = Post("x:2", text="Short interest dips again. Read more: https://t.example/D5Hk")
    assert alike(one, other) == 1
    assert alike(Post("x:1", text="https://t.example/a"), Post("x:2", text="https://t.example/b")) == 0


def test_a_members_own_evidence_counts_occasions(tmp_path: Path) -> None:
    (ring,) = flagged(planted(), tmp_path)
    refs = {r for m in ring.members for r in m.evidence}
    assert {e.unit for e in ring.evidence if e.ref in refs} == {"occasions"}
    assert {e.unit for e in ring.evidence if e.ref not in refs and "within" in e.measure} == {"meetings"}


def test_sentences_read_as_people_write_them() -> None:
    assert [short(x) for x in (0.0221, 2.04, 13.4, 110.2, 3087)] == ["0.022", "2", "13", "110", "3,087"]
    assert [span(d) for d in (1, 1 / 24, 30 / 1440)] == ["1 day", "1 hour", "30 minutes"]
    assert [ACTIONS[a].doing_same for a in ("co_ticker", "co_text", "co_repost")] == [
        "posting the same tickers",
        "posting the same texts",
        "reposting the same posts",
    ]


def test_a_post_with_many_tickers_is_one_occasion_of_its_author(tmp_path: Path) -> None:
    tables = planted()
    for post in pumped(tables):
        post["tickers"] = ["PUMP", *(f"T{i}" for i in range(9))]
    (ring,) = flagged(tables, tmp_path)
    refs = {r for m in ring.members for r in m.evidence}
    assert {e.value for e in ring.evidence if e.ref in refs} == {8}
    assert " 8 times in " in ring.summary
    assert "on 8 of 8 occasions" in ring.summary


def test_posts_on_full_minutes_are_one_schedule(tmp_path: Path) -> None:
    tables = planted(calls=12)
    (ring,) = flagged(tables, tmp_path)
    assert clear(ring, "one schedule").state is Checked.EXCLUDED
    for post in pumped(tables):
        post["created_at"] = post["created_at"].replace(second=int(post["account"][-1]) % 2)
    (ring,) = flagged(tables, tmp_path)
    said = clear(ring, "one schedule")
    assert said.state is Checked.PRESENT
    assert said.detail.endswith("occasions began within 2 s of a full minute")
    for post in tables["posts"]:
        post["created_at"] = post["created_at"].replace(second=0, microsecond=0)
    (ring,) = flagged(tables, tmp_path)
    assert clear(ring, "one schedule").state is Checked.NOT_CHECKABLE


def test_fans_come_back_to_their_object_alone(tmp_path: Path) -> None:
    tables = planted()
    (plain,) = flagged(tables, tmp_path)
    assert clear(plain, "a fan club").state is Checked.EXCLUDED
    extra = [
        {"post": f"x:fan{m}{d}", "account": m, "created_at": at(86_400 * d + 5000 + 3000 * i), "tickers": ["PUMP"]}
        | {"kind": "post", "text": f"still here {m} {d}"}
        for i, m in enumerate(MEMBERS)
        for d in range(9)
    ]
    (ring,) = flagged({"posts": [*tables["posts"], *extra]}, tmp_path)
    said = clear(ring, "a fan club")
    assert said.state is Checked.PRESENT
    assert said.detail == "45 of 85 acts on the same things were apart from the others, over a week or more"
    brief = [{**p, "created_at": at(40_000 + 3 * i * 3600)} for i, p in enumerate(extra[:9])]
    (ring,) = flagged({"posts": [*tables["posts"], *brief]}, tmp_path)
    assert clear(ring, "a fan club").state is Checked.EXCLUDED


def test_each_explanation_is_declared_once_with_a_discount(tmp_path: Path) -> None:
    texts = [text for text, _, _ in CHECKS]
    assert len(texts) == len(set(texts)) == 10
    assert all(0 < discount < 1 for _, discount, _ in CHECKS)
    (ring,) = flagged(planted(), tmp_path)
    assert [e.text for e in ring.would_clear[:-1]] == texts
    assert ring.would_clear[-1].text.startswith("nothing is promoted")  # the shilling detector's own


def test_without_a_store_nothing_that_needs_one_is_excluded() -> None:
    from tests.unit.detectors.test_features import RING, subject

    said = {c.explanation.text: c.explanation.state for c in explanations(subject(RING))}
    assert said["a declared campaign"] is Checked.NOT_CHECKABLE
    assert said["official or service accounts"] is Checked.NOT_CHECKABLE
    assert said["a common trigger: news, a listing"] is Checked.NOT_CHECKABLE


def test_what_a_campaign_leaves_unexplained_is_said(tmp_path: Path) -> None:
    campaign = {"campaign_id": "spring", "start": at(0), "end": at(1e6), "tickers": ["PUMP"]}
    (ring,) = flagged({**planted(), "campaigns": [{**campaign, "disclosure_required": True}]}, tmp_path)
    said = clear(ring, "a declared campaign")
    assert (said.state, said.detail) == (
        Checked.EXCLUDED,
        "none loaded covers these posts; 40 left: not disclosed",
    )
    devices = [{"account": m, "kind": "device", "value": "d1"} for m in MEMBERS[:4]]
    (ring,) = flagged({**planted(), "campaigns": [campaign], "identifiers": devices}, tmp_path)
    assert {layer.name for layer in ring.layers} > {"co_text"}
    assert clear(ring, "a declared campaign").detail == (
        "spring covers 8 of 40 posts; 32 left: their authors share an identifier"
    )
    network = [{**row, "kind": "ip"} for row in devices]  # a shared network is no shared hand
    (ring,) = flagged({**planted(), "campaigns": [campaign], "identifiers": network}, tmp_path)
    assert clear(ring, "a declared campaign").detail == "spring covers 40 of 40 posts"
