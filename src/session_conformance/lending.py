"""Servers that the controlling process lends to its workers, to be restarted by their cells.

A worker that wants one connects to a port of 127.0.0.1, says the word that was sent along with its
plan, and has the server until it closes that connection, also by dying. Lines are JSON.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TextIO

from .gather import probe, server_url
from .redact import Secrets
from .servers.own import OwnServers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from .backend import Backend
    from .reach import Reached


class Lender:
    """Lends a server of its own to each cell that asks for one, for one at a time.

    Args:
        reached: the backends of the run; those whose server was started by the suite can have one.
        say: takes a line about what could not be stopped.

    """

    def __init__(self, reached: Sequence[Reached], say: Callable[[str], None]) -> None:
        self._backends: dict[str, Backend] = {}
        services: dict[str, Any] = {}
        for item in reached:
            backend = item.place.backend
            if item.record.capabilities["own_server"]:
                self._backends[backend.id] = backend
                services.setdefault(str(backend.family.service), (item.record.way, probe(backend)))
        self._servers = OwnServers(services, say)
        self._word = secrets.token_hex(16)
        self._listener: socket.socket | None = None
        self._closing = False
        self._changed = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self._accept, name="lender", daemon=True)

    @property
    def address(self) -> dict[str, Any] | None:
        """What a worker has to know, as built-in types; None where there is nothing to lend."""
        if self._listener is None:
            return None
        return {"port": self._listener.getsockname()[1], "word": self._word}

    def __enter__(self) -> Self:
        """Begin to listen."""
        if self._backends:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Take back what is lent, and stop every server that was started."""
        self._servers.abandon()
        try:
            if self._listener is not None:
                self._take_back(self._listener)
        finally:
            self._servers.close()

    def _take_back(self, listener: socket.socket) -> None:
        self._closing = True
        # One more connection wakes the thread that waits for one.
        with suppress(OSError), socket.create_connection(listener.getsockname()):
            self._thread.join()
        listener.close()
        with self._changed:
            still_open = dict(self._open)
        for thread, connection in still_open.items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._changed:
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            # Whoever does not speak as a worker does, or speaks no more, is owed no answer.
            suppress(OSError, ValueError, KeyError, TypeError),
            connection,
            connection.makefile("rw", encoding="utf-8") as lines,
        ):
            asked = json.loads(lines.readline())
            if hmac.compare_digest(asked["word"], self._word):
                self._lend(self._backends[asked["backend"]], lines)
        with self._changed:
            del self._open[threading.current_thread()]

    def _lend(self, backend: Backend, lines: TextIO) -> None:
        service = str(backend.family.service)
        hidden = Secrets()
        try:
            with self._servers.lent(service) as server:
                hidden.add(server.password)
                url = server_url(backend, server)
                _answer(lines, url=url.render_as_string(hide_password=False))
                while lines.readline():
                    self._servers.restart(service)
                    _answer(lines)
        except OSError:
            # The worker has ended.
            raise
        except Exception as error:
            _answer(lines, error=hidden.cut(str(error) or type(error).__name__))


def _answer(lines: TextIO, **what: str) -> None:
    lines.write(json.dumps(what) + "\n")
    lines.flush()


__all__ = ["Lender"]
