"""The canvas with a mouse and a keyboard: every step and its way back, the link of it for others, and hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from graph.model import NodeRef, NodeType
from tests import browser, flagged, oidc
from tests.needs import needs
from tests.stores import KEPT, Backend, at, put

pytestmark = [needs("chromium"), pytest.mark.xdist_group("browser")]
USERS: dict[str, dict[str, object]] = {
    "anna": {"groups": ["soc"]},
    "rita": {"groups": ["review"]},
    "vic": {"groups": ["agency"]},
}
FINDING = flagged.shilling().id
XYZ, LINK = (str(NodeRef(t, k)) for t, k in ((NodeType.TICKER, "XYZ"), (NodeType.LINK, flagged.LINK)))
MEMBERS = [str(NodeRef(NodeType.ACCOUNT, a)) for a in flagged.ACCOUNTS]
ONCE = pytest.mark.parametrize("address", KEPT[:1], indirect=True, ids=[KEPT[0].name])
"""Of what the browser does by itself: over one kind of store."""
STRANGERS = 30
FIRST, EXPANDED = 10, 27  # eight members, ticker and link; 25 accounts of the ticker, eight of which are there
HOSTILE = "<img src=x onerror=alert(1)> **b** [a](javascript:alert(1)) \u202egnp.exe\u200b <script>alert(2)</script>"
SEEN = """
  const pictures = [];
  let library;
  Object.defineProperty(window, 'vis', {
    configurable: true,
    set: (found) => { library = found; },
    get: () => library?.Network && { ...library, Network: class extends library.Network {
      constructor(...given) { super(...given); pictures.push(this); }
    } } || library,
  });
  window.picture = () => pictures.filter((p) => p.canvas?.frame.isConnected).at(-1);
"""
SPOT = """(id) => {
  picture().canvas.frame.scrollIntoView({ block: 'center' });
  const spot = picture().canvasToDOM(picture().getPosition(id));
  const box = picture().canvas.frame.getBoundingClientRect();
  return [Math.round(box.left + spot.x), Math.round(box.top + spot.y)];
}"""


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("canvas")
    (folder / "data").mkdir()
    backend: Backend = request.param
    strangers = [f"x:{900 + i}" for i in range(STRANGERS)]
    with backend.open(folder) as store:
        flagged.load(store, flagged.HOSTILE)
        put(store, "accounts", {"account": flagged.ACCOUNTS[1], "handle": HOSTILE, "observed_at": at(9)})
        put(
            store,
            "posts",
            *(
                {"post": f"x:s-{a}", "account": a, "created_at": at(i), "tickers": ["ABC", "XYZ"]}
                for i, a in enumerate(strangers)
            ),
        )
        flagged.flag(store, [flagged.shilling(), flagged.sybil()])
    with oidc.provider(USERS) as issuer:
        settings = oidc.settings(issuer, claim="groups", roles="soc=analyst; review=reviewer; agency=vendor")
        with browser.serving_in(backend.environment(folder) | settings) as served:
            yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def people(chromium: Browser, address: str) -> Iterator[Callable[[str], BrowserContext]]:
    """A browser of each person, logged in once."""
    known: dict[str, BrowserContext] = {}

    def of(user: str) -> BrowserContext:
        if user not in known:
            known[user] = chromium.new_context(viewport={"width": 1440, "height": 1000})
            known[user].add_init_script(SEEN)
            page = known[user].new_page()
            page.goto(f"{address}/findings")
            expect(page.get_by_role("button", name="Log in")).to_be_visible()
            oidc.log_in(page, user)
            expect(page.locator(".st-key-standing")).to_be_visible()
            browser.settled(page)
            page.close()
        return known[user]

    yield of
    for context in known.values():
        context.close()


@pytest.fixture
def visit(people: Callable[[str], BrowserContext], address: str) -> Iterator[Callable[..., Page]]:
    """Opens pages that fail the test if they ask another host, open a dialog or raise an error."""
    guard, pages = browser.Guard(), []

    def to(path: str, user: str = "anna") -> Page:
        page = people(user).new_page()
        pages.append(page)
        guard.watch(page)
        page.goto(f"{address}{path}")
        return page

    yield to
    for page in pages:
        page.close()
    assert guard.outside == guard.dialogs == guard.errors == []


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """The finding's picture, drawn."""
    page = visit(f"/investigate?finding={FINDING}")
    shows(page, FIRST)
    browser.settled(page)
    return page


def frame(page: Page) -> Locator:
    return page.locator(".frame")


def of(page: Page, nodes: int) -> Locator:
    """The picture, once it is of so many nodes."""
    return page.locator(f".frame[data-nodes='{nodes}']")


def shows(page: Page, nodes: int) -> None:
    expect(frame(page)).to_have_attribute("data-nodes", str(nodes))


def turn(page: Page) -> int:
    return int(frame(page).get_attribute("data-drawn") or -1)


def places(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "() => Object.fromEntries(Object.values(picture().body.nodes).map(({ id, x, y }) => [id, [x, y]]))"
    )
    return found


def spot(page: Page, node: str) -> tuple[int, int]:
    """Where the node is on the page, which is at rest and scrolled to it."""
    browser.settled(page)
    x, y = page.evaluate(SPOT, node)
    return x, y


def click(page: Page, node: str, **how: Any) -> None:
    """Click on a node, and wait for the picture that follows."""
    then = page.locator(f".frame[data-drawn]:not([data-drawn='{turn(page)}'])")
    browser.press(frame(page), then, lambda _: page.mouse.click(*spot(page, node), **how))
    browser.settled(page)


def expand(page: Page, node: str, nodes: int) -> None:
    """Double-click on a node, which makes the picture one of so many."""
    browser.press(frame(page), of(page, nodes), lambda _: page.mouse.dblclick(*spot(page, node)))


def key(page: Page, name: str, nodes: int) -> None:
    """Press a key in the picture, which makes it one of so many nodes."""
    browser.press(frame(page), of(page, nodes), lambda there: there.press(name))


def button(page: Page, name: str, seen: Locator) -> None:
    """Press a button of the page, and see what follows."""
    browser.press(page.get_by_role("button", name=name), seen)


def test_what_an_expansion_brings_is_taken_back_and_brought_again_and_nothing_else_moves(page: Page) -> None:
    before = places(page)
    expand(page, XYZ, EXPANDED)
    expanded = places(page)
    assert {n: expanded[n] for n in before} == before
    button(page, "Undo", of(page, FIRST))
    key(page, "y", EXPANDED)
    assert places(page) == expanded
    key(page, "Control+z", FIRST)
    button(page, "Redo", of(page, EXPANDED))
    click(page, XYZ, button="right")
    menu = page.get_by_role("menuitem")
    expect(menu.filter(has_text="accounts that post it (78 posts)")).to_be_visible()
    menu.filter(has_text="13 more; 25 of 38 shown").click()
    shows(page, EXPANDED + 13)
    after = places(page)
    assert {n: after[n] for n in expanded} == expanded
    click(page, XYZ, button="right")
    expect(menu.filter(has_text="more;")).to_have_count(0)
    menu.filter(has_text="collapse").click()
    shows(page, FIRST)
    assert places(page) == before


def shared(page: Page) -> str:
    """The link of the picture."""
    code = page.locator("[data-testid=stCode]")
    button(page, "Share", code)
    browser.settled(page)
    return code.inner_text().strip()


def test_two_nodes_are_selected_and_the_ways_between_them_told(page: Page) -> None:
    click(page, MEMBERS[0])
    page.keyboard.down("Control")
    click(page, MEMBERS[7])
    page.keyboard.up("Control")
    expect(page.get_by_role("heading", name="2 selected")).to_be_visible()
    button(page, "Way between", page.get_by_role("heading", name="Ways between"))


def test_a_lasso_catches_what_is_in_it_and_what_is_caught_is_hidden_combined_and_shown_again(page: Page) -> None:
    box = frame(page).bounding_box()
    assert box is not None
    left, top, right, bottom = box["x"] + 6, box["y"] + 6, box["x"] + box["width"] - 6, box["y"] + box["height"] - 6
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.get_by_role("heading", name=f"{FIRST} selected")).to_be_visible()
    key(page, "g", 3)  # those chosen
    group = next(n for n in places(page) if n.startswith("group/"))
    expand(page, group, FIRST)
    browser.settled(page)
    before = turn(page)
    frame(page).press("Escape")
    expect(frame(page)).not_to_have_attribute("data-drawn", str(before))
    click(page, MEMBERS[6])
    key(page, "h", FIRST - 1)
    option = page.get_by_role("option", name="Ring")
    browser.press(page.get_by_label("Combine by"), option)
    option.click()
    shows(page, 3)
    button(page, "Separate", of(page, FIRST - 1))


@ONCE
def test_what_is_dragged_stays_where_it_was_put(page: Page) -> None:
    before = places(page)
    x, y = spot(page, MEMBERS[0])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20)
    page.mouse.move(x + 60, y + 40)
    page.mouse.up()
    browser.picture(page, 1)
    after = places(page)
    assert [n for n in before if after[n] != before[n]] == [MEMBERS[0]]
    assert page.evaluate("(id) => picture().body.data.nodes.get(id).pinned", MEMBERS[0])
    browser.press(frame(page), page.locator(".frame[data-drawn='2']"), lambda there: there.press("z"))
    assert places(page) == before


def test_keys_mean_nothing_while_somebody_types_and_what_is_found_is_added(page: Page) -> None:
    field = page.get_by_label("Handle, ticker, link, id, or words of a post")
    button(page, "Find", field)
    browser.settled(page)
    before = turn(page)
    field.press_sequentially("hzecpgswy")
    assert field.input_value() == "hzecpgswy"
    assert (turn(page), frame(page).get_attribute("data-nodes")) == (before, str(FIRST))
    field.fill("ABC")
    add = page.get_by_role("button", name="Add", exact=True).first
    browser.press(field, add, lambda there: there.press("Enter"))
    browser.press(add, of(page, FIRST + 1))


@ONCE
def test_hostile_handles_and_notes_are_drawn_as_text_and_do_nothing(page: Page) -> None:
    click(page, MEMBERS[1])
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    page.get_by_label("Note on it").fill(HOSTILE)
    page.get_by_role("button", name="Write").click()
    drawn = "(id) => picture().body.data.nodes.get(id).name"
    expect(frame(page)).to_have_attribute("data-drawn", "2")
    name = page.evaluate(drawn, MEMBERS[1])
    assert "✎ <img src=x" in name
    assert "\u202e" not in name
    spot(page, MEMBERS[1])  # where the page has to be scrolled to
    frame(page).hover(position={"x": 5, "y": 5})
    page.mouse.move(*spot(page, MEMBERS[1]))
    tip = page.locator(".vis-tooltip")
    expect(tip).to_contain_text("note: <img src=x onerror=alert(1)> **b**")
    expect(tip).to_contain_text("⟨U+202E⟩gnp.exe")
    click(page, MEMBERS[1], button="right")
    expect(page.locator(".menu .title")).to_contain_text("<img src=x")
    assert page.locator(".frame img, .frame script, .frame a, [data-testid=stMain] img[src='x']").count() == 0
    page.keyboard.press("Escape")
    link = shared(page)
    assert "img" not in link


def test_a_link_gives_another_role_the_same_picture_and_is_refused_to_who_may_not(
    page: Page, visit: Callable[..., Page], address: str
) -> None:
    expand(page, XYZ, EXPANDED)
    click(page, MEMBERS[6])
    key(page, "h", EXPANDED - 1)
    link = shared(page)
    assert link.startswith(f"{address}/investigate?view=")
    other = visit(link.removeprefix(address), "rita")
    shows(other, EXPANDED - 1)
    expect(other.locator(".st-key-standing")).to_contain_text("reviewer")
    assert places(other) == places(page)
    refused = visit(link.removeprefix(address), "vic")
    expect(refused.get_by_role("heading", name="You may not open this")).to_be_visible()
    assert refused.locator(".frame").count() == 0


def test_from_the_overview_to_the_evidence_of_one_ring_in_four_clicks_at_most(visit: Callable[..., Page]) -> None:
    page, clicks = visit("/overview"), 0
    browser.press(page.get_by_role("button", name="Open").first, of(page, FIRST))
    clicks += 1
    expect(page.get_by_role("heading", name="Why flagged")).to_be_visible()
    put = page.get_by_role("button", name="Put its evidence into the picture")
    browser.tick(page, f".st-key-why-{FINDING}", 0, put)
    clicks += 1
    browser.press(put, of(page, FIRST + 48))
    clicks += 1
    assert clicks <= 4


@ONCE
def test_page_and_picture_follow_the_browsers_theme_together(page: Page) -> None:
    ground = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor.match(/\\d+/)[0]"
    assert int(page.evaluate(ground)) > 200
    page.emulate_media(color_scheme="dark")
    page.reload()
    shows(page, FIRST)
    expect(page.locator(".frame.dark")).to_be_visible()
    browser.settled(page)
    assert int(page.evaluate(ground)) < 60
