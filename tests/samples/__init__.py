"""One module a format with ``SAMPLE``: a small file of it, of any length, for the contract suite of formats."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.formats.base import Options


@dataclass(frozen=True)
class Sample:
    """How to write a valid file of a format.

    ``make(n)`` gives the bytes of a file of n rows; ``expect(n)`` the rows of each table that come of them. Every row
    of a text format carries :data:`MARK` once, in a place where any text may stand.
    """

    format: str
    name: str  # file name
    make: Callable[[int], bytes]
    expect: Callable[[int], dict[str, int]]
    options: Options = field(default_factory=Options)
    text: bool = True  # the bytes are UTF-8, so that a BOM, NUL or bad byte can be put in
    by_line: bool = True  # a row is a line, so that one bad line costs one row
    compressible: bool = True  # may come as .gz or .zst


MARK = b"markword"


def samples() -> dict[str, Sample]:
    """Every format's sample by format name."""
    found = [importlib.import_module(info.name).SAMPLE for info in pkgutil.iter_modules(__path__, "tests.samples.")]
    return {sample.format: sample for sample in found}
