"""What an analyst does on the canvas, as an ordered list of commands: the picture is what they come to.

The list is the state: undo is a shorter prefix of it, a link is the list in the address, a case freezes it with the
commit it was played at. Commands name nodes by type and key and nothing else, so a link carries no text of anybody's.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import typing
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson

from graph.errors import ConfigError, RecordInvalid
from graph.model import NodeRef

LINK_LIMIT = 6_000
"""Characters of a link's list; browsers and proxies cut addresses of more than about 8,000."""
PLAIN_LIMIT = 200_000
MOST = 500
"""Commands of one list."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


class Command:
    """One step. Subclasses are frozen dataclasses with a ``kind``; nothing is registered."""

    __slots__ = ()
    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Open(Command):
    """Show a finding: its members and what they have in common; with ``skip``, those after so many."""

    kind = "open"
    finding: str
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Add(Command):
    """Show nodes, from a search or a page."""

    kind = "add"
    nodes: tuple[NodeRef, ...]


@dataclass(frozen=True, slots=True)
class Expand(Command):
    """Show neighbours of a node, of one facet, in an order; with ``skip``, the next that are not shown yet."""

    kind = "expand"
    node: NodeRef
    facet: str
    start: datetime | None = None
    end: datetime | None = None
    least: int = 1  # relationships that join it to the neighbour
    order: str = "suspicion"
    limit: int = 25
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Collapse(Command):
    """Take back what a node's expansions brought and nothing else holds."""

    kind = "collapse"
    node: NodeRef


@dataclass(frozen=True, slots=True)
class Hide(Command):
    """Take nodes out of the picture."""

    kind = "hide"
    nodes: tuple[NodeRef, ...]


@dataclass(frozen=True, slots=True)
class Pin(Command):
    """Put a node somewhere; it stays there."""

    kind = "pin"
    node: NodeRef
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Move(Command):
    """Put several nodes somewhere at once, as :class:`Pin` does with one."""

    kind = "move"
    nodes: tuple[NodeRef, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Unpin(Command):
    """Let a node be placed again."""

    kind = "unpin"
    node: NodeRef


@dataclass(frozen=True, slots=True)
class Combine(Command):
    """Draw accounts as one: those of a ring, of a week of creation, of a shared link, or those chosen."""

    kind = "combine"
    by: str  # ring · week · link · chosen
    nodes: tuple[NodeRef, ...] = ()  # chosen ones; empty: all that are shown


@dataclass(frozen=True, slots=True)
class Separate(Command):
    """Draw a group's accounts one by one again; all groups where none is named."""

    kind = "separate"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Path(Command):
    """Show ways between two nodes."""

    kind = "path"
    source: NodeRef
    target: NodeRef
    k: int = 3


@dataclass(frozen=True, slots=True)
class Between(Command):
    """Draw only what happened in a span (``start <= t < end``); without bounds, everything again."""

    kind = "between"
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note(Command):
    """Write on a node, or on the picture. Not part of links: it is text."""

    kind = "note"
    text: str
    node: NodeRef | None = None


KINDS: dict[str, type[Command]] = {c.kind: c for c in Command.__subclasses__()}


@dataclass(frozen=True, slots=True)
class History:
    """All commands given, and how many of them count: the others have been undone and can be done again."""

    commands: tuple[Command, ...] = ()
    done: int = field(default=-1)

    def __post_init__(self) -> None:
        if self.done < 0:
            object.__setattr__(self, "done", len(self.commands))

    @property
    def current(self) -> tuple[Command, ...]:
        """The commands that count."""
        return self.commands[: self.done]

    def do(self, command: Command) -> History:
        """One more; what was undone is forgotten."""
        return History((*self.current, command)[-MOST:])

    def undo(self) -> History:
        """One fewer, if there is one; the first shows what the picture is of, and stays."""
        return History(self.commands, max(self.done - 1, min(1, len(self.commands))))

    def redo(self) -> History:
        """The one undone last, again."""
        return History(self.commands, min(self.done + 1, len(self.commands)))


def to_plain(commands: typing.Sequence[Command]) -> list[list[Any]]:
    """The list as JSON values: the kind, then what differs from the defaults by name."""
    plain = []
    for command in commands:
        values: dict[str, Any] = {}
        for f in dataclasses.fields(command):  # type: ignore[arg-type] # every subclass is a dataclass
            value = getattr(command, f.name)
            if f.default is dataclasses.MISSING or value != f.default:
                values[f.name] = _out(value)
        plain.append([command.kind, values])
    return plain


def from_plain(plain: Any) -> tuple[Command, ...]:
    """Read what :func:`to_plain` made; anything else is refused, since it may come from an address.

    Raises
    ------
    ConfigError
        It is no such list.
    """
    if not isinstance(plain, list) or len(plain) > MOST:
        raise _unread("not a list of steps")
    return tuple(map(_command, plain))


def to_link(commands: typing.Sequence[Command], seq: int) -> str:
    """The list and the commit it was played at, for an address; notes are left out.

    Raises
    ------
    ConfigError
        Too long for an address.
    """
    kept = [c for c in commands if not isinstance(c, Note)]
    packed = zlib.compress(orjson.dumps([seq, to_plain(kept)]), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(text) > LINK_LIMIT:
        raise ConfigError("too many steps for a link", "share", "undo some, or freeze the picture in a case")
    return text


def from_link(text: str) -> tuple[int, tuple[Command, ...]]:
    """Read what :func:`to_link` made.

    Raises
    ------
    ConfigError
        It is no such link.
    """
    if len(text) > LINK_LIMIT:
        raise _unread("too long")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        raw = reader.decompress(packed, PLAIN_LIMIT)  # what unpacks to more is no link of ours
        if reader.unconsumed_tail or not reader.eof:
            raise _unread("cut off, or too large")
        plain = orjson.loads(raw)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _unread("damaged") from error
    if not (isinstance(plain, list) and len(plain) == 2 and type(plain[0]) is int and plain[0] >= 0):
        raise _unread("not a link of this program")
    return plain[0], from_plain(plain[1])


def _unread(why: str) -> ConfigError:
    return ConfigError(f"the link cannot be read: {why}", "address", "ask for it again, or open the finding")


def _command(plain: Any) -> Command:
    if not (isinstance(plain, list) and len(plain) == 2 and isinstance(plain[0], str) and isinstance(plain[1], dict)):
        raise _unread("a step is malformed")
    kind, values = plain
    made = KINDS.get(kind)
    if made is None:
        raise _unread(f"no step {kind[:40]!r}")
    types = typing.get_type_hints(made)
    try:
        return made(**{name: _in(value, types[name]) for name, value in values.items()})
    except (KeyError, TypeError, ValueError, OverflowError, RecordInvalid) as error:
        raise _unread(f"a step {kind!r} is malformed") from error


def _out(value: Any) -> Any:
    if isinstance(value, NodeRef):
        return str(value)
    if isinstance(value, tuple):
        return [_out(v) for v in value]
    return (value - _EPOCH) // _US if isinstance(value, datetime) else value


def _in(value: Any, kind: Any) -> Any:
    """A plain value as what the field holds.

    Raises
    ------
    TypeError, ValueError
        It is nothing of the kind.
    """
    parts = typing.get_args(kind)
    if type(None) in parts:
        return None if value is None else _in(value, next(p for p in parts if p is not type(None)))
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list) or len(value) > 1_000:
            raise TypeError(kind)
        return tuple(_in(v, parts[0]) for v in value)
    if kind is NodeRef:
        return NodeRef.parse(_typed(value, str))
    if kind is datetime:
        return _EPOCH + _typed(value, int) * _US
    if kind is float:
        number = float(value) if type(value) in {int, float} else float("nan")
        if not abs(number) < 1e7:
            raise ValueError(kind)
        return number
    return _typed(value, kind)


def _typed(value: Any, kind: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind)
    if (isinstance(value, int) and abs(value) > 2**53) or (isinstance(value, str) and len(value) > 4_000):
        raise ValueError(kind)
    return value
