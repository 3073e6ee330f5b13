"""Notes on what the law asks in the countries that a case touches; where there is none, that Legal is to be asked."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from cases.casefile import CaseFile
from cases.escalation.jurisdictions import Note, Said, said
from dashboard.desk import Desk
from dashboard.untrusted import one_line, visible

_CODE = re.compile(r"\b[A-Z]{2}\b")
_MOST = 60
_FIELD = "jurisdictions"  # of the hand-offs' forms


def show(at: Desk, file: CaseFile) -> None:
    """Ask for the countries, those that hand-offs name at first, and draw what the notes say."""
    known = countries(" ".join(row["told"].get(_FIELD, "") for row in file.handoffs))
    with st.expander("Notes on the law", icon=":material/balance:", expanded=bool(known)):
        st.caption("In our words, and no legal advice: a note holds in the countries that it names and nowhere else.")
        text = st.text_input(
            "Countries that the case touches, by their codes (DE, FR)", ", ".join(known), max_chars=400,
            key=f"law-{file.case['id']}",
        )  # fmt: skip
        wanted = countries(text.upper())
        if not wanted:
            st.caption("Name a country: what a case touches is for people to say.")
        for codes, found in together(said(at.book.office.notes, c, at.book.clock().date()) for c in wanted):
            _country(codes, found)


def countries(text: str) -> list[str]:
    """Codes in a text, two capital letters each, each once."""
    return list(dict.fromkeys(_CODE.findall(text)))[:_MOST]


def together(found: Iterable[Said]) -> list[tuple[list[str], Said]]:
    """Countries of which the notes say the same, together."""
    alike: dict[tuple[tuple[Note, ...], tuple[Note, ...]], tuple[list[str], Said]] = {}
    for one in found:
        alike.setdefault((one.notes, one.old), ([], one))[0].append(one.country)
    return list(alike.values())


def _country(codes: list[str], found: Said) -> None:
    st.text(f"{', '.join(codes)}: {found.words}")
    for note in (*found.old, *found.notes):
        late = "Expired, not to be gone by: " if note in found.old else ""
        with st.container(border=True):
            st.text(f"{one_line(note.topic, 80)}: {late}{visible(note.text)}")
            st.text(
                f"{one_line(note.source, 200)} · checked {note.checked} by {one_line(note.owner, 80)}"
                f" · good until {note.expires}"
            )
