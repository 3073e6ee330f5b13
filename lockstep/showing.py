"""Findings shown in the database itself: what ``detect`` and ``findings write-back`` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graph.errors import ConfigError
from graph.findings import Status
from graph.store import Store, WritesBack, WrittenBack
from lockstep.session import Session

SEEN = (
    "everybody who can read this database sees the findings in it; they are flagged, not proven"
    " (lockstep findings write-back --remove takes them away)"
)


@contextmanager
def alone(s: Session) -> Iterator[Store]:
    """The session's store, opened for the one run of Lockstep that may record or show findings at a time.

    Raises
    ------
    ConfigError
        Another run is under way, or the data folder cannot be used.
    """
    from lockstep.locks import Locked, hold

    with s.store() as opened:
        try:
            with hold(opened.data_dir / "detect.lock", wait=0):
                yield opened
        except Locked as error:
            raise ConfigError("another run of detect is under way", str(error.path), "wait for it to end") from error
        except OSError as error:
            what = f"the data folder cannot be used: {error.strerror}"
            raise ConfigError(what, str(opened.data_dir), "name another with --data-dir") from error


def writable(s: Session, store: Store) -> WritesBack:
    """The store, if it can show findings in the database itself.

    Raises
    ------
    ConfigError
        It can not.
    """
    if not isinstance(store, WritesBack):
        what = "this store cannot show findings in the database itself"
        raise ConfigError(
            what, s.settings.store_url, "a Neo4j store can: --store neo4j://HOST; or store.write_back off"
        )
    return store


def shown(store: Store, able: WritesBack) -> WrittenBack:
    """Show the findings that are live at the newest commit and that none supersedes, and no others."""
    with store.view() as view:
        live = [f for f in view.findings() if f.status is Status.LIVE]
    return able.write_back(live)


def report(done: WrittenBack) -> Iterator[str]:
    """What was done, for people."""
    yield f"{done.written:,} findings written with {done.relationships:,} relationships; {done.unchanged:,} unchanged"
    yield f"{done.removed:,} findings removed with {done.removed_relationships:,} relationships"
    if done.absent_members or done.absent_evidence:
        yield (
            f"not in the graph, and so not joined: {done.absent_members:,} members,"
            f" {done.absent_evidence:,} posts and other evidence"
        )
