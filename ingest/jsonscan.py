"""Objects out of a JSON document too large to hold: bounded memory, one broken object harms itself only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from graph.errors import IngestError
from ingest.formats.base import MAX_LINE

Path = tuple[str, ...]
EACH = "[]"  # stands in a path for "an element of this array"

_TOKEN = re.compile(rb'\s*+(?:("(?:[^"\\]++|\\.)*+")|([{}\[\]:,])|([^\s"{}\[\]:,]++))', re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
_PLAIN = re.compile(rb'[^"{}\[\]]*+')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BROKEN = "is not the JSON document it should be"


@dataclass(frozen=True)
class Item:
    """An object at a wanted path: its bytes, or None where it is larger than the limit."""

    path: Path
    raw: bytes | None


@dataclass(frozen=True)
class Value:
    """A text, number or truth value outside wanted objects."""

    path: Path
    value: Any


class Scanner:
    """Reads a document piece by piece.

    Parameters
    ----------
    pieces : iterable of bytes
        The document; several one after another are read as well.
    wanted : collection of paths
        Objects to hand out whole, such as ``("messages", EACH)``.
    where : str
        The file, for messages.
    limit : int
        Bytes of an object beyond which it is passed over without being held.
    """

    def __init__(self, pieces: Iterable[bytes], wanted: Collection[Path], where: str, limit: int = MAX_LINE) -> None:
        self._pieces = iter(pieces)
        self._wanted = frozenset(wanted)
        self._where = where
        self._limit = limit
        self._data = b""
        self._at = 0  # everything before has been read
        self._before = 0  # bytes of the document before _data
        self._over = False  # the document has ended
        self._names: list[str] = []  # path of the container under way
        self._kinds: list[bytes] = []
        self._key: str | None = None  # of the value that comes next, in an object
        self._open_key = False  # a key comes next

    def __iter__(self) -> Iterator[Item | Value]:
        """Wanted objects and other values in the order of the document.

        Raises
        ------
        IngestError
            The document is damaged outside its objects, or cut off.
        """
        while (match := self._token()) is not None:
            text, mark, word = match.groups()
            if mark in {b"{", b"["}:
                path = self._path()
                if mark == b"{" and path in self._wanted:
                    yield Item(path, self._object(self._at - 1))
                else:
                    self._descend(mark, path)
            elif mark is not None:
                self._punctuation(mark)
            elif text is not None and self._open_key:
                self._key, self._open_key = str(self._load(text)), False
            else:
                yield Value(self._path(), self._load(text or word))
        if self._kinds:
            raise IngestError("the JSON document is cut off", self._where, "export it again; what was whole is loaded")

    def _path(self) -> Path:
        if not self._kinds:
            return ()
        if self._kinds[-1] == b"[":
            return (*self._names, EACH)
        if self._key is None:
            raise self._broken()
        return (*self._names, self._key)

    def _descend(self, mark: bytes, path: Path) -> None:
        self._names = list(path)
        self._kinds.append(mark)
        self._key, self._open_key = None, mark == b"{"

    def _punctuation(self, mark: bytes) -> None:
        if mark == b",":
            self._open_key = bool(self._kinds) and self._kinds[-1] == b"{"
            self._key = None
        elif mark != b":":
            if not self._kinds or self._kinds.pop() != {b"}": b"{", b"]": b"["}[mark]:
                raise self._broken()
            self._names = self._names[:-1]
            self._key, self._open_key = None, False

    def _load(self, token: bytes) -> Any:
        try:
            return orjson.loads(token)
        except orjson.JSONDecodeError:
            if token.startswith(b'"'):
                return token[1:-1].decode(errors="backslashreplace")
            raise self._broken() from None

    def _broken(self) -> IngestError:
        return IngestError(f"{_BROKEN} at byte {self._before + self._at + 1:,}", self._where, "export it again")

    def _token(self) -> re.Match[bytes] | None:
        """The next token outside wanted objects; None at the end."""
        while True:
            match = _TOKEN.match(self._data, self._at)
            # a word at the end of the piece may go on in the next
            if match and (match[3] is None or match.end() < len(self._data) or self._over):
                self._at = match.end()
                return match
            if self._over:
                if self._data[self._at :].strip():
                    raise IngestError("the JSON document is cut off", self._where, "export it again")
                return None
            if len(self._data) - self._at > self._limit:
                raise self._broken()
            self._more(self._at)

    def _more(self, keep: int) -> bool:
        """Read the next piece and drop what lies before ``keep``; False at the end."""
        piece = next(self._pieces, b"")
        self._over = not piece
        self._before += keep
        self._data = self._data[keep:] + piece
        self._at -= keep
        return not self._over

    def _object(self, start: int) -> bytes | None:
        """The object that starts there, up to its closing bracket; None if it is too large."""
        depth = 1
        while depth:
            match = _TO_BRACKET.match(self._data, self._at)
            if match:
                depth += 1 if match[1] in b"{[" else -1
                self._at = match.end()
            elif len(self._data) - start > self._limit:
                self._pass_over(depth)
                return None
            else:
                self._need(start)
                start = 0
        raw = self._data[start : self._at]
        return raw if len(raw) <= self._limit else None

    def _pass_over(self, depth: int) -> None:
        """Go to the end of the object under way without holding it."""
        in_string = False
        while depth:
            pattern = _IN_STRING if in_string else _PLAIN
            match = pattern.match(self._data, self._at)
            self._at = match.end() if match else self._at
            # an escape cut in two by the end of the piece waits for its second half
            if self._at >= len(self._data) or (in_string and self._data[self._at : self._at + 1] == b"\\"):
                self._need(self._at)
                continue
            mark = self._data[self._at : self._at + 1]
            self._at += 1
            if mark == b'"':
                in_string = not in_string
            else:
                depth += 1 if mark in b"{[" else -1

    def _need(self, keep: int) -> None:
        if not self._more(keep):
            raise IngestError("the JSON document is cut off", self._where, "export it again; what was whole is loaded")
