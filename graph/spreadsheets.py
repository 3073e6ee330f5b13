"""Tables as CSV that no spreadsheet runs anything of: names and texts in them were written by anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: = + - @ tab CR and full-width forms get an apostrophe.

    Space before such a character does not hide it.
    """
    return "'" + cell if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV (RFC 4180, UTF-8): numbers as they are, every text harmless, nothing where there is None."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(harmless, columns))
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def cell(value: object) -> object:
    """Numbers as they are, all else as harmless text: a list's may begin with anything."""
    return value if value is None or isinstance(value, int | float) else harmless(str(value))
