"""What the organisation sets, read from its files: what is there, what is wrong, what takes the place of what."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from cases.escalation import calendars, files, forms, jurisdictions, office
from cases.escalation.jurisdictions import NONE
from cases.escalation.spans import Span, span
from cases.lifecycles import ClockKind, Severity
from cases.storage.columns import one
from cases.storage.tables import metadata
from graph.errors import ConfigError
from lockstep import config
from tests.casework import START

TODAY = date(2026, 12, 1)
CALENDAR = """[queues]
platform = "berlin"
[calendars.berlin]
zone = "Europe/Berlin"
holidays = [2026-12-25]
[calendars.berlin.hours]
"""
NOTE = 'topic = "t"\nsource = "s"\nowner = "o"\ntext = "x"\nchecked = 2026-01-01\n'


def folder(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_programs_own_files_are_whole() -> None:
    found = office.default()
    assert set(found.desks) == {"legal", "compliance", "policy", "communications", "security"}
    assert set(found.playbooks) == {"drainer", "pump", "threat_to_life"}
    assert all(book.checklist for book in found.playbooks.values())
    assert len(found.templates) == 5
    assert len(found.review) == 6
    assert found.contacts == ()
    assert {s: len(t) for s, t in found.targets.items()} == {
        Severity.S0: 3, Severity.S1: 2, Severity.S2: 2, Severity.S3: 2, Severity.S4: 2,
    }  # fmt: skip
    assert found.release_share == 0
    assert all(0 <= found.draw() < 1 for _ in range(9))


def test_the_settings_say_the_same_as_the_program() -> None:
    found = office.of(config.load(environ={}))
    assert found.targets == office.default().targets
    assert found.release_share == 0.1


def test_what_a_folder_names_takes_the_place_of_what_is_named_the_same(tmp_path: Path) -> None:
    at = folder(tmp_path, "calendars.toml", CALENDAR + 'monday = ["08:00-12:00", "13:00-24:00"]\n')
    folder(
        tmp_path, "contacts.toml", '[[contacts]]\nteam = "legal"\nperson = "lora"\nreach = "mail"\nreleases = true\n'
    )
    folder(tmp_path, "tasks.toml", '[[templates]]\nname = "severe"\nseverities = ["S0"]\ntasks = ["call"]\n')
    folder(tmp_path, "desks.toml", '[desks.legal]\ntitle = "Counsel"\ndue = "2h"\nroles = []\n')
    folder(tmp_path, "playbooks.toml", '[review]\nharm = "who was harmed"\n')
    folder(tmp_path, "notes/ch.toml", f'[[notes]]\n{NOTE}countries = ["CH"]\nexpires = 2027-01-01\n')
    found = office.load(at, {"S2": "10m 2d"}, 0.5)
    assert (found.queues["platform"], found.queues["market"]) == ("berlin", "office")
    assert found.calendars["berlin"].day == timedelta(hours=15)
    assert found.desks["legal"].title == "Counsel"
    assert found.templates["severe"].tasks == ("call",)
    assert len(found.templates) == 5
    assert (found.review["harm"], len(found.review)) == ("who was harmed", 6)
    assert found.release_desk == {"lora"}
    assert found.people("legal", "lead", "legal") == ["lora"]
    assert found.targets[Severity.S2][ClockKind.FIRST_DECISION] == Span(2, "d")
    assert jurisdictions.said(found.notes, "ch", TODAY).words == "1 note"
    assert found.due(Span(1, "h"), Severity.S2, "market", START) == START + timedelta(hours=1)
    assert found.due(Span(1, "d"), Severity.S0, "market", START) == START + timedelta(days=1)
    assert str(Span(3, "d")) == "3d"


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("calendars.toml", "x", "cannot be read"),
        ("calendars.toml", "colours = 1", "unknown: colours"),
        ("calendars.toml", "[calendars]\nx = 1", "it is no table"),
        ("calendars.toml", '[queues]\nplatform = "moon"', "no calendar 'moon'"),
        ("calendars.toml", CALENDAR.replace("Europe/Berlin", "Europe/Nowhere"), "is no time zone"),
        ("calendars.toml", CALENDAR.replace('"Europe/Berlin"', "1"), "zone is 1"),
        ("calendars.toml", CALENDAR.replace('zone = "Europe/Berlin"\n', ""), "zone is missing"),
        ("calendars.toml", CALENDAR.replace("[2026-12-25]", "[1]") + 'friday = ["09:00-17:00"]', "a holiday is no day"),
        ("calendars.toml", CALENDAR, "nobody ever works"),
        ("calendars.toml", CALENDAR + 'mondy = ["09:00-17:00"]', "unknown: mondy"),
        *(
            ("calendars.toml", f"{CALENDAR}monday = {hours}", wrong)
            for hours, wrong in (
                ('["9-17"]', "are no hours"),
                ('["17:00-09:00"]', "are no hours"),
                ('["09:00-24:01"]', "are no hours"),
                ('["09:00-12:00", "11:00-13:00"]', "are no hours"),
                ('"09:00-17:00"', "monday is"),
                ("[1]", "monday is"),
            )
        ),
        ("desks.toml", "desks = 1", "desks is 1"),
        ("desks.toml", "[desks]\nlegal = 1", "legal is no table"),
        ("desks.toml", '[desks.legal]\ntitle = "L"\ndue = "soon"\nroles = []', "is no span"),
        ("desks.toml", '[desks.legal]\ntitle = "L"\ndue = "0h"\nroles = []', "is no span"),
        ("desks.toml", '[desks.legal]\ntitle = "L"\ndue = "1h"\nroles = ["king"]', "'king' is no role"),
        ("desks.toml", '[desks.legal]\ntitle = ""\ndue = "1h"\nroles = []', "title is ''"),
        ("desks.toml", '[desks.sales]\ntitle = "S"\ndue = "1h"\nroles = []', "'sales' is no team"),
        ("desks.toml", '[desks.legal]\ntitle = "L"\ndue = "1h"\nfields = [1]', "no list of tables"),
        ("desks.toml", '[desks.legal]\ntitle = "L"\ndue = "1h"\nfields = [{name = "a"}]', "about is missing"),
        ("playbooks.toml", '[playbooks.x]\ntitle = "X"\ncontain_within = "1h"', "review_within is missing"),
        ("tasks.toml", '[[templates]]\nname = "x"\nseverities = ["S9"]', "'S9' is no severity"),
        ("contacts.toml", '[[contacts]]\nteam = "pr"\nperson = "x"\nreach = "y"', "'pr' is no team"),
        ("contacts.toml", '[[contacts]]\nteam = "lead"\nperson = "x"\nreach = "y"\nreleases = true', "only Legal"),
        *(
            ("notes/x.toml", f"[[notes]]\n{note}", wrong)
            for note, wrong in (
                (NOTE + 'countries = ["DE"]', "expires is missing"),
                (NOTE + 'countries = ["DE"]\nexpires = 2026-01-01', "ends before it was checked"),
                (NOTE + "expires = 2027-01-01", "it applies nowhere"),
                (NOTE + 'expires = 2027-01-01\ncountries = ["Germany"]', "'Germany' is no country"),
                (NOTE + 'expires = 2027-01-01\ncountries = ["DE"]\nlaw = "x"', "unknown: law"),
                (NOTE.replace('owner = "o"\n', "") + 'countries = ["DE"]\nexpires = 2027-01-01', "owner is missing"),
                (NOTE.replace('source = "s"\n', "") + 'countries = ["DE"]\nexpires = 2027-01-01', "source is missing"),
                (NOTE.replace("2026-01-01", "2026-01-01T00:00:00") + 'countries = ["DE"]', "checked is"),
            )
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, file: str, text: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        office.load(folder(tmp_path, file, text))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("5m", "1 spans"), ("1m 2m 3m 4m", "4 spans"), ("4h 1h", "does not grow"), ("soon later", "is no span")],
)
def test_spans_that_make_no_sense_are_said(text: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as refused:
        office.load(None, {"S2": text})
    assert refused.value.where == "cases.sla_s2"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        office.load(tmp_path / "none")


def test_a_calendar_whose_holidays_never_end_is_said() -> None:
    free = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4_200))
    with pytest.raises(ConfigError, match="working time"):
        calendars.Calendar("c", holidays=free).after(START, timedelta(hours=1))


@pytest.mark.parametrize("country", ["DE", "de ", "FR", "SE"])
def test_notes_on_the_unions_law_hold_for_its_members(country: str) -> None:
    said = jurisdictions.said(office.default().notes, country, TODAY)
    assert {n.topic for n in said.notes} == {"statement of reasons", "appeals", "threat to life", "market abuse"}
    assert all(n.source.startswith("Regulation (EU)") and n.owner and n.checked < n.expires for n in said.notes)
    assert said.words == "4 notes"
    assert len(jurisdictions.said(office.default().notes, country, TODAY, "appeals").notes) == 1


@pytest.mark.parametrize("country", ["US", "GB", "CH", "NO", "IS", "LI", "JP", "", "EU", "Germany"])
def test_and_nowhere_else(country: str) -> None:
    said = jurisdictions.said(office.default().notes, country, TODAY)
    assert (said.notes, said.old, said.words) == ((), (), NONE)


@pytest.mark.parametrize(("today", "good"), [(date(2027, 11, 29), 4), (date(2027, 11, 30), 0)])
def test_what_has_expired_is_shown_as_such(today: date, good: int) -> None:
    said = jurisdictions.said(office.default().notes, "DE", today)
    assert (len(said.notes), len(said.old)) == (good, 4 - good)
    if not good:
        assert said.words == f"{NONE}; expired, ask Legal: appeals, market abuse, statement of reasons, threat to life"


def test_the_law_is_in_words_of_our_own_and_short() -> None:
    for note in office.default().notes:
        assert len(note.text) < 600
        assert "\n" not in note.text


def test_a_row_of_a_table_has_a_name() -> None:
    named = {t.name: one(t) for t in metadata.tables.values()}
    assert named["access"] == "access"
    assert (named["emergencies"], named["log_entries"]) == ("emergency", "log_entry")
    assert (named["outbox"], named["raised"], named["cases"]) == ("message", "raised", "case")
    assert len(set(named.values())) == len(named)


def test_files_and_forms_say_what_they_want() -> None:
    with pytest.raises(ConfigError, match="write a str"):
        files.value({}, "name", str, "here")
    assert files.texts({}, "names", "here") == ()
    assert span("30m", "here").on(calendars.ALWAYS) == timedelta(minutes=30)
    assert forms.Template("x", ("a",)).fits(frozenset(), Severity.S4)
