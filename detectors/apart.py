"""Detectors at work side by side: each in a process of its own, over the same commit of the store.

Worth it where there is much to read: a process takes some seconds to begin. What is found is the same either way, and
one whose process is ended (out of memory, killed) does not take the others with it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.store import Store, View, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detectors.base import Scope, Value
    from graph.findings import Finding

MANY = 200_000
"""Posts from which on processes of their own are worth it."""
Answer = tuple["Sequence[Finding]", str | None]
"""What a detector found, and what went wrong."""


@dataclass(frozen=True, slots=True)
class Task:
    """One detector's work, as another process is told of it."""

    url: str
    data_dir: Path
    cache_dir: Path | None
    seq: int
    detector: str
    params: Mapping[str, Value]
    scope: Scope


def work(task: Task) -> Answer:
    """Do it, in this process."""
    from detectors.base import discover
    from detectors.run import detected

    with open_store(task.url, task.data_dir, create=False) as store, store.view(task.seq) as view:
        view.cache_dir = task.cache_dir
        return detected(discover()[task.detector], view, task.params, task.scope)


def answered(call: Callable[[Any], Answer], about: Any) -> Answer:
    """What a call gives in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(call, about).result()
        except BrokenProcessPool:
            return [], "its process was ended: perhaps the machine is out of memory"


def worthwhile(store: Store, view: View, jobs: int) -> bool:
    """Whether detectors are to work side by side: several of them, much to read, and a store that others can open."""
    several = jobs > 1 and (os.cpu_count() or 1) > 1
    return several and not store.url.startswith("memory:") and view.count("posts") >= MANY


def task(store: Store, view: View, detector: str, params: Mapping[str, Value], scope: Scope) -> Task:
    """A detector's work over a view."""
    return Task(store.url, store.data_dir, view.cache_dir, view.seq, detector, params, scope)


@contextmanager
def side_by_side(tasks: Sequence[Task]) -> Iterator[Mapping[str, Future[Answer]]]:
    """The answers to come, by detector; as many work at once as there are processors."""
    with ThreadPoolExecutor(max(1, min(len(tasks), os.cpu_count() or 1))) as threads:
        yield {task.detector: threads.submit(answered, work, task) for task in tasks}
