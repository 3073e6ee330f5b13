"""Every failure of the driver and of the server becomes one of Lockstep's own, by its type or code."""

from __future__ import annotations

import inspect
import re
import socket
import ssl

import pytest
from neo4j import exceptions
from neo4j.exceptions import GqlError, Neo4jError

from graph.errors import (
    ConfigError,
    LockstepError,
    StoreConflict,
    StoreError,
    StoreOverloaded,
    StoreUnavailable,
    Transient,
)
from graph.stores.neo4jdb.faults import CODES, PASSWORD, TYPES, translated

WHERE = "neo4j://anna@db.example:7687/ring"

# Codes of errors that a Neo4j 5.26 server can send (its class Status), by what the server says of them.
SERVER = {
    "ClientError": {
        "Database": "DatabaseNotFound ExistingAliasFound ExistingDatabaseFound IllegalAliasChain",
        "General": "ForbiddenOnReadOnlyDatabase InvalidArguments TransactionOutOfMemoryError UpgradeRequired "
        "WriteOnReadOnlyAccessDatabase",
        "Procedure": "ProcedureCallFailed ProcedureNotFound ProcedureRegistrationFailed ProcedureTimedOut TypeError",
        "Request": "Invalid InvalidFormat InvalidUsage",
        "Routing": "DbmsInPanic RoutingFailed",
        "Schema": "ConstraintAlreadyExists ConstraintNotFound ConstraintValidationFailed ConstraintViolation "
        "ConstraintWithNameAlreadyExists EquivalentSchemaRuleAlreadyExists ForbiddenOnConstraintIndex "
        "IndexAlreadyExists IndexMultipleFound IndexNotApplicable IndexNotFound IndexWithNameAlreadyExists "
        "RepeatedLabelInSchema RepeatedPropertyInCompositeSchema TokenLengthError TokenNameError",
        "Security": "AuthenticationRateLimit AuthorizationExpired CredentialsExpired Forbidden TokenExpired "
        "Unauthorized",
        "Statement": "AccessMode ArgumentError ArithmeticError ConstraintVerificationFailed EntityNotFound "
        "ExternalResourceFailed InvalidTargetDatabaseError NotSystemDatabaseError ParameterMissing PropertyNotFound "
        "RemoteExecutionClientError RuntimeUnsupportedError SemanticError SyntaxError TypeError "
        "UnsupportedAdministrationCommand UnsupportedOperationError",
        "Transaction": "ForbiddenDueToTransactionType InvalidBookmark InvalidBookmarkMixture LockClientStopped "
        "Terminated TransactionAccessedConcurrently TransactionHookFailed TransactionMarkedAsFailed "
        "TransactionNotFound TransactionTimedOut TransactionTimedOutClientConfiguration TransactionValidationFailed",
        "Cluster": "NotALeader Routing",
    },
    "TransientError": {
        "Cluster": "ReplicationFailure",
        "General": "DatabaseUnavailable MemoryPoolOutOfMemoryError OutOfMemoryError StackOverFlowError "
        "TransactionMemoryLimit",
        "Request": "NoThreadsAvailable ResourceExhaustion",
        "Security": "AuthProviderFailed AuthProviderTimeout ModifiedConcurrently",
        "Statement": "ExecutionTimeout RemoteExecutionTransientError",
        "Transaction": "BookmarkTimeout ConstraintsChanged DeadlockDetected Interrupted LeaderSwitch LeaseExpired "
        "LockAcquisitionTimeout MaximumTransactionLimitReached Outdated QueryExecutionFailedOnTransaction",
    },
    "DatabaseError": {
        "Database": "DatabaseLimitReached UnableToStartDatabase Unknown",
        "General": "IndexCorruptionDetected SchemaCorruptionDetected StorageDamageDetected UnknownError",
        "Schema": "ConstraintCreationFailed ConstraintDropFailed IndexCreationFailed IndexDropFailed "
        "LabelAccessFailed PropertyKeyAccessFailed RelationshipTypeAccessFailed SchemaRuleAccessFailed "
        "SchemaRuleDuplicateFound TokenLimitReached",
        "Statement": "ExecutionFailed RemoteExecutionFailed",
        "Transaction": "LinkedTransactionError TransactionCommitFailed TransactionLogError TransactionRollbackFailed "
        "TransactionStartFailed TransactionTerminationFailed",
    },
}
NAMES = [
    f"{kind}.{category}.{title}"
    for kind, categories in SERVER.items()
    for category, titles in categories.items()
    for title in titles.split()
]


def sent(code: str, message: str = "what the server said") -> Neo4jError:
    """The driver's error for a code, made as the driver makes it when the server answers."""
    return Neo4jError._hydrate_neo4j(code=f"Neo.{code}", message=message)


def made(kind: type[GqlError]) -> GqlError:
    """An error of the driver's, whatever its constructor asks for."""
    needed = [
        p for p in list(inspect.signature(kind.__init__).parameters.values())[1:] if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    error = kind(*(None for _ in needed), "why")
    assert isinstance(error, kind)
    return error


def below(error: GqlError, cause: BaseException) -> GqlError:
    error.__cause__ = cause
    return error


def classes() -> list[type[GqlError]]:
    found = [c for c in vars(exceptions).values() if isinstance(c, type) and issubclass(c, GqlError)]
    assert len(found) > 30
    return found


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_type_of_the_driver_is_mapped_by_itself(kind: type[GqlError]) -> None:
    assert kind in TYPES, f"the driver has a new error: say in faults.TYPES what {kind.__name__} means"
    error = translated(made(kind), WHERE)
    assert isinstance(error, StoreError | ConfigError)
    assert error.where == WHERE
    assert not re.search(r"{\w+}", str(error))


def test_no_exception_of_the_driver_is_of_another_kind() -> None:
    own = [c for c in vars(exceptions).values() if isinstance(c, type) and issubclass(c, BaseException)]
    assert all(issubclass(c, GqlError) for c in own)


@pytest.mark.parametrize("code", NAMES)
def test_every_code_of_the_server_says_what_happened_and_a_transient_one_is_transient(code: str) -> None:
    error = translated(sent(code), WHERE)
    assert isinstance(error, StoreError | ConfigError)
    assert not re.search(r"{\w+}", str(error))
    if code.startswith("TransientError."):
        assert isinstance(error, Transient)


def test_codes_that_are_named_exist() -> None:
    old = {"ClientError.General.ReadOnly"}  # servers before 5 have it
    assert set(CODES) - set(NAMES) <= old


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ClientError.Security.Unauthorized", ConfigError, ["user anna", PASSWORD]),
        ("ClientError.Security.CredentialsExpired", ConfigError, ["anna", "expired", PASSWORD]),
        ("ClientError.Security.TokenExpired", ConfigError, ["expired"]),
        ("ClientError.Security.AuthenticationRateLimit", StoreUnavailable, ["anna", "wait"]),
        ("ClientError.Security.Forbidden", StoreError, ["anna", "may not"]),
        ("ClientError.Database.DatabaseNotFound", StoreError, ["no database ring", "neo4j://HOST/DATABASE"]),
        ("ClientError.General.WriteOnReadOnlyAccessDatabase", StoreError, ["ring", "server.databases.read_only"]),
        ("ClientError.General.ForbiddenOnReadOnlyDatabase", StoreError, ["can only be read"]),
        ("TransientError.General.DatabaseUnavailable", StoreUnavailable, ["ring", "not available"]),
        ("TransientError.Transaction.DeadlockDetected", StoreConflict, ["another writer", "DeadlockDetected"]),
        ("TransientError.Transaction.LockAcquisitionTimeout", StoreUnavailable, ["another writer is at work"]),
        ("ClientError.Transaction.TransactionTimedOut", StoreUnavailable, ["took too long", "db.transaction.timeout"]),
        ("ClientError.Transaction.Terminated", StoreUnavailable, ["ended the transaction"]),
        ("TransientError.General.MemoryPoolOutOfMemoryError", StoreOverloaded, ["memory", "db.memory"]),
        ("ClientError.General.TransactionOutOfMemoryError", StoreOverloaded, ["memory"]),
        ("DatabaseError.Transaction.TransactionLogError", StoreError, ["stopped working", "disk", "restart"]),
        ("DatabaseError.Transaction.TransactionCommitFailed", StoreError, ["stopped working", "disk"]),
        ("DatabaseError.Transaction.TransactionStartFailed", StoreError, ["stopped working", "restart"]),
        ("ClientError.Schema.ConstraintValidationFailed", StoreConflict, ["another writer"]),
        ("DatabaseError.Schema.ConstraintCreationFailed", StoreError, ["breaks Lockstep's constraints"]),
        ("ClientError.Schema.IndexAlreadyExists", StoreError, ["another program"]),
        ("ClientError.Schema.EquivalentSchemaRuleAlreadyExists", StoreConflict, ["another writer"]),
        ("ClientError.Statement.SyntaxError", StoreError, ["5.26 or later", "what the server said"]),
        ("ClientError.Statement.AccessMode", StoreError, ["please report"]),
        ("DatabaseError.Statement.ExecutionFailed", StoreError, ["ExecutionFailed", "what the server said"]),
        ("ClientError.Newer.ThanThis", StoreError, ["ClientError.Newer.ThanThis", "what the server said"]),
        ("TransientError.Newer.ThanThis", StoreUnavailable, ["TransientError.Newer.ThanThis"]),
    ],
)
def test_what_matters_is_said(
    code: str, kind: type[LockstepError], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret")
    error = translated(sent(code), WHERE)
    assert type(error) is kind
    for word in (*words, WHERE):
        assert word in str(error)
    assert "s3cret" not in str(error)


def test_a_message_that_looks_like_a_template_or_like_markup_is_only_shown() -> None:
    error = translated(sent("DatabaseError.Statement.ExecutionFailed", "{user} {0} %s [red]"), WHERE)
    assert "{user} {0} %s [red]" in error.message


def test_a_password_that_is_not_set_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = sent("ClientError.Security.Unauthorized")
    monkeypatch.setenv(PASSWORD, "x")
    assert "is not set" not in translated(wrong, WHERE).hint
    monkeypatch.delenv(PASSWORD)
    assert f"{PASSWORD} is not set" in translated(wrong, "neo4j://db.example").hint
    assert "user neo4j" in translated(wrong, "neo4j://db.example").message


@pytest.mark.parametrize(
    ("cause", "kind", "words"),
    [
        (ConnectionRefusedError(111, "refused"), StoreUnavailable, ["cannot be reached", "host and port", "bolt://"]),
        (ssl.SSLEOFError(8, "eof"), StoreError, ["no encrypted connection", "without +s"]),
        (ssl.SSLCertVerificationError(1, "self-signed"), StoreError, ["certificate is not trusted", "+ssc"]),
        (socket.gaierror(-2, "unknown"), StoreUnavailable, ["name is not known", "check the host"]),
    ],
)
def test_why_a_server_cannot_be_reached_is_looked_for_below(
    cause: Exception, kind: type[StoreError], words: list[str]
) -> None:
    direct = below(exceptions.ServiceUnavailable("no"), cause)
    routed = below(
        exceptions.ServiceUnavailable("no"), ExceptionGroup("all", [below(exceptions.SessionExpired(), cause)])
    )
    for error in (translated(direct, WHERE), translated(routed, WHERE)):
        assert type(error) is kind
        for word in words:
            assert word in str(error)


def test_causes_that_go_round_in_a_circle_end() -> None:
    first, second = exceptions.ServiceUnavailable("a"), exceptions.ServiceUnavailable("b")
    first.__context__, second.__context__ = second, first
    assert type(translated(first, WHERE)) is StoreUnavailable


@pytest.mark.parametrize(
    ("where", "said", "not_said"),
    [
        ("neo4j+s://db.example", "bolt+s://", "browsers"),
        ("bolt://db.example:7688", "is it running", "bolt://"),
        ("neo4j://db.example:7474", "for browsers", "is it running"),
        ("neo4j://db.example:none", "is it running", "browsers"),
    ],
)
def test_the_url_says_what_else_to_try(where: str, said: str, not_said: str) -> None:
    hint = translated(exceptions.ServiceUnavailable("no"), where).hint
    assert said in hint
    assert not_said not in hint


def test_a_commit_that_may_or_may_not_be_kept_says_so() -> None:
    error = translated(exceptions.IncompleteCommit("cut"), WHERE)
    assert type(error) is StoreUnavailable
    assert "whether the commit was kept is not known" in error.message
    assert "goes on from its checkpoint" in error.hint
