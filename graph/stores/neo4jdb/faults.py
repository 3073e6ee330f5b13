"""The driver's and the server's failures as Lockstep's own, told apart by type and code, never by a message's text.

The server names a failure by a code (``Neo.ClientError.Security.Unauthorized``); :data:`CODES` says what those mean
that a person can do something about. The driver has a type for each kind of failure; :data:`TYPES` has all of them, and
a test fails when the driver gains another.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from neo4j import exceptions

from graph.errors import ConfigError, LockstepError, StoreConflict, StoreError, StoreOverloaded, StoreUnavailable

PASSWORD = "LOCKSTEP_NEO4J_PASSWORD"  # noqa: S105 - the name of the variable
_HTTP_PORTS = {7473, 7474}
_AGAIN = "run the same command again; `lockstep doctor` shows the state of the server"
_OWN = "give Lockstep a database of its own, or drop what is in the way and run `lockstep migrate`"
_RESTART = (
    "free space on the server's disk if it is full (its logs say why), restart Neo4j, and run the same command again"
)
_MEMORY = (
    "load smaller files, or raise db.memory.transaction.max, dbms.memory.transaction.total.max or the server's heap"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What one kind of failure is called here; ``{database}``, ``{user}``, ``{code}`` and ``{said}`` are filled in."""

    kind: type[LockstepError]
    message: str
    hint: str = ""


_LOGIN = Fault(ConfigError, "the server refuses the user {user} with this password", "{password}")
_EXPIRED = Fault(
    ConfigError,
    "the password of the user {user} has expired",
    f"change it (ALTER CURRENT USER SET PASSWORD FROM … TO … on the database system) and set {PASSWORD}",
)
_READ_ONLY = Fault(
    StoreError,
    "the database {database} can only be read",
    "name another one, or take it out of the server's server.databases.read_only; "
    "Neo4j also locks a database whose disk is full",
)
_FORBIDDEN = Fault(
    StoreError,
    "the user {user} may not do this ({code})",
    "loading needs the right to write and to make indexes and constraints",
)
_BUSY = Fault(StoreUnavailable, "another writer is at work ({code})", "try again when it is done")
_SLOW = Fault(
    StoreUnavailable,
    "the server ended a transaction that took too long ({code})",
    "another writer may be at work; else raise the server's db.transaction.timeout",
)
_ENDED = Fault(StoreUnavailable, "the server or its administrator ended the transaction ({code})", _AGAIN)
_CONFLICT = Fault(StoreConflict, "another writer was at work on the same rows ({code})", _AGAIN)
_FULL = Fault(StoreOverloaded, "the server has too little memory for this ({code})", _MEMORY)
_PANIC = Fault(StoreError, "the database {database} has stopped working ({code}): {said}", _RESTART)
_SCHEMA = Fault(StoreError, "an index or constraint of another program is in the way: {said}", _OWN)
_STATEMENT = Fault(
    StoreError,
    "the server does not take a statement of this program ({code}): {said}",
    "Lockstep needs Neo4j 5.26 or later (`lockstep doctor` shows the version); if it is, please report this",
)
_MISUSE = Fault(StoreError, "a fault of this program ({code}): {said}", "please report this")
_AWAY = Fault(StoreUnavailable, "the Neo4j server cannot be reached", "{reach}")
_REFUSED = Fault(StoreError, "the server refused ({code}): {said}")
_NOT_NOW = Fault(StoreUnavailable, "the server cannot do this now ({code}): {said}", _AGAIN)
_STARTING = Fault(
    StoreUnavailable,
    "the database {database} is not available ({code}): it is starting, was stopped, or could not be started",
    "if it does not come back soon, the server's logs say why",
)

CODES: Mapping[str, Fault] = {
    "ClientError.Security.Unauthorized": _LOGIN,
    "ClientError.Security.AuthenticationRateLimit": Fault(
        StoreUnavailable,
        "the server refuses the user {user} for a while, after too many wrong passwords",
        f"check {PASSWORD}, wait some seconds and try again",
    ),
    "ClientError.Security.CredentialsExpired": _EXPIRED,
    "ClientError.Security.Forbidden": _FORBIDDEN,
    "ClientError.Database.DatabaseNotFound": Fault(
        StoreError,
        "the server has no database {database}",
        "the database is the end of the URL (neo4j://HOST/DATABASE); Neo4j Community has one, named neo4j",
    ),
    "ClientError.General.WriteOnReadOnlyAccessDatabase": _READ_ONLY,
    "ClientError.General.ForbiddenOnReadOnlyDatabase": _READ_ONLY,
    "ClientError.General.ReadOnly": _READ_ONLY,
    "ClientError.General.TransactionOutOfMemoryError": _FULL,
    "ClientError.Statement.AccessMode": _MISUSE,
    "ClientError.Statement.SemanticError": _STATEMENT,
    "ClientError.Statement.UnsupportedAdministrationCommand": _STATEMENT,
    "ClientError.Statement.RuntimeUnsupportedError": _STATEMENT,
    "ClientError.Statement.UnsupportedOperationError": _STATEMENT,
    "ClientError.Procedure.ProcedureNotFound": _STATEMENT,
    "ClientError.Statement.ParameterMissing": _MISUSE,
    "ClientError.Transaction.TransactionTimedOut": _SLOW,
    "ClientError.Transaction.TransactionTimedOutClientConfiguration": _SLOW,
    "ClientError.Transaction.Terminated": _ENDED,
    "ClientError.Transaction.LockClientStopped": _ENDED,
    "ClientError.Transaction.TransactionNotFound": _ENDED,
    "TransientError.Transaction.LockAcquisitionTimeout": _BUSY,
    "TransientError.Transaction.DeadlockDetected": _CONFLICT,
    "TransientError.Transaction.ConstraintsChanged": _CONFLICT,
    "TransientError.Transaction.Outdated": _CONFLICT,
    "TransientError.General.OutOfMemoryError": _FULL,
    "TransientError.General.TransactionMemoryLimit": _FULL,
    "TransientError.General.MemoryPoolOutOfMemoryError": _FULL,
    "TransientError.General.StackOverFlowError": _FULL,
    "DatabaseError.Transaction.TransactionStartFailed": _PANIC,
    "DatabaseError.Transaction.TransactionLogError": _PANIC,
    "DatabaseError.Transaction.TransactionCommitFailed": _PANIC,
    "DatabaseError.Database.UnableToStartDatabase": _PANIC,
    "ClientError.Routing.DbmsInPanic": _PANIC,
    "DatabaseError.General.IndexCorruptionDetected": _PANIC,
    "DatabaseError.General.SchemaCorruptionDetected": _PANIC,
    "DatabaseError.General.StorageDamageDetected": _PANIC,
    "DatabaseError.Schema.ConstraintCreationFailed": Fault(
        StoreError, "the database {database} holds data that breaks Lockstep's constraints: {said}", _OWN
    ),
    "ClientError.Schema.ConstraintAlreadyExists": _SCHEMA,
    "ClientError.Schema.ConstraintWithNameAlreadyExists": _SCHEMA,
    "ClientError.Schema.EquivalentSchemaRuleAlreadyExists": _CONFLICT,  # made by another process in between
    "ClientError.Schema.IndexAlreadyExists": _SCHEMA,
    "ClientError.Schema.IndexWithNameAlreadyExists": _SCHEMA,
}
"""What the server's codes mean, without their ``Neo.``."""

TYPES: Mapping[type[exceptions.GqlError], Fault] = {
    exceptions.GqlError: _REFUSED,
    # of the server
    exceptions.Neo4jError: _REFUSED,
    exceptions.ClientError: _REFUSED,
    exceptions.DatabaseError: _REFUSED,
    exceptions.AuthError: _LOGIN,
    exceptions.TokenExpired: _EXPIRED,
    exceptions.Forbidden: _FORBIDDEN,
    exceptions.ForbiddenOnReadOnlyDatabase: _READ_ONLY,
    exceptions.ConstraintError: _CONFLICT,
    exceptions.CypherSyntaxError: _STATEMENT,
    exceptions.CypherTypeError: _STATEMENT,
    exceptions.TransientError: _NOT_NOW,
    exceptions.DatabaseUnavailable: _STARTING,
    exceptions.NotALeader: _NOT_NOW,
    # of the way to it
    exceptions.ServiceUnavailable: _AWAY,
    exceptions.RoutingServiceUnavailable: _AWAY,
    exceptions.ReadServiceUnavailable: _AWAY,
    exceptions.WriteServiceUnavailable: _AWAY,
    exceptions.SessionExpired: _AWAY,
    exceptions.IncompleteCommit: Fault(
        StoreUnavailable,
        "the connection was lost while the server committed: whether the commit was kept is not known",
        "run the same command again: a load goes on from its checkpoint",
    ),
    exceptions.ConnectionPoolError: _AWAY,
    exceptions.ConnectionAcquisitionTimeoutError: _AWAY,
    # of settings
    exceptions.ConfigurationError: Fault(ConfigError, "the driver does not take the settings: {said}"),
    exceptions.AuthConfigurationError: Fault(ConfigError, "the driver does not take the login: {said}", "{password}"),
    exceptions.CertificateConfigurationError: Fault(ConfigError, "the certificates are not usable: {said}", "{reach}"),
    exceptions.UnsupportedServerProduct: Fault(
        StoreError, "the server is of a kind or version that is not served: {said}", "Neo4j 5.26 or later is needed"
    ),
    # of this program
    exceptions.DriverError: _MISUSE,
    exceptions.SessionError: _MISUSE,
    exceptions.TransactionError: _MISUSE,
    exceptions.TransactionNestingError: _MISUSE,
    exceptions.ResultError: _MISUSE,
    exceptions.ResultFailedError: _MISUSE,
    exceptions.ResultConsumedError: _MISUSE,
    exceptions.ResultNotSingleError: _MISUSE,
    exceptions.BrokenRecordError: _MISUSE,
}
"""What the driver's types mean, where the code says nothing more exact."""


def overloads(error: exceptions.GqlError) -> bool:
    """Whether the server has too little memory: the same transaction would fail again, whatever the driver thinks."""
    return _fault(error) is _FULL


def translated(error: exceptions.GqlError, where: str) -> LockstepError:
    """The Lockstep error for one of the driver's.

    Parameters
    ----------
    where : str
        URL of the store as the user wrote it.
    """
    fault, names = _fault(error), _names(error, where)
    if fault is _AWAY:
        fault = _way(error)
    return fault.kind(fault.message.format_map(names), where=where, hint=fault.hint.format_map(names))


def _fault(error: exceptions.GqlError) -> Fault:
    found = CODES.get(_code(error))
    return found or next(TYPES[kind] for kind in type(error).__mro__ if kind in TYPES)


def _code(error: exceptions.GqlError) -> str:
    """The server's code without its ``Neo.``; of the driver's own errors the type."""
    from_server = isinstance(error, exceptions.Neo4jError)
    return error.code.removeprefix("Neo.") if from_server else type(error).__name__


def _names(error: exceptions.GqlError, where: str) -> Mapping[str, str]:
    url = urlsplit(where)
    password = f"set {PASSWORD} to the password of that user, who is part of the URL (neo4j://USER@HOST)"
    return {
        "database": url.path.strip("/") or "of this user",
        "user": url.username or "neo4j",
        "code": _code(error),
        "said": (error.message if isinstance(error, exceptions.Neo4jError) else str(error)) or "no reason given",
        "password": password if os.environ.get(PASSWORD) else f"{PASSWORD} is not set: {password}",
        "reach": _reach(where),
    }


def _reach(where: str) -> str:
    """What to look at where a server cannot be reached."""
    url = urlsplit(where)
    if _port(where) in _HTTP_PORTS:
        return "that port is Neo4j's for browsers; programs use another (7687 unless changed)"
    hint = "is it running, and are host and port (7687 unless changed) right?"
    if url.scheme.startswith("neo4j"):
        bolt = url.scheme.replace("neo4j", "bolt", 1)
        hint += f" Behind a tunnel or proxy, or without routing, use {bolt}:// instead of {url.scheme}://"
    return hint


def _port(where: str) -> int | None:
    try:
        return urlsplit(where).port
    except ValueError:
        return None


def _way(error: BaseException) -> Fault:
    """Why the server cannot be reached, from what lies below the driver's error."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "have it signed by an authority this machine trusts, or use +ssc in place of +s to trust any"
            return Fault(StoreError, "the server's certificate is not trusted", hint)
        if isinstance(cause, ssl.SSLError):
            hint = "does the server encrypt? if not, write the URL without +s or +ssc"
            return Fault(StoreError, "no encrypted connection could be made to the Neo4j server", hint)
        if isinstance(cause, socket.gaierror):
            return Fault(StoreUnavailable, "the Neo4j server's name is not known here", "check the host in the URL")
    return _AWAY


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What led to an error, groups of errors opened, each once."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
