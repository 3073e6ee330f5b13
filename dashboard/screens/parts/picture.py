"""The canvas on a page: its history, its selection, and what the analyst's events do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.canvas import commands as c
from dashboard.canvas import component
from dashboard.canvas.scene import Player, Scene
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
    menu: NodeRef | None = None
    turn: int = 0

    def do(self, command: c.Command) -> None:
        """One more step, from a button or an event."""
        self.turn += 1
        self.history = self.history.do(command)

    def hear(self, event: dict[str, Any]) -> None:
        """What an event of the picture comes to."""
        self.turn += 1
        self.menu = None
        match event.get("do"):
            case "select":
                self.selected = component.nodes_of(event, self.scene)
                self.edge = str(event.get("edge") or "")
            case "menu":
                self.menu = next(iter(component.nodes_of(event, self.scene)), None)
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


def show(opened: Opened, pictured: Pictured, key: str, *, height: int = component.HEIGHT) -> None:
    """Play what is new and draw it; what could not be shown is said below."""
    player = Player(opened.view)
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
        heard=lambda: pictured.hear(dict((st.session_state.get(key) or {}).get("event") or {})),
    )
    for line in pictured.scene.said:
        st.caption(f"Not shown: {line}.")
