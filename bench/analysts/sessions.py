"""Sessions that work side by side: websocket clients that speak Streamlit's protocol, each one analyst.

Each has a picture of its own and does one thing every few seconds: clicks a node, expands one, takes a step back, opens
another finding, opens the list of findings. A rerun lasts from sending what the browser would send until the server
says that the run has ended. What a browser does with the answer is not part of it; clicks in a browser measure that.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import psutil
from streamlit.components.v2.bidi_component.constants import EVENT_DELIM
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.asyncio.client import ClientConnection, connect

from dashboard.canvas.commands import Command, to_link
from dashboard.canvas.component import NAME

_STEPS = ("select", "select", "select", "expand", "undo", "finding", "list")
"""What is done, as often as it stands here."""


@dataclass
class Analyst:
    """One session."""

    socket: ClientConnection
    component: str = ""
    fragment: str = ""
    told: int = 0
    failures: list[str] = field(default_factory=list)

    @classmethod
    async def come(cls, address: str) -> Self:
        """Connect."""
        url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        return cls(await connect(url, subprotocols=["streamlit"], origin=address, max_size=None, compression=None))  # type: ignore[arg-type, list-item]

    async def opened(self, page: str, query: str) -> float:
        """Seconds of a whole run of a page."""
        return await self._run(ClientState(page_name=page, query_string=query))

    async def did(self, event: dict[str, Any]) -> float:
        """Seconds of the run that an event of the picture sets off, and no more than it."""
        self.told += 1
        state = ClientState(fragment_id=self.fragment)
        widget = state.widget_states.widgets.add()
        widget.id = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{self.component}{EVENT_DELIM}events"
        widget.json_trigger_value = json.dumps([{"event": "event", "value": {**event, "turn": self.told}}])
        return await self._run(state)

    async def _run(self, state: ClientState) -> float:
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en"
        state.context_info.color_scheme = "light"
        began = time.perf_counter()
        await self.socket.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            message = ForwardMsg.FromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._saw(message.delta)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return time.perf_counter() - began

    def _saw(self, delta: Delta) -> None:
        """Note where the picture's events go, and what failed."""
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "bidi_component" and element.bidi_component.component_name == NAME:
            self.component, self.fragment = element.bidi_component.id, delta.fragment_id
        elif kind == "exception":
            self.failures.append(element.exception.message)


@dataclass(frozen=True)
class Picture:
    """What one analyst looks at: the picture, the commit, and nodes that are in it."""

    commands: Sequence[Command]
    seq: int
    nodes: Sequence[str]

    def query(self) -> str:
        """Its address."""
        return f"view={to_link(self.commands, self.seq)}"


@dataclass
class Worked:
    """What sessions took."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    first: list[float] = field(default_factory=list)  # the opening of each picture
    before_mb: float = 0.0
    during_mb: float = 0.0
    after_mb: float = 0.0
    cpu: float = 0.0  # seconds of the server, of one core, a second of the clock
    failures: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """Seconds of every rerun."""
        return [s for found in self.seconds.values() for s in found]


@dataclass(frozen=True)
class Plan:
    """Who does what for how long.

    Attributes
    ----------
    every, seconds : float
        Seconds between two actions of a session, about; and of the whole.
    left : float
        Seconds after which the server has forgotten sessions that are gone.
    """

    pictures: Sequence[Picture]
    findings: Sequence[str]
    every: float = 5.0
    seconds: float = 120.0
    left: float = 150.0
    seed: int = 3


def work(address: str, pid: int, plan: Plan) -> Worked:
    """One session for each picture, all at once."""
    return asyncio.run(_work(address, psutil.Process(pid), plan))


async def _work(address: str, server: psutil.Process, plan: Plan) -> Worked:
    found = Worked()
    warm = await Analyst.come(address)  # what the server keeps for all sessions is not charged to any of them
    for picture in plan.pictures:
        await warm.opened("investigate", picture.query())
    await _looked(warm, plan)
    found.before_mb = _resident(server)
    analysts = []
    for picture in plan.pictures:
        analysts.append(await Analyst.come(address))
        found.first.append(await analysts[-1].opened("investigate", picture.query()))
    cpu, began = _cpu(server), time.perf_counter()
    await asyncio.gather(
        *(_day(a, p, plan, number, found) for number, (a, p) in enumerate(zip(analysts, plan.pictures, strict=True)))
    )
    found.cpu = (_cpu(server) - cpu) / (time.perf_counter() - began)
    found.during_mb = _resident(server)
    found.failures = [f for a in (warm, *analysts) for f in a.failures]
    for analyst in (warm, *analysts):
        await analyst.socket.close()
    await asyncio.sleep(plan.left)
    found.after_mb = _resident(server)
    return found


async def _looked(analyst: Analyst, plan: Plan) -> None:
    """Findings are read once for all."""
    for finding in plan.findings:
        await analyst.opened("findings", f"finding={finding}")
    await analyst.opened("findings", "")


async def _day(analyst: Analyst, picture: Picture, plan: Plan, number: int, found: Worked) -> None:
    """One action every few seconds until the time is over, begun at a moment of one's own."""
    rng = random.Random(plan.seed + number)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    due = begin + rng.uniform(0, plan.every)
    here = True
    while due < begin + plan.seconds:
        await asyncio.sleep(max(0.0, due - loop.time()))
        what = rng.choice(_STEPS)
        if not here:  # from a list or a finding one goes back to the picture
            seconds, here, what = await analyst.opened("investigate", picture.query()), True, "picture"
        elif what in {"finding", "list"}:
            query = f"finding={rng.choice(plan.findings)}" if what == "finding" else ""
            seconds, here = await analyst.opened("findings", query), False
        else:
            seconds = await analyst.did({"do": what, "nodes": [rng.choice(picture.nodes)]})
        found.seconds.setdefault(what, []).append(seconds)
        due += plan.every * rng.uniform(0.8, 1.2)


def _resident(server: psutil.Process) -> float:
    return float(server.memory_info().rss) / 1e6


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)
