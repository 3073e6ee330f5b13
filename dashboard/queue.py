"""The queue of alerts as rows, what can be done with one or many of them, and what that would do, in words.

Pure functions from rows of the casebook to words and steps; the page draws them and takes the steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from cases import alerts
from cases.casebook import Change
from cases.lifecycles import ALERT, AlertState
from dashboard.times import age
from dashboard.untrusted import one_line
from dashboard.views import Row, kind_label, ticker

PAGE = 25
"""Alerts of a page."""
_NAMED = 6  # accounts of an alert that are named
LISTS: Mapping[str, tuple[AlertState, ...]] = {
    "Waiting": (AlertState.NEW, AlertState.TRIAGED),
    "Put off": (AlertState.SNOOZED,),
    "Dismissed": (AlertState.DISMISSED,),
    "Merged": (AlertState.MERGED,),
    "In a case": (AlertState.PROMOTED,),
}
"""The lists of the page, by what they are called there."""


def rows(found: Sequence[RowMapping], now: datetime, current: str = "") -> list[Row]:
    """Rows of the queue; the current one is marked."""
    return [
        {
            "": "▶" if r["id"] == current else "",
            "Priority": r["priority"],
            "State": r["state"],
            "Raised": age(r["raised_at"], now),
            "Seen": r["seen"],
            "Kind": kind_label(r["kind"]),
            "What was flagged": one_line(r["summary"], 400),
        }
        for r in found
    ]


def facts(row: RowMapping, now: datetime) -> list[str]:
    """What is known of one alert, a line each."""
    told = row["told"]
    found = [
        (
            f"{kind_label(row['kind'])} · {one_line(row['detector'], 40)} {one_line(str(told.get('version', '')), 20)}"
            f" · score {row['score']:.2f} ({one_line(str(told.get('score_means', '')), 80)})"
        ),
        (
            f"Raised {age(row['raised_at'], now)}, seen {row['seen']} time{'' if row['seen'] == 1 else 's'};"
            f" {one_line(str(told.get('reason', '')), 40)}; {len(told.get('accounts', ())):,} accounts"
        ),
    ]
    if accounts := told.get("accounts", ()):
        more = f" and {len(accounts) - _NAMED:,} more" if len(accounts) > _NAMED else ""
        found.append(f"Named: {', '.join(one_line(a, 60) for a in accounts[:_NAMED])}{more}")
    tickers, links = told.get("tickers", ()), told.get("links", ())
    if tickers or links:
        found.append("About " + ", ".join([*(ticker(t) for t in tickers[:8]), *(one_line(k, 80) for k in links[:3])]))
    if row["reason"]:
        found.append(f"Reason given: {one_line(row['reason'], 400)}")
    if told.get("decided"):
        found.append(f"Decided before: {one_line(str(told['decided']), 200)}")
    return found


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done with alerts.

    Parameters
    ----------
    name : str
        The move of the alert's machine.
    words, done : str
        On its button; and of what was done.
    key : str
        The letter that presses it.
    back : str
        The move that takes it back; empty where nothing does.
    asks : tuple of str
        What is asked first: ``why`` · ``until`` · ``into`` · ``case``.
    """

    name: str
    words: str
    done: str
    key: str
    icon: str
    back: str = ""
    asks: tuple[str, ...] = ()

    def fits(self, row: RowMapping) -> bool:
        """Whether the alert can take this move now."""
        return any(m.name == self.name for m in ALERT.ways(row["state"]))


ACTS: tuple[Act, ...] = (
    Act("triage", "Keep", "Kept", "t", "check", asks=()),
    Act("snooze", "Put off", "Put off", "s", "snooze", "triage", ("until", "why")),
    Act("dismiss", "Dismiss", "Dismissed", "d", "do_not_disturb_on", "restore", ("why",)),
    Act("merge", "Merge", "Merged", "m", "merge", "unmerge", ("into",)),
    Act("promote", "To a case", "Put into a case", "p", "create_new_folder", "detach", ("case",)),
    Act("restore", "Restore", "Restored", "b", "restore", "", ("why",)),
    Act("unmerge", "Take out", "Taken out", "b", "call_split", "", ("why",)),
    Act("detach", "Take out of its case", "Taken out", "b", "folder_off", "", ("why",)),
)
"""What can be done, in the order of the buttons."""


def act(name: str) -> Act:
    """The act of this name."""
    return next(a for a in ACTS if a.name == name)


def would(what: Act, chosen: Sequence[RowMapping], told: Mapping[str, Any]) -> list[str]:
    """What the act would do with these alerts, a line each, without doing it."""
    able = fitting(what, chosen, told)
    found = []
    by = Counter(str(r["priority"]) for r in able)
    split = ", ".join(f"{n:,} of {name} priority" for name, n in by.items())
    accounts = len({a for r in able for a in r["told"].get("accounts", ())})
    match what.name:
        case "merge":
            into = f"into {one_line(str(told.get('title', '')), 120)}"
        case "promote":
            into = f"into the case {one_line(str(told.get('title', '')), 120)}"
        case "snooze":
            into = f"until {told['until']:%Y-%m-%d %H:%M} UTC" if told.get("until") else ""
        case _:
            into = ""
    one = f"{len(able):,} alert{'' if len(able) == 1 else 's'}"
    found.append(f"{what.words}: {one} {into}".rstrip() + (f" ({split})." if split else "."))
    found.append(f"They name {accounts:,} accounts; nothing is done about an account by this.")
    left = len(chosen) - len(able)
    if left:
        states = ", ".join(sorted({str(r["state"]) for r in chosen if r not in able}))
        found.append(f"{left:,} of those chosen stay as they are ({states}).")
    if what.back:
        found.append("It can be taken back.")
    return found


def fitting(what: Act, chosen: Sequence[RowMapping], told: Mapping[str, Any]) -> list[RowMapping]:
    """Those of the chosen alerts that the act can be done with; never the one that others are merged into."""
    return [r for r in chosen if what.fits(r) and r["id"] != told.get("into")]


def steps(what: Act, ids: Sequence[str], told: Mapping[str, Any]) -> Callable[[Change], int]:
    """All of it as one step: every alert or none."""
    why = str(told.get("why", ""))
    ways: Mapping[str, Callable[[Change, str], object]] = {
        "triage": alerts.triage,
        "snooze": lambda change, key: alerts.snooze(change, key, told["until"], why),
        "dismiss": lambda change, key: alerts.dismiss(change, key, why),
        "restore": lambda change, key: alerts.restore(change, key, why),
        "unmerge": lambda change, key: alerts.unmerge(change, key, why),
        "detach": lambda change, key: alerts.detach(change, key, why),
        "promote": lambda change, key: alerts.promote(change, key, told["case"]),
    }

    def every(change: Change) -> int:
        if what.name == "merge":
            alerts.merge(change, ids, told["into"])
        for key in ids if what.name in ways else ():
            ways[what.name](change, key)
        return len(ids)

    return every


def title(chosen: Sequence[RowMapping]) -> str:
    """What a case of these alerts may be called, until somebody says better."""
    tickers = list(dict.fromkeys(t for r in chosen for t in r["told"].get("tickers", ())))
    accounts = len({a for r in chosen for a in r["told"].get("accounts", ())})
    about = ", ".join(ticker(t) for t in tickers[:3])
    return f"{kind_label(chosen[0]['kind'])}{' about ' + about if about else ''}: {accounts:,} accounts"
