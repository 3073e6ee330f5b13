"""The dossier: everything that is to be said is said, and what strangers wrote does nothing and can be read."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.audit import canonical, sha256
from cases.package import build, dossier, letters, printing
from cases.package.contents import Contents, payload
from tests import flagged, packages
from tests.casework import ANNA, Work, opened, sqlite_url


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contents]:
    """What a whole case's package is made from."""
    place = tmp_path_factory.mktemp("dossier")
    with packages.graph(place) as view:
        work: Work = opened(sqlite_url(place))
        case_id = packages.whole_case(work, view)
        with work.book.look(ANNA, "case", case_id) as look:
            yield build.contents(look, case_id, {})
        work.book.close()


def snapshots(told: Contents) -> dict[str, dict[str, Any]]:
    return {sha: orjson.loads(text) for sha, text in told.snapshots.items()}


def page(told: Contents) -> str:
    return printing.html(dossier.material(told), printing.pictures(snapshots(told))).decode()


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.values: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def seen(text: str) -> Seen:
    parsed = Seen()
    parsed.feed(text)
    return parsed


def test_it_says_everything_that_is_to_be_said(told: Contents) -> None:
    text = " ".join("".join(seen(page(told)).text).split())
    for said in (
        "TLP:AMBER",
        "Flagged is not guilty",
        "posting $XYZ within 60 s of each other",
        "3.2e-09",
        "48 posts, 1 ticker",
        "not the chance of innocence",
        "inauthentic promotion, version 3",
        "terms and conditions: terms 4.2",
        "severity S1",
        "The posts are copies.",
        "collected",
        "to decide",
        "An innocent explanation that could not be checked: one operator with several accounts, openly so",
        "Limit: tickers of more than 10,000 posts were not swept",
        "Accounts of the case without evidence of their own: x:107.",
        "On appeal, 2026-03-02 09:10:00 UTC: upheld.",
        "what was flagged begins",
        "demote content (sent)",
    ):
        assert said in text, said


def test_what_strangers_wrote_does_nothing_and_is_shown(told: Contents) -> None:
    found = seen(page(told))
    allowed = (
        "html head meta title style body div h1 h2 h3 p code ul li table thead tbody tr th td figure figcaption span"
    )
    drawn = "svg rect line polygon circle text g br em"
    assert found.tags <= set(f"{allowed} {drawn}".split())
    assert not {name for name in found.names if name.startswith("on")}
    assert not {"href", "src", "xlink:href", "style", "formaction"} & found.names
    assert not any("javascript:" in value or "url(" in value for value in found.values)
    text = "".join(found.text)
    for hostile in (
        "<script>fetch('http://evil.example/s')</script>",
        "send to ⟨U+202E⟩gnp.exe",
        "now⟨U+200B ×3⟩",
        "日本の人",
        "🚀",
    ):
        assert hostile in text, hostile
    assert not set(text) & set("\u202e\u200b\u2066")


def test_the_mark_is_on_every_page_and_the_same_texts_give_the_same_bytes(told: Contents) -> None:
    said, read = dossier.material(told), snapshots(told)
    pages = printing.pdf(said, read, told.now, format="svg", pdf_standards=[])
    assert len(pages) > 2
    assert {p.lower().count(b"#ffc000") > 1 for p in pages} == {True}  # the colour of the mark, above and below
    first = printing.pdf(said, read, told.now)
    assert first == printing.pdf(said, read, told.now)
    assert first.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in first
    assert b"<pdfuaid:part>1</pdfuaid:part>" in first
    with pytest.raises(ValueError, match="standard"):
        printing.pdf(said, read, told.now, pdf_standards=["a-9z"])


def test_hostile_texts_reach_the_typesetter_as_data(told: Contents, tmp_path: Path) -> None:
    """A text that would be an error, or read a file, as markup is set as it is written."""
    evil = '#panic("x") #read("/etc/passwd") $x^2$ = h *b* `c` \\ @ref <label> [ ] // ' + "\u202e" + "長" * 300
    said = {**dossier.material(told), "title": evil}
    assert printing.pdf(said, snapshots(told), told.now).startswith(b"%PDF")


def test_letters_that_the_fonts_lack_become_their_numbers() -> None:
    texts = ["plain", "Привет Ελληνικά محمد שלום", "日本 🚀", "e\u0301"]
    lack = letters.lacking(texts)
    assert {"日", "本", "🚀"} <= lack
    assert not lack & set("Приветσשלוםمحمد⟨⟩–…“”→·×\u0301")
    assert letters.written({"a": ["日本 x 🚀\ufe0f"], "n": 1}, lack) == {
        "a": ["⟨U+65E5 672C⟩ x ⟨U+1F680 FE0F⟩"],
        "n": 1,
    }
    assert letters.lacking(["plain"]) == frozenset()
    assert letters.written("日本", frozenset()) == "日本"


def test_what_no_letters_fit_at_all_is_written_in_numbers(told: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the fonts are found wanting only by setting the text, all that is not ASCII is written so."""
    monkeypatch.setattr(letters, "lacking", lambda _: frozenset())
    assert printing.pdf({**dossier.material(told), "title": "日本"}, snapshots(told), told.now).startswith(b"%PDF")


@settings(max_examples=12)
@given(st.lists(st.text(max_size=40), min_size=4, max_size=4))
def test_any_text_makes_a_page_and_a_pdf(texts: list[str]) -> None:
    said = {
        **dict.fromkeys(("mark", "case", "taken", "head", "flagged", "p_value"), ""),
        **{
            name: []
            for name in (
                *("facts", "subjects", "findings", "timeline", "decisions", "approvals", "appeals", "handoffs"),
                *("measures", "custody", "drafts", "missing"),
            )
        },
        "title": texts[0],
        "summary": texts[1:3],
        "unknown": texts[3:],
    }
    shown = dossier.shown(said)
    found = seen(printing.html(shown, {}).decode())
    assert not {"script", "img", "a"} & found.tags
    now = flagged.START
    assert printing.pdf(shown, {}, now).startswith(b"%PDF")


def test_a_deleted_and_an_edited_post_are_said_to_be(told: Contents) -> None:
    snapshot, *_ = snapshots(told).values()
    snapshot["posts"][0] |= {"as_captured": True, "text_now": None}
    snapshot["posts"][1] |= {"as_captured": True, "text_now": "sorry"}
    snapshot["posts"][2]["text"] = None
    text = canonical(snapshot)
    changed = replace(told, snapshots={sha256(text): text})
    written = page(changed)
    for said in ("deleted at its source since", "edited since; it now reads: sorry", "(no text)"):
        assert said in written
    assert printing.pdf(dossier.material(changed), snapshots(changed), told.now)


def test_the_same_case_gives_the_same_package(tmp_path: Path) -> None:
    """Two copies of a casebook, at the same time by the clock."""
    with packages.graph(tmp_path) as view:
        work = opened(sqlite_url(tmp_path))
        case_id = packages.whole_case(work, view)
        work.book.close()
    made = []
    for name in ("one", "two"):
        copy = tmp_path / name
        copy.mkdir()
        shutil.copy(tmp_path / "casebook.db", copy / "casebook.db")
        again = opened(f"sqlite:///{copy}/casebook.db")
        again.clock.now = work.clock.now
        made.append(build.build(again.book, ANNA, case_id, copy / "out", zipped=True).read_bytes())
        again.book.close()
    assert made[0] == made[1]


def test_drafts_are_marked_as_such_and_what_could_not_be_made_says_why(told: Contents) -> None:
    changed = replace(told, drafts={"stor.json": b"{}"}, missing={"sar": "why is not answered"})
    text = " ".join("".join(seen(page(changed)).text).split())
    assert "DRAFT drafts/stor.json: made for this package and not sent" in text
    assert "sar: why is not answered" in text
    files = payload(changed)
    assert files["data/drafts/stor.json"] == b"{}"
    assert json.loads(files["data/case.json"])["drafts"] == {
        "made": ["stor.json"],
        "not made": {"sar": "why is not answered"},
    }


def test_pictures_are_svg_that_stands_alone(told: Contents) -> None:
    for svg in printing.pictures(snapshots(told)).values():
        root = ET.fromstring(svg)  # noqa: S314 - our own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert {e.tag.rpartition("}")[2] for e in root.iter()} <= {
            "svg",
            "rect",
            "line",
            "polygon",
            "circle",
            "text",
            "g",
        }
