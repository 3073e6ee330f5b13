"""Which characters the PDF's own fonts have: what they lack is written as its code point, never as an empty box."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import typst

_NONE = "\U0010ff00"  # of a private area: no font has it
_GLYPH = re.compile(rb'href="#(g[0-9A-F]+)"')
_PROBE = b"""
#set page(width: 40pt, height: 40pt, margin: 2pt)
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))
#for c in json(bytes(sys.inputs.at("data"))) { page(text(c)) }
"""


def lacking(texts: Iterable[str]) -> frozenset[str]:
    """Characters of the texts that no font of typst's own has."""
    asked = sorted({c for text in texts for c in text if not " " <= c <= "~" and c not in "\n\t"})
    if not asked:
        return frozenset()
    inputs = {"data": json.dumps([_NONE, *asked])}
    pages: Any = typst.compile(_PROBE, format="svg", ignore_system_fonts=True, sys_inputs=inputs)
    none, *drawn = [set(_GLYPH.findall(page)) for page in pages]  # one a page
    return frozenset(c for c, glyphs in zip(asked, drawn, strict=True) if glyphs & none)


def written(value: Any, lack: frozenset[str]) -> Any:
    """A value's texts with each of these characters as ``⟨U+65E5⟩``; several in a row share the brackets."""
    if isinstance(value, str):
        return _replaced(value, lack) if lack and not value.isascii() else value
    if isinstance(value, dict):
        return {name: written(v, lack) for name, v in value.items()}
    if isinstance(value, list):
        return [written(v, lack) for v in value]
    return value


def texts(value: Any) -> Iterable[str]:
    """All texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from texts(v)
    elif isinstance(value, list):
        for v in value:
            yield from texts(v)


def _replaced(text: str, lack: frozenset[str]) -> str:
    one = "[" + "".join(map(re.escape, sorted(lack))) + "]"
    run = f"{one}(?:[\u200d\ufe0f]*{one})*[\u200d\ufe0f]*"  # joiners among them have nothing to join
    return re.sub(run, lambda found: "⟨U+" + " ".join(f"{ord(c):04X}" for c in found[0]) + "⟩", text)
