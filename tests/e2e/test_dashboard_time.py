"""The *Time* page: without a server in every state, then brushed and played by a mouse in a browser."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
import streamlit as st
from playwright.sync_api import Browser, Locator, Page, expect
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget

from graph.market import write_market
from graph.schema import MARKET_TABLES
from tests import browser, flagged
from tests.needs import needs
from tests.stores import KEPT, Backend

FINDING = flagged.shilling()
BRUSH = {"from": "2026-03-03T18:30:00Z", "to": "2026-03-03T19:30:00Z"}  # the second of six rounds


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store of each kind that is kept, with findings and candles; what the dashboard finds it by."""
    folder = tmp_path_factory.mktemp("time")
    (folder / "data").mkdir()
    backend: Backend = request.param
    with backend.open(folder) as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [FINDING, flagged.sybil()])
    place = {"venue": "<b>v</b>", "base": "XYZ", "quote": "USDT", "interval": "1h", "volume": 5.0}
    rows = [
        {**place, "open_time": flagged.START + timedelta(hours=h), "open": 1.0, "high": 1.5, "low": 0.9, "close": 1.2}
        for h in range(24)
    ]
    schema = MARKET_TABLES["candles"].schema
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    write_market(folder / "data", "candles", pa.RecordBatch.from_pylist(full, schema=schema))
    return backend.environment(folder)


@pytest.fixture
def store(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store that the page is configured to show, to the user of this machine."""
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    monkeypatch.chdir(Path(environment["LOCKSTEP_STORE_DATA_DIR"]).parent)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield
    config.set_option("server.address", before)
    st.cache_data.clear()
    st.cache_resource.clear()


def page(**query: str) -> AppTest:
    app = AppTest.from_string("from dashboard.screens import time\ntime.render()", default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return ran(app)


def ran(changed: AppTest | Widget) -> AppTest:
    app = changed.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = ("text", "caption", "info", "warning", "subheader", "code")
    return "\n".join(str(getattr(e, "value", "")) for kind in kinds for e in app.get(kind))


def counts(app: AppTest) -> dict[str, list[int]]:
    """The table's rows: in the span where there is one, on the axis, at any time."""
    table = next(d.value for d in app.dataframe if "On the axis" in d.value.columns)
    return {row["What"]: [int(row[c]) for c in table.columns if c != "What"] for _, row in table.iterrows()}


@pytest.mark.usefixtures("store")
def test_a_finding_and_a_span_of_an_address() -> None:
    app = page(finding=FINDING.id, **BRUSH)
    assert counts(app)["Posts: core members, amplifiers"] == [6, 36, 36]
    assert counts(app)["Created: other members"] == [0, 0, 2]
    said = texts(app)
    assert "2026-03-03 18:30:00 – 19:30:00 UTC (1 h)" in said
    assert "In the span: 13 of 13 lines, 13 of 78 acts and relationships" in said
    assert "8 accounts were created before this window" in said
    assert "Market: price 1 to 1.2" in said
    assert len(app.get("bidi_component")) == 2
    app = ran(app.button(key="time-undo").click())
    assert "On the axis" in texts(app)
    assert counts(app)["Posts: core members, amplifiers"] == [36, 36], "without the span"


@pytest.mark.usefixtures("store")
def test_a_window_without_posts_or_candles_says_so() -> None:
    app = page(finding=FINDING.id, left="2020-01-01", right="2020-01-02")
    assert "No posts in this window; there are some from 2026-03-03 14:00:00" in texts(app)
    assert "No candles in this window" in texts(app)
    app = ran(app.button(key="time-Around the finding").click())
    assert "No posts in this window" not in texts(app)


@pytest.mark.usefixtures("store")
def test_a_ticker_and_everything() -> None:
    app = page(ticker="XYZ")
    assert counts(app)["Posts: flagged accounts"] == [48, 48]
    app = page()
    assert "Findings of this time" in texts(app)
    assert next(d.value for d in app.dataframe if "Kind" in d.value.columns).shape[0] == 2


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"finding": "ffff<b>"}, "a finding that this store does not have"),
        ({"ticker": "NO<b>"}, "No post names this ticker"),
        ({"ticker": "XYZ", "from": "then", "to": "now"}, "times that cannot be read"),
        ({"finding": FINDING.id, "view": "x"}, "the link cannot be read"),
    ],
)
def test_an_address_that_names_nothing(query: dict[str, str], said: str) -> None:
    assert said in texts(page(**query))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


def drag(page: Page, start: float, end: float) -> None:
    """Draw a span over shares of the axis, and let go."""
    chart = page.locator(".chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    left, width = box["x"] + 62, box["width"] - 74
    page.mouse.move(left + start * width, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(left + (start + end) / 2 * width, box["y"] + 60)
    page.mouse.move(left + end * width, box["y"] + 60)


def axis(page: Page, turn: int) -> None:
    page.locator(f".time[data-drawn='{turn}']").wait_for()


def by_keys(page: Page, line: Locator) -> None:
    """Step on and back, go to the beginning, come closer and go wider, play and pause, zoom to the span: by keys."""
    answers = itertools.count(int(line.get_attribute("data-drawn") or 0) + 1)
    for key in ("ArrowRight", "ArrowLeft", "Home", "+", "-", "Space", "Enter"):
        was = (line.get_attribute("data-brush"), line.get_attribute("aria-label"))
        if key == "Space":
            line.press(key)
            expect(page.locator(".state")).to_contain_text("Playing")
        answered = page.locator(f".time[data-drawn='{next(answers)}']")
        browser.press(line, answered, lambda there, key=key: there.press(key))  # type: ignore[misc]
        assert (line.get_attribute("data-brush"), line.get_attribute("aria-label")) != was, key


@needs("chromium")
@pytest.mark.xdist_group("browser")
def test_a_brush_filters_the_picture_play_moves_it_and_a_link_restores_it(
    environment: dict[str, str], chromium: Browser
) -> None:
    with browser.serving_in(environment) as address:
        page = chromium.new_page(viewport={"width": 1440, "height": 1700}, timezone_id="Asia/Tokyo")
        guard = browser.Guard()
        guard.watch(page)
        page.goto(f"{address}/time?finding={FINDING.id}")
        axis(page, 0)
        frame = browser.picture(page)
        browser.settled(page)
        line, state = page.locator(".time"), page.locator(".state")
        drag(page, 0.02, 0.08)  # before the first post
        expect(state).to_contain_text("0 of 13 lines")  # at once, by the browser itself
        expect(frame).to_have_attribute("data-film", "0")
        expect(frame).to_have_attribute("data-idle", "10")
        page.mouse.up()
        axis(page, 1)
        expect(page.get_by_text("0 of 13 lines, 0 of 78 acts and relationships")).to_be_visible()
        expect(page.get_by_text("10 of 10 nodes have no line in it")).to_be_visible()
        expect(frame).to_have_attribute("data-nodes", "10")  # they stay
        browser.settled(page)
        before = line.get_attribute("data-brush")
        page.locator(".speed").select_option("1")  # the end is far, however slow the machine
        page.get_by_role("button", name="Play").click()
        expect(state).to_contain_text("Playing")
        expect(frame).not_to_have_attribute("data-film", "0")  # the span has come to the first posts
        expect(line).to_have_attribute("data-drawn", "1")  # the server was not asked
        page.get_by_role("button", name="Pause").click()
        axis(page, 2)
        expect(state).to_contain_text("Paused")
        after = str(line.get_attribute("data-brush"))
        assert before != after
        code = page.locator("[data-testid=stCode] code")
        browser.press(page.get_by_role("button", name="Share"), code)
        link = code.inner_text()
        assert set(parse_qs(urlsplit(link).query)) == {"finding", "left", "right", "view"}
        page.goto(f"{address}{link}")
        expect(line).to_have_attribute("data-brush", after)
        expect(page.get_by_text(re.compile(r"In the span: \d+ of 13 lines"))).to_be_visible()
        by_keys(page, line)
        browser.press(line, page.locator(".time[data-brush='']"), lambda there: there.press("Escape"))
        expect(line).to_have_attribute("data-brush", "")
        expect(state).to_contain_text("everything is shown")
        page.close()
    assert guard.outside == []
    assert guard.errors == []
