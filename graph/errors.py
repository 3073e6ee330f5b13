"""Every error Lockstep raises on purpose.

    LockstepError(message, where, hint)
    ├── ConfigError           a setting, option or environment variable is wrong
    ├── IngestError           input cannot be read
    │   ├── FormatUnknown     no format recognises the file
    │   └── RecordInvalid     one row breaks its record type (goes to the quarantine)
    ├── StoreError            the graph store failed; terminal unless it says otherwise
    │   ├── StoreUnavailable  transient: cannot be reached, or locked for longer than the wait
    │   │   └── StoreOverloaded  the transaction is larger than the server has memory for
    │   ├── StoreConflict     transient: another writer got in between
    │   └── SchemaMismatch    terminal: the database is of another schema version
    ├── DetectorError         one detector failed; the others still run
    ├── DeliveryError         transient: alerts are recorded, but have not reached where they go
    └── CaseError             casework refused
        ├── IllegalTransition
        ├── NotPermitted
        ├── StaleCase
        └── ApprovalRequired

A retry asks the type (``isinstance(error, Transient)``), never the text of a message.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from lockstep.config import nearest


class LockstepError(Exception):
    """What happened, where, and what to do.

    Parameters
    ----------
    message : str
        What happened, in one sentence.
    where : str
        The file, line, field, setting or database it happened in; may be empty.
    hint : str
        What the reader can do about it; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where, hint)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class Transient:
    """Mixin: the same call may succeed when it is made again."""


class ConfigError(LockstepError):
    """A setting, option or environment variable is wrong."""

    exit_code = 2


class IngestError(LockstepError):
    """Input cannot be read."""

    exit_code = 3


class FormatUnknown(IngestError):
    """No format recognises the file."""


class RecordInvalid(IngestError):
    """One row breaks its record type; the loader quarantines it and goes on."""


class StoreError(LockstepError):
    """The graph store failed."""

    exit_code = 4


class StoreUnavailable(StoreError, Transient):
    """The store cannot be reached, or is locked for longer than the wait."""


class StoreOverloaded(StoreUnavailable):
    """A transaction is larger than the server has memory for; smaller ones may pass."""


class StoreConflict(StoreError, Transient):
    """Another writer changed what this one relied on."""


class SchemaMismatch(StoreError):
    """The database is of a schema version that this program cannot use."""


class DetectorError(LockstepError):
    """One detector failed; the others still run."""

    exit_code = 5


class DeliveryError(LockstepError, Transient):
    """Alerts are recorded, but have not reached where they are to go; the next run tries again."""

    exit_code = 7


class CaseError(LockstepError):
    """Casework refused."""

    exit_code = 6


class IllegalTransition(CaseError):
    """The state machine has no such step."""


class NotPermitted(CaseError):
    """The actor's role does not allow it."""


class StaleCase(CaseError):
    """The case changed since it was read."""


class ApprovalRequired(CaseError):
    """A second person must approve first."""


def fault(error: BaseException) -> str:
    """Where a fault of the program arose, innermost last: ``module:line`` of up to four calls."""
    calls = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    return " > ".join(calls[-4:])


def unknown(name: str, known: Iterable[str], where: str) -> ConfigError:
    """The error for a name that does not exist, with the nearest one that does."""
    return ConfigError(f"unknown name {name!r}", where=where, hint=nearest(name, known))
