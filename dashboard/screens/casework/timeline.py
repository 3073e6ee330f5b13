"""What was done about a case, as the audit trail keeps it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import streamlit as st
from sqlalchemy import RowMapping

from cases.casefile import CaseFile
from cases.mine import called
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import paging
from dashboard.untrusted import one_line
from dashboard.views import Row


def show(_at: Desk, file: CaseFile) -> None:
    """Draw it, the newest first."""
    newest = list(reversed(file.timeline))
    st.caption("Each entry's SHA-256 covers the one before: `lockstep audit verify` finds what was changed or removed.")
    part, _ = paging.part(newest, "timeline-page")
    st.dataframe(
        rows(part, st.context.timezone),
        hide_index=True,
        height="content" if len(part) < 15 else 560,
        column_config={
            "When": st.column_config.TextColumn(width=200),
            "Who": st.column_config.TextColumn(width=130),
            "What": st.column_config.TextColumn(width=200),
            "Detail": st.column_config.TextColumn(width=620),
        },
        alt="What was done about the case",
    )


def rows(entries: Iterable[RowMapping], zone: str | None) -> list[Row]:
    """Rows of the trail's entries."""
    return [
        {
            "When": times.second(e["at"], zone),
            "Who": one_line(called(e["actor"]), 60),
            "What": f"{e['action'].replace('_', ' ')} · {e['subject']}",
            "Detail": detail(e["detail"]),
        }
        for e in entries
    ]


def detail(text: str) -> str:
    """An entry's detail in a line: what changed, or what was added."""
    told = orjson.loads(text)
    why = f"{told['why']}; " if told.get("why") else ""
    if "is" in told and "was" in told:
        changed = [f"{k}: {told['was'].get(k)} → {v}" for k, v in told["is"].items() if told["was"].get(k) != v]
        return one_line(why + ", ".join(changed), 400)
    kept = {
        k: v for k, v in told.items() if v not in (None, "", [], {}) and k not in {"id", "version", "content", "why"}
    }
    return one_line(why + ", ".join(f"{k}: {v}" for k, v in kept.items()), 400)
