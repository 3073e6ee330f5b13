"""What is done with alerts on the triage page: asked for what it needs, shown before it is done to many, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import streamlit as st
from sqlalchemy import RowMapping

from cases import alerts
from cases.roles import Permission
from dashboard import desk, queue
from dashboard.access.people import who
from dashboard.queue import Act
from dashboard.screens.casework import opening
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line

_MODE, _UNDO = "triage-mode", "triage-undo"


def leave() -> None:
    """Ask nothing any more."""
    st.session_state.pop(_MODE, None)


def one(row: RowMapping) -> None:
    """The buttons of one alert, and below them what the chosen act asks."""
    may = [a for a in queue.ACTS if a.fits(row) and _may(a)]
    with st.container(horizontal=True, key="acts"):
        for act in may:
            pressed = st.button(
                act.words, key=f"act-{act.name}", icon=f":material/{act.icon}:", shortcut=act.key.upper(),
                type="primary" if act.name == "promote" else "secondary",
            )  # fmt: skip
            if pressed and act.asks:
                st.session_state[_MODE] = act.name
            elif pressed:
                _do(act, [row], {})
    mode = st.session_state.get(_MODE)
    if mode in {a.name for a in may}:
        act = queue.act(mode)
        told = _asked(act, [row])
        if told is not None:
            _do(act, [row], told)


def many(chosen: Sequence[RowMapping]) -> None:
    """What to do with those that are ticked: first what it would do, in words, then, confirmed, that."""
    with st.container(border=True, key="triage-many"):
        if not chosen:
            st.caption("Tick alerts in the table, then choose what to do with them.")
            return
        may = [a for a in queue.ACTS if any(a.fits(r) for r in chosen) and _may(a)]
        name = st.selectbox(
            f"What to do with {len(chosen):,} ticked", [a.name for a in may], index=None, key="triage-many-act",
            format_func=lambda n: queue.act(n).words, placeholder="Choose", width=360,
        )  # fmt: skip
        if name is None:
            return
        act = queue.act(name)
        told = _asked(act, chosen) if act.asks else {}
        if told is None:
            told = st.session_state.get("triage-dry", {}).get(_of(act, chosen))
        else:
            st.session_state["triage-dry"] = {_of(act, chosen): told}
        if told is None:
            return
        st.caption("What would be done:")
        for line in queue.would(act, chosen, told):
            st.text(line)
        if st.button("Do it", key="triage-do", type="primary", icon=":material/done_all:"):
            _do(act, queue.fitting(act, chosen, told), told)


def undo() -> None:
    """The way back from what was done last."""
    last = st.session_state.get(_UNDO)
    if not last:
        return
    act, ids, words = last
    with st.container(horizontal=True, vertical_alignment="center", key="triage-undo-last"):
        pressed = st.button("Take it back", key="undo", icon=":material/undo:", shortcut="U")
        st.text(words)
    if pressed:
        step = queue.steps(queue.act(act.back), ids, {"why": "taken back on the triage page"})
        if acting.did(step):
            st.session_state.pop(_UNDO, None)
            _next()
            acting.over("It was taken back.")


def _of(act: Act, chosen: Sequence[RowMapping]) -> tuple[str, ...]:
    return (act.name, *(str(r["id"]) for r in chosen))


def _may(act: Act) -> bool:
    return who().may(Permission.WORK if act.name in {"promote", "detach"} else Permission.TRIAGE)


def _asked(act: Act, chosen: Sequence[RowMapping]) -> dict[str, Any] | None:
    """What the act needs to know, once it was filled in and sent; None until then."""
    if "case" in act.asks:
        return opening.which_case(chosen)
    ids = "-".join(str(r["id"]) for r in chosen[:3])
    others = _others(chosen) if "into" in act.asks else {}
    if "into" in act.asks and not others:
        st.caption("There is no other open alert to merge it into.")
        return None
    with st.form(f"ask-{act.name}-{ids}", border=True):
        told: dict[str, Any] = {}
        if "into" in act.asks:
            names = {k: _named(r) for k, r in others.items()}
            told["into"] = st.selectbox("Into", list(names), format_func=names.__getitem__, key=f"into-{ids}")
            told["title"] = names.get(told["into"], "")
        if "until" in act.asks:
            tomorrow = datetime.now(UTC).date() + timedelta(days=1)
            day = st.date_input("Until the morning of (UTC)", tomorrow, min_value=tomorrow, key=f"until-{ids}")
            told["until"] = datetime.combine(day, time(6), UTC)
        if "why" in act.asks:
            told["why"] = st.text_input("Why", max_chars=1_000, key=f"why-{act.name}-{ids}")
        sent = st.form_submit_button("Show what it would do" if len(chosen) > 1 else act.words, type="primary")
    if sent and "why" in act.asks and not told["why"].strip():
        st.error("Write why, in a sentence.")
        return None
    return told if sent else None


def _others(chosen: Sequence[RowMapping]) -> dict[str, RowMapping]:
    """Open alerts that others can be merged into: of several, one of them; else those that are nearest in kind."""
    if len(chosen) > 1:
        return {str(r["id"]): r for r in chosen if queue.act("merge").fits(r)}
    ids = {str(r["id"]) for r in chosen}
    accounts = {a for r in chosen for a in r["told"].get("accounts", ())}
    with desk.desk().look("queue", which="to merge into") as look:
        found = [r for r in alerts.queue(look, 200) if str(r["id"]) not in ids]
    alike = sorted(found, key=lambda r: -len(accounts.intersection(r["told"].get("accounts", ()))))
    return {str(r["id"]): r for r in alike}


def _named(row: RowMapping) -> str:
    return f"{row['priority']} · {one_line(row['summary'], 90)} · {row['id'][:6]}"


def _do(act: Act, chosen: Sequence[RowMapping], told: Mapping[str, Any]) -> None:
    """Do it, remember the way back, and go on to the next alert."""
    ids = [str(r["id"]) for r in chosen]
    if act.name == "promote":
        case_id = opening.put(chosen, dict(told))
        if case_id is None:
            return
    elif acting.did(queue.steps(act, ids, told)) is None:
        return
    words = f"{act.done}: " + (
        one_line(str(chosen[0]["summary"]), 100) if len(chosen) == 1 else f"{len(chosen):,} alerts"
    )
    if act.back:
        st.session_state[_UNDO] = (act, ids, words)
    else:
        st.session_state.pop(_UNDO, None)
    _next()
    acting.over()


def _next() -> None:
    leave()
    st.session_state.pop("triage-dry", None)
    st.session_state["triage-current"] = ""
    st.session_state["triage-turn"] = int(st.session_state.get("triage-turn", 0)) + 1
