"""The driver's and the server's failures as Lockstep's own, told apart by type and code, never by a message's text."""

from __future__ import annotations

from neo4j import exceptions

from graph.errors import StoreConflict, StoreError, StoreUnavailable

_AGAIN = "try again; `lockstep doctor` shows whether the server answers"


def translated(error: exceptions.Neo4jError | exceptions.DriverError, where: str) -> StoreError:
    """The Lockstep error for one of the driver's."""
    if isinstance(error, exceptions.ServiceUnavailable | exceptions.SessionExpired):
        return StoreUnavailable("the Neo4j server cannot be reached", where=where, hint=_AGAIN)
    if isinstance(error, exceptions.TransientError):
        return StoreConflict(f"the server gave up: {error.code}", where=where, hint=_AGAIN)
    return StoreError(f"the server refused: {error}", where=where)
