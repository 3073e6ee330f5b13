"""Lists of cases, and of what hangs on them, as people outside read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from cases.casebook import Look
from cases.privacy.pseudonyms import for_row, outside
from cases.storage.schema import subjects


def for_list(look: Look, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Rows of cases, or with ``case_id``, as the actor reads them; people outside under pseudonyms."""
    if not rows or not outside(look.actor):
        return list(rows)
    of = [str(row.get("case_id", row["id"])) for row in rows]
    accounts = defaultdict(list)
    query = select(subjects.c.case_id, subjects.c.account).where(subjects.c.case_id.in_(set(of)))
    for case_id, account in look.connection.execute(query):
        accounts[case_id].append(account)
    return [for_row(row, case_id, accounts[case_id], look.actor) for row, case_id in zip(rows, of, strict=True)]
