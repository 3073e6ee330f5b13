"""The configured store, opened for one run of the page, and what is worth keeping between runs.

Everything kept is keyed by the store and the commit it was read at, so a page never mixes two states of the data.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboard import summary, views
from dashboard.access import gate
from dashboard.canvas.commands import Command
from dashboard.canvas.known import Known, Recent
from dashboard.canvas.scene import Player, Scene
from detectors.base import discover
from graph import newest
from graph.errors import ConfigError
from graph.findings import Finding, Run
from graph.store import View, open_store
from lockstep import config

Key = tuple[str, int]  # store URL and seq
MUCH = 200
"""Findings from which on what is kept of them is hidden from the garbage collector."""


@dataclass(frozen=True)
class Opened:
    """A view of the newest commit, and the key that what is read from it is kept under."""

    view: View
    key: Key


def settings() -> config.Settings:
    """The settings in force.

    Raises
    ------
    ConfigError
        One of them is wrong.
    """
    try:
        return config.load()
    except config.SettingsError as error:
        raise ConfigError(error.message, error.where, error.hint) from error


@contextmanager
def opened(seq: int | None = None) -> Iterator[Opened]:
    """The configured store at a commit, by default its newest.

    Raises
    ------
    LockstepError
        A setting is wrong, or the store cannot be opened.
    PermissionError
        Whoever looks may not, or not any more.
    """
    gate.required()
    known = settings()
    with open_store(known.store_url, known.data_dir, create=False) as store, store.view(seq) as view:
        yield Opened(view, (store.url, view.seq))


@st.cache_resource(max_entries=4, show_spinner="Reading the findings …")
def findings(key: Key, _view: View) -> list[Finding]:  # noqa: ARG001
    """Every finding that no later one supersedes, in the store's order; not to be changed."""
    gc.disable()  # collections while much is made that stays took a third of the time
    try:
        found = _view.findings()
    finally:
        gc.enable()
    if len(found) >= MUCH:
        gc.unfreeze()
        gc.collect()  # so that no garbage is taken for what stays
        gc.freeze()  # later collections, in which all sessions stand still, do not look at it
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def earlier(key: Key, _view: View) -> dict[str, Finding]:  # noqa: ARG001
    """Findings by id, superseded ones among them."""
    return {f.id: f for f in _view.findings(superseded=True)}


@st.cache_resource(max_entries=4, show_spinner=False)
def runs(key: Key, _view: View) -> list[Run]:  # noqa: ARG001
    """All runs of detectors, oldest first."""
    return _view.runs()


@st.cache_data(max_entries=4, show_spinner=False)
def alerts_today(key: Key, _view: View) -> int:
    """Alerts that today's runs raised (UTC), first runs, which alert nobody, left out."""
    today = datetime.now(UTC).date()
    mine = [a for r in runs(key, _view) if r.started_at.astimezone(UTC).date() == today for a in r.alerts]
    return sum(a.get("shown") != "baseline" for a in mine)


@st.cache_data(max_entries=4, show_spinner=False)
def confirmed(key: Key, _view: View) -> dict[str, tuple[int, int]]:
    """By kind of finding, how many decided rings were confirmed, of how many."""
    rows = [row for batch in _view.scan("verdicts") for row in batch.to_pylist() if row["finding_id"]]
    known = {f.id: f for f in findings(key, _view)}
    others = sorted({row["finding_id"] for row in rows} - known.keys())
    return summary.confirmed(rows, [*known.values(), *filter(None, map(_view.finding, others))])


@st.cache_resource(max_entries=256, show_spinner=False)
def _finding(key: Key, finding_id: str, _view: View) -> Finding | None:  # noqa: ARG001
    return _view.finding(finding_id)


def before(opened: Opened, chosen: Iterable[Finding]) -> dict[str, Finding]:
    """By id, the findings that these supersede."""
    ids = [f.supersedes for f in chosen if f.supersedes]
    return {i: found for i in ids if (found := _finding(opened.key, i, opened.view)) is not None}


@st.cache_data(max_entries=16, show_spinner=False)
def followers(key: Key, accounts: tuple[str, ...], _view: View) -> dict[str, int]:  # noqa: ARG001
    """Followers of accounts, as last observed."""
    return {a: known.followers or 0 for a in accounts if (known := _view.account(a)) is not None}


@st.cache_resource(max_entries=4, show_spinner=False)
def map_of_rings(key: Key, _view: View) -> tuple[list[views.Row], list[views.Row], str]:
    """The map of the first page, not to be changed."""
    return summary.map_of_rings(summary.live(findings(key, _view)))


@st.cache_resource(max_entries=1, show_spinner=False)
def detector_names() -> list[str]:
    """Detectors that there are."""
    return sorted(discover())


@st.cache_data(max_entries=4, show_spinner="Reading the time of the newest post …")
def newest_post(key: Key, _view: View) -> datetime | None:  # noqa: ARG001 - the key of the cache
    """Time of the newest post; None where there is none."""
    return newest.newest_post(_view)


@st.cache_data(max_entries=64, show_spinner="Reading the members …")
def members(key: Key, finding_id: str, zone: str | None, _view: View, _finding: Finding) -> list[views.Row]:  # noqa: ARG001
    """Rows of the finding's members."""
    accounts = {key: found for key in _finding.accounts if (found := _view.account(key)) is not None}
    return views.member_rows(_finding, accounts, views.labels_of(_view, _finding.accounts), zone)


@st.cache_data(max_entries=64, show_spinner="Reading the posts …")
def posts(key: Key, keys: tuple[str, ...], zone: str | None, _view: View) -> tuple[list[str], list[views.Row]]:  # noqa: ARG001
    """Keys and rows of these posts, by time."""
    found = views.by_time(_view.posts(keys))
    authors = {p.account for p in found if p.account is not None}
    handles = {a: account.handle for a in sorted(authors) if (account := _view.account(a)) is not None}
    return [p.post for p in found], views.post_rows(found, handles, zone)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(key: Key, _view: View) -> Known:
    return Known(findings(key, _view))


def player(opened: Opened) -> Player:
    """Plays pictures at the commit that is open, with what others have read there."""
    return Player(opened.view, _known(opened.key, opened.view))


_SCENES = 256  # those of twenty people and the steps they may take back


@st.cache_resource(max_entries=4, show_spinner=False)
def _scenes(key: Key) -> Recent[tuple[Command, ...], Scene]:  # noqa: ARG001 - the key of the cache
    """Pictures played at a commit, by their commands; shared by sessions, since they depend on nothing else."""
    return Recent(_SCENES)


def scene(key: Key, commands: tuple[Command, ...], player: Player) -> Scene:
    """What the commands come to, going on from the longest part of them that was played before."""
    known = _scenes(key)
    found, length = None, len(commands)
    while length and (found := known.get(commands[:length])) is None:
        length -= 1
    for n in range(length, len(commands)):
        found = player.play(commands[: n + 1], found)
        known.put(commands[: n + 1], found)
    return found or Scene()
