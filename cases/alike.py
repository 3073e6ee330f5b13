"""Cases that have accounts, tickers or links in common with a case, of those that the reader may know of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, or_, select

from cases.casebook import Look
from cases.caseload import find, visible
from cases.storage.schema import alerts, cases, subjects

_COMMON = 20  # cases that have a ticker or a link in common, beyond which it says nothing of them
_NEWEST = 500  # cases whose tickers and links are compared; accounts are in all
_MOST = 20


@dataclass(frozen=True, slots=True)
class Alike:
    """Another case, and what it has in common.

    Parameters
    ----------
    case : RowMapping
        Its row.
    accounts, tickers, links : tuple of str
        What both are about.
    """

    case: RowMapping
    accounts: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """By which they are ordered: a shared account counts most, a ticker least."""
        return 10 * len(self.accounts) + 3 * len(self.links) + len(self.tickers)


def alike(look: Look, case_id: str) -> list[Alike]:
    """The cases most alike; likeness alone is no ground for anything.

    What the reader may not know of counts nowhere, so a case of the market track shows by no gap and in no number.

    Raises
    ------
    CaseError
        There is no such case, or the actor may not know of it.
    """
    find(look, case_id)
    accounts = _accounts(look, case_id)
    told = _told(look, case_id)
    mine = told.get(case_id, {"tickers": set(), "links": set()})
    found = []
    for other in (set(accounts) | set(told)) - {case_id}:
        theirs = told.get(other, {"tickers": set(), "links": set()})
        shared = {name: tuple(sorted(mine[name] & theirs[name])) for name in ("tickers", "links")}
        if other in accounts or any(shared.values()):
            row = look.row(cases, other)
            found.append(Alike(row, accounts.get(other, ()), shared["tickers"], shared["links"]))
    return sorted(found, key=lambda a: (-a.weight, a.case["opened_at"], a.case["id"]))[:_MOST]


def _accounts(look: Look, case_id: str) -> dict[str, tuple[str, ...]]:
    """By case, the accounts that this one is about too."""
    mine = select(subjects.c.account).where(subjects.c.case_id == case_id)
    query = select(subjects.c.case_id, subjects.c.account).join(cases, cases.c.id == subjects.c.case_id)
    query = query.where(subjects.c.account.in_(mine), visible(look.actor)).order_by(subjects.c.account)
    found: dict[str, list[str]] = {}
    for other, account in look.connection.execute(query):
        found.setdefault(str(other), []).append(str(account))
    return {other: tuple(names) for other, names in found.items()}


def _told(look: Look, case_id: str) -> dict[str, dict[str, set[str]]]:
    """By case, this one and the newest, the tickers and links of its alerts; those that many have are left out."""
    newest = select(cases.c.id).where(visible(look.actor)).order_by(cases.c.opened_at.desc(), cases.c.id).limit(_NEWEST)
    query = select(alerts.c.case_id, alerts.c.told).where(
        or_(alerts.c.case_id.in_(newest), alerts.c.case_id == case_id)
    )
    found: dict[str, dict[str, set[str]]] = {}
    for key, told in look.connection.execute(query):
        mine = found.setdefault(str(key), {"tickers": set(), "links": set()})
        for name, values in mine.items():
            values.update(_names(told, name))
    for name in ("tickers", "links"):
        tally = Counter(value for mine in found.values() for value in mine[name])
        for mine in found.values():
            mine[name] = {v for v in mine[name] if tally[v] <= _COMMON}
    return found


def _names(told: Mapping[str, object], name: str) -> list[str]:
    values = told.get(name)
    return [str(v) for v in values] if isinstance(values, list) else []
