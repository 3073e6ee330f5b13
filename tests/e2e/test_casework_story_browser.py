"""The story over the demo network in a real browser, by four people who log in: from a finding to a verified package.

Finding, alert, picture, case, snapshot, hand-off to Legal, a decision by two, the statement of reasons, an appeal that
reverses it, and the package.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cases.audit import verify as trail_of
from cases.lifecycles import AlertState, AppealState, CaseState
from cases.package.verify import seal, verify
from cases.storage.database import Database
from cases.storage.schema import actions, alerts, appeals, cases, decisions
from graph.findings import Priority
from tests import browser, demonstration, oidc
from tests.demonstration import Demo
from tests.needs import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("browser")]
USERS: dict[str, dict[str, object]] = {
    "lena": {"groups": ["lead"]},
    "luis": {"groups": ["lead"]},
    "lou": {"groups": ["legal"]},
    "ruth": {"groups": ["reviewer"]},
}


@dataclass
class Office:
    """A dashboard that people log in to, each in a browser of their own."""

    address: str
    issuer: str
    demo: Demo
    chromium: Browser
    pages: dict[str, Page] = field(default_factory=dict)
    guard: browser.Guard = field(default_factory=browser.Guard)

    def page(self, person: str, path: str) -> Page:
        """The person's page, at an address; the first time through the login."""
        known = self.pages.get(person)
        page = known or self.chromium.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        if known is None:
            self.guard.watch(page)
            page.route(f"{self.issuer}/**", lambda route: route.continue_())
            self.pages[person] = page
        page.goto(f"{self.address}/{path}")
        if known is None:
            oidc.log_in(page, person)
        expect(page.locator(".st-key-standing")).to_contain_text(person)
        browser.settled(page)
        return page

    def rows(self, table: object) -> list[dict[str, object]]:
        database = Database(self.demo.casebook)
        with database.reading() as connection:
            found = [dict(r) for r in connection.execute(table.select()).mappings()]  # type: ignore[attr-defined]
        database.close()
        return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    demo = demonstration.made(tmp_path_factory.mktemp("story"), Priority.MEDIUM)
    with oidc.provider(USERS) as issuer:
        roles = "lead=lead; legal=legal; reviewer=reviewer"
        settings = oidc.settings(issuer, claim="groups", roles=roles)
        settings |= {"LOCKSTEP_CASES_URL": demo.casebook, "LOCKSTEP_CASES_RELEASE_SHARE": "0"}
        with browser.serving(demo.store, demo.data_dir, settings) as address, browser.chromium() as chromium:
            yield Office(address, issuer, demo, chromium)


def test_from_a_finding_to_a_package_that_is_verified(office: Office, tmp_path: Path) -> None:
    case_id = an_alert_becomes_a_case_with_its_picture(office)
    legal_is_asked_and_answers(office, case_id)
    nobody_approves_what_they_propose(office, case_id)
    another_approves_and_tells_those_concerned(office, case_id, tmp_path)
    an_appeal_reverses_it(office, case_id)
    the_package_is_verified(office, case_id, tmp_path)
    assert [u for u in office.guard.outside if not u.endswith("/pico.min.css")] == []
    assert office.guard.errors == office.guard.dialogs == []


def an_alert_becomes_a_case_with_its_picture(office: Office) -> str:
    page = office.page("lena", "triage")
    waiting = sorted(office.rows(alerts), key=lambda a: (a["rank"], a["raised_at"], a["id"]))
    place = next(n for n, a in enumerate(waiting, 1) if a["finding"] == office.demo.ring.id)
    for number in range(2, place + 1):
        browser.press(page.get_by_role("button", name="Down"), page.get_by_text(f"{number} of 25 on this page"))
    expect(page.get_by_test_id("stMain")).to_contain_text(office.demo.ring.summary[:60])
    added = page.get_by_role("button", name="Add to case")
    browser.press(page.get_by_role("button", name="Picture"), added)
    browser.picture(page)
    opens = page.get_by_role("button", name="Open the case")
    browser.press(added, opens)
    browser.press(opens, page.get_by_text("It is in the case, and frozen as it stands."))
    expect(page).to_have_url(re.compile(r"/cases\?case="))
    browser.picture(page)
    (case,) = office.rows(cases)
    assert (case["severity"], case["state"]) == ("S2", CaseState.OPEN)
    assert [a["finding"] for a in office.rows(alerts) if a["state"] == AlertState.PROMOTED] == [office.demo.ring.id]
    browser.press(button(page, "Take it"), page.get_by_text("It is yours."))
    browser.press(button(page, "Investigate"), button(page, "Ready to decide"))
    browser.press(button(page, "Ready to decide"), page.get_by_text("Done: ready to decide."))
    return str(case["id"])


def legal_is_asked_and_answers(office: Office, case_id: str) -> None:
    page = office.page("lena", f"cases?case={case_id}&part=handoffs")
    question = page.get_by_label("what Legal is to say, in one question")
    choose(page, "To whom", "Legal", question)
    question.fill("May we suspend for hidden promotion?")
    page.get_by_label("countries it touches").fill("DE")
    browser.press(button(page, "Hand it off"), page.get_by_text("It was handed off."))
    page = office.page("lou", "overview")
    browser.press(button(page, "Open", among="[class*=st-key-handoff-]"), page.get_by_role("radio", name="Hand-offs 1"))
    browser.press(page.get_by_role("radio", name="Hand-offs 1"), button(page, "Answer"))
    browser.press(button(page, "Answer"), page.get_by_role("textbox", name="Answer", exact=True))
    page.get_by_role("textbox", name="Answer", exact=True).fill("Yes, under the terms.")
    browser.press(button(page, "Answer it"), page.get_by_text("Answer of lou: Yes, under the terms."))


def nobody_approves_what_they_propose(office: Office, case_id: str) -> None:
    page = office.page("lena", f"cases?case={case_id}&part=decision")
    choose(page, "What is done", "Suspend the account", page.get_by_text("Accounts, of those with evidence"))
    for label, text in {
        "Policy": "inauthentic promotion",
        "Version": "3",
        "Facts, without names, handles or other personal data": "Accounts posted the same words within a minute.",
        "Place in the law or the terms": "terms 4.2",
        "Why the facts break it": "The terms forbid promotion that hides who is behind it.",
    }.items():
        page.get_by_label(label, exact=True).fill(text)
    proposes = button(page, "Propose it to a second person")
    browser.press(button(page, "Look at it"), proposes)
    browser.press(proposes, page.get_by_text("You proposed it: somebody else approves it, whatever your role is."))
    expect(button(page, "Approve this text")).to_have_count(0)
    assert office.rows(decisions) == []


def another_approves_and_tells_those_concerned(office: Office, case_id: str, folder: Path) -> None:
    page = office.page("luis", f"cases?case={case_id}&part=decision")
    browser.press(button(page, "Approve this text"), page.get_by_text("It is approved, and decided."))
    browser.press(button(page, "Send it out"), page.get_by_text(f"Sent out: {len(office.demo.accounts)} actions."))
    (decision,) = office.rows(decisions)
    assert str(decision["decided_by"]).endswith("|lena")
    assert str(decision["approved_by"]).endswith("|luis")
    page = office.page("luis", f"cases?case={case_id}&part=leaving")
    where = page.get_by_label("Where can its holder complain")
    choose(page, "What leaves", "Statements of reasons to those concerned", where)
    where.fill("https://platform.example/complaints")
    choose(page, "What led to it?", "own initiative", where)
    file = taken(page, folder)
    with zipfile.ZipFile(file) as letters:
        told = [n for n in letters.namelist() if n.endswith(".txt")]
        texts = [letters.read(name).decode() for name in told]
    named = [[a for a in office.demo.ring.accounts if a in text] for text in texts]
    assert sorted(named) == [[a] for a in office.demo.accounts], "nobody is told of another"


def an_appeal_reverses_it(office: Office, case_id: str) -> None:
    page = office.page("ruth", f"cases?case={case_id}&part=appeals")
    who = page.get_by_label("Who appeals")
    browser.press(page.get_by_text("Take an appeal in"), who)
    who.fill(office.demo.accounts[0])
    page.get_by_label("What they say").fill("It was a campaign, and it was disclosed.")
    browser.press(button(page, "Take it in"), button(page, "Acknowledge"))
    browser.press(button(page, "Acknowledge"), button(page, "Review it"))
    why = page.get_by_label("Why, as the appellant will read it")
    browser.press(button(page, "Review it"), why)
    choose(page, "Answer", "Reversed", why)
    why.fill("The campaign was disclosed.")
    browser.press(button(page, "Answer"), page.get_by_text("It is answered; what it reverses is taken back at once."))
    assert [a["state"] for a in office.rows(appeals)] == [AppealState.REVERSED]
    assert {a["state"] for a in office.rows(actions)} == {"reversed"}


def the_package_is_verified(office: Office, case_id: str, folder: Path) -> None:
    page = office.page("luis", f"cases?case={case_id}&part=leaving")
    choose(page, "What leaves", "The whole case as a package", button(page, "Make it"))
    file = taken(page, folder, sealed=True)
    assert verify(file) == []
    database = Database(office.demo.casebook)
    with database.reading() as connection:
        assert trail_of(connection) == []
    database.close()


def button(page: Page, name: str, among: str = "body") -> Locator:
    return page.locator(among).get_by_role("button", name=name, exact=True)


def choose(page: Page, label: str, option: str, seen: Locator) -> None:
    """Choose of a list, and wait until what follows is seen."""
    there = page.get_by_role("option", name=re.compile(f"^{re.escape(option)}"))
    browser.press(page.get_by_role("combobox", name=label), there.first)
    there.first.click()
    browser.settled(page)
    expect(seen.first).to_be_visible()


def taken(page: Page, folder: Path, *, sealed: bool = False) -> Path:
    """Have the file made, take it, and hold it against the hash that the page shows."""
    browser.press(button(page, "Make it"), button(page, "Download"))
    browser.settled(page)
    with page.expect_download() as download:
        button(page, "Download").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    found = seal(file) if sealed else hashlib.sha256(file.read_bytes()).hexdigest()
    expect(page.locator(".st-key-leaving")).to_contain_text(found)
    return file
