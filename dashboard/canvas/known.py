"""What everybody who looks at one commit has in common: findings, accounts looked up, pictures drawn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cached_property
from threading import Lock
from typing import Generic, TypeVar

import pyarrow as pa
from pyvis.network import Network

from graph.findings import Finding, Member, Status
from graph.model import Account

MOST_ACCOUNTS = 20_000
"""Accounts that are remembered."""
_DRAWINGS = 64
_K = TypeVar("_K")
_T = TypeVar("_T")


class Recent(Generic[_K, _T]):
    """The few things that were asked for last; several threads may ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_K, _T] = OrderedDict()
        self._turn = Lock()

    def get(self, key: _K) -> _T | None:
        """What is kept under this key."""
        with self._turn:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: _K, value: _T) -> None:
        """Keep something, and let go what was asked for longest ago."""
        with self._turn:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class Known:
    """What is the same for all at one commit of one store; it only grows, and several threads may use it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = [f for f in findings if f.status is Status.LIVE]
        self.accounts: dict[str, Account | None] = {}
        self._labels: list[pa.RecordBatch] | None = None
        self._drawings: Recent[int, tuple[object, Network]] = Recent(_DRAWINGS)

    @cached_property
    def members(self) -> dict[str, Member]:
        """Each flagged account as in the finding where its score is highest."""
        found: dict[str, Member] = {}
        for finding in self.findings:
            for m in finding.members:
                if m.account not in found or m.score > found[m.account].score:
                    found[m.account] = m
        return found

    @cached_property
    def suspicion(self) -> dict[str, float]:
        """Highest score of each flagged account."""
        return {account: m.score for account, m in self.members.items()}

    def labels(self, read: Callable[[], Iterable[pa.RecordBatch]]) -> list[pa.RecordBatch]:
        """All labels, read once; as columns they take little."""
        if self._labels is None:
            self._labels = list(read())
        return self._labels

    def account(self, key: str, read: Callable[[str], Account | None]) -> Account | None:
        """An account, looked up once."""
        if key not in self.accounts:
            if len(self.accounts) >= MOST_ACCOUNTS:
                self.accounts.clear()
            known = read(key)
            self.accounts[key] = known
            return known
        return self.accounts.get(key)

    def drawing(self, scene: object, draw: Callable[[], Network]) -> Network:
        """What a scene is drawn as, drawn once; the scene is kept with it, so that no other is taken for it."""
        found = self._drawings.get(id(scene))
        if found is None:
            found = (scene, draw())
            self._drawings.put(id(scene), found)
        return found[1]
