"""The tables of the transparency report (Implementing Regulation (EU) 2024/2835): columns as data, checks, and CSV.

A cell is empty where a number does not apply or is not known, and 0 where there could have been some and were none.
Nothing is escaped for spreadsheets, which would change what is reported: what would need it is refused.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cases.exports.dsa_rules import CATEGORIES, EEA, KEYWORDS, OTHER, PAIRS
from graph.spreadsheets import harmless

TOTAL = "TOTAL"
Row = Mapping[str, Any]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    COUNT = "count"  # a whole number, 0 or more
    AMOUNT = "amount"  # a number, 0 or more
    SHARE = "share"  # in [0, 1]
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report.

    Parameters
    ----------
    section : str
        Of the template.
    name : str
        Of its file, without the section.
    columns : mapping of str to Kind
    key : tuple of str
        Columns that name a row; no two rows have the same.
    values : mapping of str to tuple of str
        What a column may say.
    parts : tuple of str
        Columns of numbers that must add up to ``whole``.
    whole : str
    """

    section: str
    name: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    parts: tuple[str, ...] = ()
    whole: str = ""

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.section.replace('.', '-')}-{self.name}.csv"


def _columns(texts: str, **numbers: str) -> dict[str, Kind]:
    found = dict.fromkeys(texts.split(), Kind.TEXT)
    for kind, names in numbers.items():
        found |= dict.fromkeys(names.split(), Kind(kind))
    return found


_VISIBILITY = "removal disable demoted age_restricted interaction_restricted labelled other"
_FOURTEEN = {
    "visibility": _VISIBILITY,
    "monetary": "suspension termination other",
    "service": "suspension termination",
    "account": "suspension termination",
}
RESTRICTIONS = tuple(f"{kind}_{name}" for kind, names in _FOURTEEN.items() for name in names.split())
_CATEGORISED = {"category": (TOTAL, *CATEGORIES), "sub_category": ("", *KEYWORDS)}
_OWN = _columns("category sub_category", count=f"measures after_solely_automated_detection {' '.join(RESTRICTIONS)}")
_OWN_KEY = ("category", "sub_category")
TYPES = ("VISIBILITY", "MONETARY", "SERVICE", "ACCOUNT")
SCOPES = (TOTAL, "OWN_INITIATIVE", "NOTICES", "TRUSTED_FLAGGERS")
QUALITATIVE = ("summary", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "methods", "safeguards")
_LIST = (
    Table("1.1", "identification", _columns("item value"), ("item",), {}),
    Table(
        "1.2",
        "orders",
        _columns(
            "member_state category sub_category",
            count="orders items",
            hours="median_hours_to_inform median_hours_to_give_effect",
        ),
        ("member_state", "category", "sub_category"),
        {"member_state": EEA, **_CATEGORISED},
    ),
    Table(
        "1.3",
        "notices",
        _columns(
            "category sub_category",
            count="notices notices_by_trusted_flaggers items actions_on_law actions_on_terms",
            hours="median_hours_to_action",
        ),
        _OWN_KEY,
        _CATEGORISED,
    ),
    Table("1.4", "own-initiative-illegal", _OWN, _OWN_KEY, _CATEGORISED, RESTRICTIONS, "measures"),
    Table("1.4", "own-initiative-terms", _OWN, _OWN_KEY, _CATEGORISED, RESTRICTIONS, "measures"),
    Table(
        "1.5",
        "complaints",
        _columns(
            "type_of_decision",
            count="complaints decided upheld partially_reversed reversed omitted",
            hours="median_hours_to_decision",
        ),
        ("type_of_decision",),
        {"type_of_decision": (TOTAL, *TYPES)},
        ("upheld", "partially_reversed", "reversed", "omitted"),
        "decided",
    ),
    Table(
        "1.5",
        "disputes-and-suspensions",
        _columns("item", count="number", hours="median_hours"),
        ("item",),
        {
            "item": (
                "out_of_court_disputes",
                "out_of_court_outcomes_implemented",
                "suspensions_illegal_content",
                "suspensions_unfounded_notices",
                "suspensions_unfounded_complaints",
            )
        },
    ),
    Table(
        "1.6",
        "automated-measures",
        _columns("ground", count="measures solely_automated not_solely_automated"),
        ("ground",),
        {"ground": (TOTAL, "ILLEGAL_CONTENT", "INCOMPATIBLE_CONTENT")},
        ("solely_automated", "not_solely_automated"),
        "measures",
    ),
    Table(
        "1.6",
        "classifiers",
        _columns("classifier scope", share="accuracy precision recall"),
        ("classifier", "scope"),
        {"scope": SCOPES},
    ),
    Table(
        "1.7",
        "human-resources",
        _columns("language", count="internal external", amount="full_time_equivalents"),
        ("language",),
        {},
    ),
    Table("1.8", "recipients", _columns("member_state", count="average_monthly_recipients"), ("member_state",), {}),
    Table("2", "qualitative", _columns("item text"), ("item",), {"item": QUALITATIVE}),
)
TABLES: Mapping[str, Table] = {t.name: t for t in _LIST}


def wrong(table: Table, rows: Sequence[Row]) -> list[str]:
    """What is wrong with a table's rows, in words; nothing where they can be reported."""
    found = [f"{_where(table, r)}: {why}" for r in rows for why in _of_row(table, r)]
    if found:
        return [f"{table.file}, {why}" for why in found]
    keys = [tuple(r.get(k, "") for k in table.key) for r in rows]
    found += [f"{' '.join(map(str, k))} is there twice" for k in sorted({k for k in keys if keys.count(k) > 1})]
    return [f"{table.file}, {why}" for why in (*found, *_sums(table, rows))]


def written(table: Table, rows: Sequence[Row]) -> bytes:
    """A table as CSV (RFC 4180, UTF-8)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(row.get(name)) for name in table.columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return repr(round(value, 4)) if isinstance(value, float) else str(value)


def _where(table: Table, row: Row) -> str:
    return " ".join(str(row.get(k, "")) for k in table.key).strip() or "a row"


def _of_row(table: Table, row: Row) -> Iterator[str]:
    yield from (f"{name} is no column" for name in row if name not in table.columns)
    for name, kind in table.columns.items():
        value = row.get(name)
        if value is None and name not in table.key:
            continue
        yield from (f"{name} {why}" for why in _of_cell(value, kind, table.values.get(name, ())))
    if row.get("sub_category"):
        yield from _paired(row)
    if table.whole and row.get(table.whole) is not None:
        told = sum(row.get(p) or 0 for p in table.parts if _is_number(row.get(p)))
        if told != row[table.whole]:
            yield f"{', '.join(table.parts[:2])} … add up to {told}, and {table.whole} is {row[table.whole]}"


def _paired(row: Row) -> Iterator[str]:
    fitting = PAIRS.get(str(row.get("category")), frozenset()) | {OTHER}
    if row["sub_category"] not in fitting or row.get("category") == TOTAL:
        yield f"{row['sub_category']} is no sub-category of it"


def _of_cell(value: Any, kind: Kind, values: tuple[str, ...]) -> Iterator[str]:
    if kind is Kind.TEXT:
        text = "" if value is None else value
        if not isinstance(text, str):
            yield "is no text"
        elif values and text not in values:
            yield f"may not be {text!r}"
        elif harmless(text) != text or "\x00" in text:
            yield "begins like a formula, which a spreadsheet would run: write it otherwise"
    elif not _is_number(value):
        yield f"is no number: {value!r}"
    elif kind is Kind.COUNT and not isinstance(value, int):
        yield f"is no whole number: {value!r}"
    elif value < 0 or (kind is Kind.SHARE and value > 1):
        yield f"is {value!r}, out of its range"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _sums(table: Table, rows: Sequence[Row]) -> Iterator[str]:
    """Rows that must add up to another: sub-categories to their category, categories and types to the total."""
    axis = next((c for c in ("category", "type_of_decision", "ground") if c in table.key), None)
    if axis is None:
        return
    apart = tuple(k for k in table.key if k not in {axis, "sub_category"})
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row.get(k, "")) for k in apart), []).append(row)
    for group in groups.values():
        whole = {str(r[axis]): r for r in group if not r.get("sub_category")}
        for name in sorted({str(r[axis]) for r in group if r.get("sub_category")}):
            subs = [r for r in group if r[axis] == name and r.get("sub_category")]
            yield from _adding(table, f"sub-categories of {name}", subs, whole.get(name))
        if TOTAL in whole and len(whole) > 1:
            yield from _adding(table, "rows", [r for n, r in whole.items() if n != TOTAL], whole[TOTAL])


def _adding(table: Table, what: str, parts: Sequence[Row], whole: Row | None) -> Iterator[str]:
    if whole is None:
        yield f"the {what} have no row that they add up to"
        return
    for name in (n for n, kind in table.columns.items() if kind is Kind.COUNT):
        told = [r[name] for r in parts if r.get(name) is not None]
        short = len(told) < len(parts)  # some are not known: the others cannot be more than the whole
        if (
            whole.get(name) is not None
            and told
            and (sum(told) > whole[name] or (sum(told) < whole[name] and not short))
        ):
            yield f"{name}: the {what} add up to {sum(told)}, and the whole is {whole[name]}"
        if whole.get(name) is None and told:
            yield f"{name}: the {what} are told, and the whole is not"
