"""pyvis's page without the outside world.

Even with ``cdn_resources="in_line"`` pyvis 0.3.2 writes tags that load bootstrap from a content network; they are taken
out, and the result is checked. A content security policy in the page forbids what a later version might add. pyvis
also writes a node's title as HTML where any title contains "href", which a hostile post could; its template is
therefore rendered here, with that switched off: titles are text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

from pyvis.network import Network

from dashboard.canvas import grammar
from graph.model import Rel

LEGEND_HEIGHT = 64
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_HEAD = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>Evidence graph</title>"""
_STYLE = """<style>
body { margin: 0; font: 12px sans-serif; color: #1F2933; background: #fff; }
center, h1 { display: none; }
#mynetwork { float: none !important; border: 1px solid #C9D1D9 !important; border-radius: 6px; box-sizing: border-box; }
div.vis-tooltip { white-space: pre-line !important; max-width: 420px; font: 12px sans-serif !important;
  background: #fff !important; border-color: #7A8794 !important; }
ul.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; margin: 6px 2px; padding: 0; }
ul.legend li { display: flex; align-items: center; gap: 4px; white-space: nowrap; }
</style>"""
_OUTSIDE_LINK = re.compile(r"<link\b[^>]*\bhref\s*=\s*[\"'](?:https?:)?//[^>]*>", re.IGNORECASE)
_OUTSIDE_SCRIPT = re.compile(
    r"<script\b[^>]*\bsrc\s*=\s*[\"'](?:https?:)?//[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL
)
_LOADING = {"src", "href", "srcset", "data", "action", "formaction", "poster", "background", "xlink:href"}
_CSS_LOAD = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


def page(net: Network, legend: str = "") -> str:
    """A network as one HTML page that loads nothing.

    Raises
    ------
    RuntimeError
        The page would still load something: pyvis's template is another than the one this module knows.
    """
    nodes, edges, heading, height, width, options = net.get_network_data()
    raw = net.templateEnv.get_template(net.path).render(
        height=height,
        width=width,
        nodes=nodes,
        edges=edges,
        heading=heading,
        options=options,
        physics_enabled=False,
        use_DOT=False,
        dot_lang="",
        widget=net.widget,
        bgcolor="#ffffff",
        conf=False,
        tooltip_link=False,
        neighborhood_highlight=False,
        select_menu=False,
        filter_menu=False,
        notebook=False,
        cdn_resources="in_line",
    )
    return closed(raw, legend)


def closed(raw: str, legend: str = "") -> str:
    """A page of pyvis with its outside tags removed, our style, policy and legend added, and checked."""
    own = _OUTSIDE_SCRIPT.sub("", _OUTSIDE_LINK.sub("", raw))
    head, found, rest = own.partition("<head>")
    body, end, tail = rest.rpartition("</body>")
    if not (found and end) or len(head) > 200:
        raise RuntimeError("pyvis's template has no head or body where this module expects them")
    whole = _HEAD + body.replace("</head>", _STYLE + "</head>", 1) + legend + end + tail
    loads = outside_loads(whole)
    if loads:
        raise RuntimeError(f"the picture would load {', '.join(loads[:3])}")
    return whole


def data_url(html: str) -> str:
    """The page as a ``data:`` address: an origin of its own, so its scripts cannot reach the application around it."""
    return "data:text/html;charset=utf-8;base64," + base64.b64encode(html.encode()).decode()


def outside_loads(html: str) -> list[str]:
    """Addresses that a browser would load from elsewhere when it opens the page."""
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    """Collects addresses in attributes that load, and in style sheets."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        for name, value in attrs:
            text = (value or "").strip()
            if name in _LOADING and re.match(r"(?:https?:)?//", text, re.IGNORECASE):
                self.found.append(text)
            elif name == "style":
                self.found += _CSS_LOAD.findall(text)

    def handle_data(self, data: str) -> None:
        if self._style:
            self.found += _CSS_LOAD.findall(data)


def legend(looks: Sequence[grammar.Look], rels: Sequence[Rel]) -> str:
    """What the shapes and lines mean, for those that occur."""
    nodes = "".join(f"<li>{_symbol(look)}{escape(look.name)}</li>" for look in looks)
    lines = "".join(f"<li>{_line(rel)}{escape(grammar.words(rel))}</li>" for rel in rels)
    return f'<ul class="legend" aria-label="Legend">{nodes}{lines}</ul>'


_SHAPES = {
    "dot": '<circle cx="9" cy="9" r="6"/>',
    "square": '<rect x="4" y="4" width="10" height="10"/>',
    "diamond": '<path d="M9 2 16 9 9 16 2 9z"/>',
    "triangle": '<path d="M9 3 16 15H2z"/>',
    "triangleDown": '<path d="M9 15 2 3h14z"/>',
    "star": '<path d="M9 1.5l2.2 5 5.3.5-4 3.6 1.2 5.3L9 13.1l-4.7 2.8 1.2-5.3-4-3.6 5.3-.5z"/>',
    "hexagon": '<path d="M5 2h8l4 7-4 7H5L1 9z"/>',
}


def _symbol(look: grammar.Look) -> str:
    paint = f'fill="{look.fill}" stroke="{look.outline}" stroke-width="{min(look.width, 2)}"'
    return f'<svg width="18" height="18" {paint} aria-hidden="true">{_SHAPES[look.shape]}</svg>'


def _line(rel: Rel) -> str:
    dashes = " ".join(map(str, grammar.DASHES[rel]))
    paint = f'stroke="{grammar.line_colour(rel)}" stroke-width="2" stroke-dasharray="{dashes}"'
    return f'<svg width="34" height="18" aria-hidden="true"><path d="M1 9h32" fill="none" {paint}/></svg>'
