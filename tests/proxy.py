"""A TCP proxy on loopback that cuts connections when a test says so."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.processes import HOST

_CHUNK = 1024  # small, so that a cut falls inside a message


class Proxy:
    """Passes on what comes, and resets connections as a failing network does.

    Parameters
    ----------
    port : int
        Where what it gets is passed on to, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((HOST, 0))
        self._lock = threading.Lock()
        self._left: int | None = None
        self._again = False
        self._armed = 0
        self.cuts = 0
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self, after: int, *, again: bool = False) -> None:
        """Cut the connection that brings the byte of that number from now on, counted from the server alone.

        ``again``: also each later connection after as many bytes.
        """
        with self._lock:
            self._left, self._again, self._armed = after, again, after

    def spare(self) -> None:
        """Cut no more."""
        with self._lock:
            self._left, self._again = None, False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends = list(self._open)
        for end in ends:
            _end(end)

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed: the test is over
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection((HOST, self._target))
                except OSError:
                    client.close()
                    continue
                with self._lock:
                    self._open |= {client, server}
                for source, sink, counted in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=(source, sink, counted), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                kept = self._passed(len(data)) if counted else len(data)
                sink.sendall(data[:kept])
                if kept < len(data):
                    break
        _end(source)
        _end(sink)
        with self._lock:
            self._open -= {source, sink}

    def _passed(self, size: int) -> int:
        """How many of so many bytes may pass; fewer than all of them where the cut falls among them."""
        with self._lock:
            if self._left is None or self._left >= size:
                self._left = None if self._left is None else self._left - size
                return size
            kept, self._left = self._left, self._armed if self._again else None
            self.cuts += 1
            return kept


def _end(end: socket.socket) -> None:
    """Close one end for both directions; the other side may have done so."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        end.close()
