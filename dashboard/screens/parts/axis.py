"""The axis of the *Time* page: what it is of, which window it shows, and what is read for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboard import prices, state
from dashboard import timeline as tl
from dashboard.canvas import brushing
from dashboard.canvas import commands as c
from dashboard.screens.parts.picture import Pictured
from dashboard.state import Key, Opened
from dashboard.views import Row, ticker
from detectors.trading.reading import Series
from graph.findings import Finding
from graph.store import View

ANY = ""
"""In place of a ticker: posts about anything."""


@dataclass
class Window:
    """The part of time that a session's axis shows."""

    span: tl.Span

    def zoom(self, factor: float) -> None:
        """Show more (above 1) or less around the same middle."""
        room = round((self.span[1] - self.span[0]) * (factor - 1) / 2)
        self.show((self.span[0] - room, self.span[1] + room))

    def show(self, span: tl.Span) -> None:
        """Show another part, as far as an axis may reach."""
        start, end = tl.fitted(span)
        self.span = max(start, 0), min(max(end, tl.LEAST), tl.LAST)


@dataclass(frozen=True)
class Read:
    """What there is to be shown of a finding, a ticker, or everything, at any time."""

    posts: tl.Dots
    created: tl.Dots
    words: dict[int, str]
    markets: dict[str, list[Series]]
    marks: list[prices.Mark]

    def whole(self) -> tl.Span | None:
        """From the first of anything to the last, accounts' creation left out: it may be years before."""
        return tl.joined(self.posts.ends(), prices.ends(self.markets))


def read(opened: Opened, finding: Finding | None, symbol: str) -> Read:
    """What there is to be shown: kept for the commit, since no window changes it."""
    name, found = finding.id if finding else "", symbol or None
    who = tl.people(finding, state.findings(opened.key, opened.view), found)
    posts = _posts(opened.key, name, found, opened.view, who)
    # who is flagged changes with the ticker only where there is no finding
    made = _created(opened.key, name, "" if finding else symbol, opened.view, who)
    known = _markets(opened.key, symbol, opened.view.data_dir) if symbol else {}
    marks = _marks(opened.key, name, symbol, finding, opened.view.data_dir) if finding else []
    return Read(posts, made, dict(who.words), known, marks)


@st.cache_resource(max_entries=8, show_spinner="Reading the posts …")
def _posts(key: Key, finding: str, symbol: str | None, _view: View, _who: tl.People) -> tl.Dots:  # noqa: ARG001
    return tl.posts(_view, symbol, _who)


@st.cache_resource(max_entries=8, show_spinner="Reading the accounts …")
def _created(key: Key, finding: str, symbol: str, _view: View, _who: tl.People) -> tl.Dots:  # noqa: ARG001
    return tl.created(_view, _who, everybody=not finding and not symbol)


@st.cache_resource(max_entries=8, ttl=300, show_spinner="Reading the candles …")
def _markets(key: Key, symbol: str, _folder: Path) -> dict[str, list[Series]]:  # noqa: ARG001
    return prices.markets(_folder, symbol)


@st.cache_resource(max_entries=16, ttl=300, show_spinner="Reading what the market did …")
def _marks(key: Key, name: str, symbol: str, _finding: Finding, _folder: Path) -> list[prices.Mark]:  # noqa: ARG001
    return prices.marks(_finding, symbol or None, _folder)


def begin(found: Read, finding: Finding | None, brush: tl.Span | None) -> tl.Span | None:
    """The part of time that is shown first; None where nothing has a time."""
    first = tl.around(finding) if finding and finding.window.end > finding.window.start else found.posts.ends()
    first = first or found.whole() or (tl.around(finding) if finding else found.created.ends())
    return tl.joined(first, brush) if first else brush


def show(found: Read, window: Window, pictured: Pictured, symbol: str, market: str) -> str:
    """Draw the axis; gives what the market did under the brush, or on the axis, in words."""
    edges = tl.edges_of(window.span)
    shown = int(edges[0]), int(edges[-1])
    candles, length = prices.drawn(found.markets.get(market, ()), shown)
    brush = brushing.brush_of(pictured.scene.between, shown)
    mine = {k: v for k, v in found.words.items() if k != tl.OTHERS or (found.created.who == tl.OTHERS).any()}
    what = f"naming {ticker(symbol)}" if symbol else "of any kind"
    step = tl.duration_of(int(edges[1] - edges[0]))
    axis = brushing.Axis(
        edges,
        tl.bars(found.posts, edges, found.words),
        tl.bars(found.created, edges, mine),
        candles,
        [m for m in found.marks if m.at < shown[1] and (m.until or m.at) >= shown[0]],
        {
            "posts": f"Posts {what}, per {step}",
            "created": f"Accounts created, per {step}",
            "candles": f"Price, {market}, candles of {tl.duration_of(length)}; filled: it fell; below: volume",
        },
    )
    name = "time-axis"
    brushing.show(
        axis,
        brush,
        key=name,
        turn=pictured.turn,
        zone=st.context.timezone,
        dark=st.context.theme.type == "dark",
        heard=lambda: _hear(dict((st.session_state.get(name) or {}).get("event") or {}), pictured, window),
    )
    return prices.told(candles, brush or shown)


def _hear(event: dict[str, object], pictured: Pictured, window: Window) -> None:
    """What an event of the axis comes to."""
    match event.get("do"):
        case "brush":
            command = brushing.command_of(event)
            if (command.start, command.end) == pictured.scene.between:
                pictured.turn += 1
            else:
                pictured.do(command)
        case "zoom":
            pictured.turn += 1
            window.show(brushing.span_of(event) or window.span)
        case "closer" | "wider":
            pictured.turn += 1
            window.zoom(0.5 if event["do"] == "closer" else 2)


def rows(found: Read, window: Window, between: tuple[object, object]) -> list[Row]:
    """The same as a table: how many are in the span, on the axis, and at any time."""
    edges = tl.edges_of(window.span)
    shown = int(edges[0]), int(edges[-1])
    brush = brushing.brush_of(between, shown)
    out: list[Row] = []
    for what, dots in (("Posts", found.posts), ("Created", found.created)):
        inside, all_, chosen = (dots.within(s) if s else {} for s in (shown, dots.ends() or shown, brush))
        for who, words in found.words.items():
            if dots is found.created and not all_.get(who):
                continue
            row: Row = {"What": f"{what}: {words}"}
            row |= {"In the span": chosen.get(who, 0)} if brush else {}
            out.append({**row, "On the axis": inside.get(who, 0), "At any time": all_.get(who, 0)})
    return out


def priced(found: Read, market: str, span: tl.Span) -> bool:
    """Whether a market has candles in a span."""
    return bool(prices.drawn(found.markets[market], span)[0])


def mark_rows(found: Read) -> list[Row]:
    """The marks as a table."""
    return prices.mark_rows(found.marks)


def link(pictured: Pictured, window: Window, **query: str) -> str:
    """The page as it stands, as a link's query: steps, and the window of the axis."""
    steps: list[c.Command] = []
    for command in pictured.history.current:  # of several spans in a row the last is what counts
        if isinstance(command, c.Between) and steps and isinstance(steps[-1], c.Between):
            steps.pop()
        steps.append(command)
    left, right = map(tl.written, window.span)
    told = {k: v for k, v in query.items() if v}
    return urlencode({**told, "left": left, "right": right, "view": c.to_link(steps, pictured.seq)}, safe=":")
