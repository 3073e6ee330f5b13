"""Texts of strangers on every page: markup, script, Markdown and hidden characters do nothing wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from dashboard import navigation
from docs.pictures import ASKED, Chosen, ready
from graph.findings import Checked, Evidence, Explanation, Finding, Member, Role
from graph.model import NodeRef, NodeType, Rejected
from tests import browser, flagged
from tests.needs import needs
from tests.stores import KEPT, Backend

IMAGE = "![evil](http://evil.example/p.png)"
MARKUP = "<b>evil</b><img src='http://evil.example/i.png' onerror='alert(1)'><script>alert('evil')</script>"
LINK = "javascript:alert('evil')//http://evil.example/\u202e\u200b"
ALL = f"{IMAGE}{MARKUP}[evil]({LINK}) **evil** $evil$ :material/skull: :red[evil] \u202elive\u202c\u200b"
TICKER = "EVIL<B>![](HTTP://EVIL.EXAMPLE/T.PNG)"
ACCOUNT = f"x:{IMAGE}<b>evil</b>"
MEMBERS = (ACCOUNT, *flagged.ACCOUNTS[1:4])
PAGES = {s.path: s.title for s in navigation.discover()}
ONE = "one finding"
UNTITLED = (ONE, "investigate")
HARMLESS = frozenset({"text", "code", "arrow_data_frame", "dataframe", "bidi_component", "text_input", "text_area"})
"""Elements that show what they are given as it is."""
OPTIONS = frozenset({"selectbox", "multiselect"})
"""Elements whose options are shown as they are, unlike their labels."""
_NAMES = re.compile(r'^\s*(form_)?id: ".*"$', re.MULTILINE)
"""What a program calls an element; nobody sees it."""
_ELEMENTS = """() => {
  const found = [], names = ['src', 'href', 'srcset', 'action', 'data', 'poster', 'style', 'xlink:href'];
  const walk = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) walk(e.shadowRoot);
      const told = [...e.attributes].some((a) => names.includes(a.name) && /evil/i.test(a.value));
      const handles = [...e.attributes].some((a) => a.name.startsWith('on'));
      const marked = ['B', 'STRONG', 'SCRIPT', 'IMG', 'A', 'IFRAME'].includes(e.tagName) && /evil/i.test(e.outerHTML);
      if (told || handles || (marked && e.tagName !== 'A')) found.push(e.outerHTML.slice(0, 200));
    }
  };
  walk(document);
  return found;
}"""


def finding(**changes: Any) -> Finding:
    """A ring whose every word is hostile."""
    posts = tuple(NodeRef(NodeType.POST, flagged.post_key(r, i)) for r in range(2) for i in range(4))
    things = (NodeRef(NodeType.TICKER, TICKER), NodeRef(NodeType.LINK, LINK), NodeRef(NodeType.IDENTIFIER, ALL))
    evidence = Evidence(f"posting {ALL}", 3.0, 0.1, 0.01, f"posts {MARKUP}", (*things, *posts))
    return flagged.shilling(
        **{
            "summary": f"4 accounts: {ALL}",
            "members": tuple(Member(a, 0.5, Role.CORE, (evidence.ref,)) for a in MEMBERS),
            "evidence": (evidence,),
            "rests_on": (evidence.ref,),
            "would_clear": (Explanation(ALL, Checked.PRESENT, MARKUP),),
            "limits": (ALL,),
            "tickers": (TICKER,),
            "links": (LINK,),
            "params": {"words": ALL},
            "layers": (),
            **changes,
        }
    )


RINGS = (finding(), finding(version="2"))


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("hostile")
    backend: Backend = request.param
    (folder / "data").mkdir()
    people = [{"account": a, "handle": f"{ALL}{i}", "attributes": ALL, "lang": MARKUP} for i, a in enumerate(MEMBERS)]
    posts = [
        {
            "post": flagged.post_key(r, i),
            "account": MEMBERS[i],
            "created_at": flagged.START,
            "kind": "post",
            "text": ALL,
            "tickers": [TICKER],
            "links": [LINK],
            "hashtags": [MARKUP],
        }
        for r in range(2)
        for i in range(4)
    ]
    said = {"account": ACCOUNT, "label": ALL, "source": MARKUP, "at": flagged.START}
    with backend.open(folder) as store, store.writer() as writer:
        for table, rows in (
            ("accounts", people),
            ("posts", posts),
            ("labels", [said]),
            ("identifiers", [{"account": a, "kind": "device", "value": ALL} for a in MEMBERS]),
            ("account_states", [{"account": ACCOUNT, "state": ALL, "at": flagged.START}]),
            ("verdicts", [{"subject": ACCOUNT, "outcome": ALL, "at": flagged.START}]),
        ):
            writer.write(table, flagged.table(table, rows))
        writer.add_run(flagged.run(findings=2, summary=ALL, inputs={ALL: ALL}), RINGS)
        writer.add_run(flagged.run(id="failed", detector="pump", error=ALL), [])
        writer.checkpoint(ALL, {ALL: ALL})
        writer.reject([Rejected(ALL, 7, "posts", ALL, ALL, ALL)])
    return backend.environment(folder)


@pytest.fixture
def _served(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Path(environment["LOCKSTEP_STORE_DATA_DIR"]).parent)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)
    st.cache_data.clear()
    st.cache_resource.clear()


def asked(path: str) -> dict[str, str]:
    """What an address of the page names: the hostile account, ticker, link, rings."""
    return ASKED[path](Chosen.of(RINGS)) if path in ASKED else {}


def page(path: str, query: dict[str, str]) -> AppTest:
    app = AppTest.from_string(
        f"from dashboard import navigation\nnext(s for s in navigation.discover() if s.path == {path!r}).render()",
        default_timeout=60,
    )
    for name, value in query.items():
        app.query_params[name] = value
    return harmless(app)


def harmless(app: AppTest) -> AppTest:
    """The page after a run in which no element that interprets its text was given a stranger's."""
    app.run()
    assert not app.exception
    interpreted = [e for e in elements(app._tree) if "evil" in e[1].casefold()]
    assert interpreted == []
    return app


def elements(node: Node) -> Iterator[tuple[str, str]]:
    """Kind of each element that interprets text, and all it was given; of a choice, what is said beside its options."""
    if isinstance(node, Block):
        yield node.type, _NAMES.sub("", str(getattr(node, "proto", "")))
        for child in node.children.values():
            yield from elements(child)
    elif node.type in OPTIONS:
        yield node.type, f"{node.proto.label}{node.proto.help}{node.proto.placeholder}"
    elif node.type not in HARMLESS:
        yield node.type, _NAMES.sub("", str(node.proto))


@pytest.mark.usefixtures("_served")
@pytest.mark.parametrize("path", PAGES)
def test_no_element_that_interprets_text_is_given_a_strangers(path: str) -> None:
    page(path, asked(path))
    page(path, {})


@pytest.mark.usefixtures("_served")
def test_one_finding() -> None:
    app = page("findings", {"finding": RINGS[0].id})
    app.session_state[f"posts-{RINGS[0].id}--0"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    harmless(app)


@pytest.mark.usefixtures("_served")
def test_what_a_search_finds() -> None:
    for kind in ("account", "ticker", "link"):
        app = page(kind, {})
        app.text_input(key=f"find-{kind}").set_value({"account": "!", "ticker": "EV", "link": "java"}[kind])
        harmless(app)
    app = page("investigate", asked("investigate"))
    app.text_input(key="find").set_value("evil")
    harmless(app)


@pytest.mark.usefixtures("_served")
def test_a_pasted_list_and_its_answers() -> None:
    app = page("check", {})
    app.text_area(key="pasted").set_value(f"{IMAGE} {TICKER} {ACCOUNT}")
    next(b for b in app.button if b.label == "Check").click()
    harmless(app)
    app.session_state["answers-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    harmless(app)


@pytest.mark.usefixtures("_served")
def test_what_is_known_of_a_selected_node() -> None:
    app = page("investigate", asked("investigate"))
    for node in (NodeRef(NodeType.ACCOUNT, ACCOUNT), NodeRef(NodeType.TICKER, TICKER), NodeRef(NodeType.LINK, LINK)):
        app.session_state["picture-of-investigate"].selected = (node,)
        harmless(app)


@pytest.mark.usefixtures("_served")
def test_what_two_rings_have_in_common() -> None:
    app = page("similar", asked("similar"))
    app.session_state["similar-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    harmless(app)
    assert any("too few posts to compare" in c.value for c in app.caption)


@pytest.mark.usefixtures("_served")
def test_rows_and_names_of_a_query() -> None:
    app = page("sql", {})
    app.text_area(key="sql-text-0").set_value(f'SELECT text AS "{IMAGE}<b>evil</b>" FROM posts')
    next(b for b in app.button if b.label == "Run").click()
    harmless(app)
    assert any(IMAGE in str(d.value.columns) for d in app.dataframe)
    app.text_area(key="sql-text-0").set_value(f"SELECT evil('{IMAGE}')")
    next(b for b in app.button if b.label == "Run").click()
    harmless(app)


@needs("chromium")
@pytest.mark.xdist_group("browser")
def test_nothing_on_any_page_does_anything(environment: dict[str, str]) -> None:
    guard = browser.Guard()
    with browser.serving_in(environment) as address, browser.chromium() as running:
        page = running.new_page(viewport={"width": 1440, "height": 1000})
        guard.watch(page)
        for path in (ONE, *PAGES):
            query = {"finding": RINGS[0].id} if path == ONE else asked(path)
            to = browser.addressed(address, "findings" if path == ONE else path, query)
            if path in UNTITLED:
                page.goto(to)
            else:
                browser.go(page, to, PAGES[path])
            ready(page)
            expect(page.get_by_text("Flagged is not guilty: a finding says")).to_be_attached()
            assert page.evaluate(_ELEMENTS) == [], path
        page.close()
    assert guard.outside == guard.dialogs == guard.errors == []
