"""The canvas on a page: its history, its selection, and what the analyst's events do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.canvas import commands as c
from dashboard.canvas import component
from dashboard.canvas.film import Film
from dashboard.canvas.scene import FIRST, Scene
from dashboard.screens.parts import again
from dashboard.state import Opened
from graph.model import NodeRef


@dataclass
class Pictured:
    """One canvas of a session."""

    begun: Any  # what it was begun with: another beginning is another history
    seq: int  # the commit it is of, however much is loaded meanwhile
    history: c.History
    scene: Scene = field(default_factory=Scene)
    selected: tuple[NodeRef, ...] = ()
    edge: str = ""
    menu: str = ""  # id in the picture of what a menu was asked of
    turn: int = 0
    told: int = 0  # number of the last event: the same may be handed on twice

    def do(self, command: c.Command) -> None:
        """One more step, from a button or an event."""
        self.turn += 1
        self.history = self.history.do(command)

    def hear(self, event: dict[str, Any]) -> None:
        """What an event of the picture comes to; nothing where it has been heard before."""
        number = event.get("turn")
        if isinstance(number, int):
            if number == self.told:
                return
            self.told = number
        self.turn += 1
        self.menu = ""
        match event.get("do"):
            case "select":
                self.selected = component.nodes_of(event, self.scene)
                self.edge = str(event.get("edge") or "")
            case "menu":
                self.menu = component.first_of(event)
            case "undo":
                self.history = self.history.undo()
            case "redo":
                self.history = self.history.redo()
            case _:
                command = component.command_of(event, self.scene)
                if command:
                    self.history = self.history.do(command)


def begun(key: str, with_: object, seq: int, commands: Sequence[c.Command]) -> Pictured:
    """The session's canvas of this name; a new one, of that commit, where it was begun with something else."""
    name = f"picture-of-{key}"
    known = st.session_state.get(name)
    if not isinstance(known, Pictured) or known.begun != with_:
        known = Pictured(with_, seq, c.History(tuple(commands)))
        st.session_state[name] = known
    return known


def show(
    opened: Opened,
    pictured: Pictured,
    key: str,
    *,
    height: int = component.HEIGHT,
    film: Film | None = None,
) -> None:
    """Play what is new and draw it, with its film where there is one; what could not be shown is said below."""
    player = state.player(opened)
    pictured.scene = state.scene(opened.key, pictured.history.current, player)
    component.show(
        pictured.scene,
        player,
        key=key,
        turn=pictured.turn,
        selected=[n for n in pictured.selected if n in pictured.scene.nodes],
        menu=pictured.menu,
        dark=st.context.theme.type == "dark",
        height=height,
        film=film.data(pictured.scene) if film else None,
        heard=lambda: pictured.hear(dict((st.session_state.get(key) or {}).get("event") or {})),
    )
    left = film.left_out(pictured.scene) if film else ""
    if left:
        st.caption(f"In the span: {left}.")
    cut = left and isinstance(pictured.history.current[-1], c.Between)  # what it left out has just been said
    for line in () if cut else pictured.scene.said:
        st.caption(f"Not shown: {line}.")
    _more(pictured, key)


def _more(pictured: Pictured, key: str) -> None:
    """The next nodes of a finding that has more than a picture begins with."""
    for name, (to, total) in pictured.scene.reached.items():
        room = min(FIRST, total - to)
        if room and st.button(f"{room:,} more of {total:,}", icon=":material/add:", key=f"more-{key}-{name}"):
            pictured.do(c.Open(name, skip=to))
            again.over()
