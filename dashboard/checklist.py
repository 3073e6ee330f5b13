"""What is shown of a list that was checked: pure functions from answers to rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dashboard.times import shown
from dashboard.untrusted import one_line
from dashboard.views import Row, kind_label
from detectors.checking.answers import Answer, Checked, Decided, Involved, State

MOST = 5_000
"""Entries that are checked at once."""
CLEAN = (
    "Not found is not clean: nothing that is loaded carries the name. Known, in no finding: the detectors that ran did "
    "not flag it, on the data they saw."
)
_BETWEEN = re.compile(r"[\s;]+|,\s+")


def lines(text: str) -> list[tuple[int, str]]:
    """The entries of a pasted text with the lines they stand in: one a line, or several with space between them."""
    return [(number, part) for number, line in enumerate(text.splitlines(), 1) for part in _BETWEEN.split(line) if part]


def rows(answers: Iterable[Answer], zone: str | None = None) -> list[Row]:
    """One row an entry."""
    return [
        {
            "Entry": one_line(a.entry.text, 120),
            "Answer": str(a.state),
            "Findings": sum(i.current for i in a.involved),
            "Priority": str(min((i.priority for i in a.involved if i.current), key=lambda p: p.rank, default="")),
            "Since": shown(min(i.since for i in a.involved), zone) if a.involved else "",
            "With": one_line(", ".join(a.involved[0].beside) if a.involved else "", 200),
            "Accounts": ", ".join(one_line(f"@{n.handle}" if n.handle else n.account, 60) for n in a.accounts[:5]),
            "Labels": "; ".join(one_line(x, 200) for x in a.labels),
        }
        for a in answers
    ]


def involved_rows(answer: Answer, zone: str | None = None) -> list[Row]:
    """One row a finding that the entry is in, those that are no longer current last."""
    return [
        {
            "Finding": i.finding,
            "Kind": kind_label(i.kind),
            "Current": "yes" if i.current else "no",
            "As what": i.as_what,
            "Account": one_line(i.account or ""),
            "Other members": i.others,
            "Priority": str(i.priority),
            "Since": shown(i.since, zone),
            "Found": shown(i.found_at, zone) if i.found_at else "",
            "Decided on it": one_line(i.decided),
            "What was flagged": one_line(i.summary),
        }
        for i in answer.involved
    ]


def told(answer: Answer) -> list[str]:
    """What else is known of an entry, one line each."""
    names = [f"{n.account}: by {n.by}" for n in answer.accounts]
    said = [*names, *answer.near, *map(_decision, answer.decided), *answer.labels]
    return [one_line(x, 400) for x in said]


def _decision(d: Decided) -> str:
    back = f", reversed on {d.reversed_at:%Y-%m-%d}" if d.reversed_at else ""
    return f"decided elsewhere on {d.at:%Y-%m-%d}: {d.outcome}{back}"


def export_rows(found: Checked) -> list[Row]:
    """One row an entry and finding, for a file."""
    return [_export(a, i) for a in found.answers for i in (a.involved or (None,))]


def _export(a: Answer, i: Involved | None) -> Row:
    return {
        "lines": " ".join(map(str, a.entry.lines)),
        "entry": a.entry.text,
        "answer": str(a.state),
        "accounts": " ".join(n.account for n in a.accounts),
        "finding": i.finding if i else "",
        "current": ("yes" if i.current else "no") if i else "",
        "kind": i.kind if i else "",
        "priority": str(i.priority) if i else "",
        "score": i.score if i else "",
        "score_means": i.score_means if i else "",
        "as_what": i.as_what if i else "",
        "others": i.others if i else "",
        "since": i.since.isoformat() if i else "",
        "found_at": i.found_at.isoformat() if i and i.found_at else "",
        "decided": "; ".join(map(_decision, a.decided)),
        "labels": "; ".join(a.labels),
        "near": "; ".join(a.near),
    }


def tally(found: Checked) -> list[str]:
    """How many entries came to what, those in findings first."""
    return [f"{found.counts[str(s)]:,} {s}" for s in State if found.counts[str(s)]]


def stands_on(found: Checked) -> str:
    """The runs that the answers stand on, in one line."""
    if not found.runs:
        return "No detector has run on this store: nothing is flagged, and nothing was looked at."
    runs = ", ".join(f"{one_line(r.detector)} on commit {r.data_cut:,}" for r in found.runs)
    return f"Stands on data up to commit {found.seq:,} and the newest runs: {runs}."


def kept(answers: Sequence[Answer], states: Sequence[str]) -> list[Answer]:
    """Answers of these states; all where none is chosen."""
    return [a for a in answers if not states or str(a.state) in states]
