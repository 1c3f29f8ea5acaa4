"""What befalls connections from outside: ended, timed out, or sent to where nobody listens."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from .proxy import Proxy
from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session

    from .backend import Backend
    from .trace import Recorder

# Seconds until something at the server must have happened; polled, so mostly it takes far less.
LONGEST_WAIT = 2.5
# Seconds between two looks where a server shows one picture to all who ask within 0.1 s.
LOOK_AGAIN = 0.12


class Disturbing:
    """The part of a `Database` that disturbs the connections under test."""

    _backend: Backend
    _recorder: Recorder
    _observer_engine: Engine

    @property
    def connections(self) -> list[Any]:
        """The numbers of the connections to this database that the server lists, but its own."""
        found: list[Any] = list(self._ask("connections", "connection_list"))
        return found

    def until_gone(self, number: Any) -> None:
        """Wait until the server lists the connection of this number no more.

        Raises:
            TimeoutError: it is still there.

        """
        until = time.monotonic() + LONGEST_WAIT
        # Each look is a round trip, not a pause.
        while number in self.connections:
            if time.monotonic() > until:
                raise TimeoutError(f"The server still lists connection {number}.")

    @contextmanager
    def killed_while_waiting(self, number: Any) -> Iterator[None]:
        """End the connection of this number as soon as a statement waits for somebody's lock."""

        def kill() -> None:
            sql = self._backend.family.sql["kill"].format(id=int(number))
            with self._observer_engine.connect() as connection:
                connection.execute(text(sql))
            self._recorder.add("note", "the server ends the connection that waits")

        with self._while_waiting(kill):
            yield

    @contextmanager
    def cut_while_waiting(self, proxy: Proxy) -> Iterator[None]:
        """Reset the connections through `proxy` as soon as a statement waits for a lock."""

        def cut() -> None:
            proxy.cut()
            self._recorder.add("note", "the network resets the connection that waits")

        with self._while_waiting(cut):
            yield

    @contextmanager
    def _while_waiting(self, act: Callable[[], None]) -> Iterator[None]:
        waiting = self._backend.family.sql.get("waiting")
        if waiting is None:
            raise UnsupportedError("row_locks")
        failed: list[BaseException] = []

        def wait_and_act() -> None:
            try:
                self._wait(waiting)
                act()
            except BaseException as error:
                failed.append(error)

        # Its own thread and driver: it works while an event loop is blocked or busy.
        thread = threading.Thread(target=wait_and_act)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        if failed:
            raise failed[0]

    def _wait(self, waiting: str) -> None:
        until = time.monotonic() + LONGEST_WAIT
        looked = threading.Event()
        with self._observer_engine.connect() as connection:
            while not connection.scalar(text(waiting)):
                if time.monotonic() > until:
                    raise TimeoutError("No connection came to wait for a lock.")
                looked.wait(LOOK_AGAIN)

    def limit_time(self, session: Session, seconds: float) -> None:
        """Have the server end each statement of the connection that takes longer than this."""
        self._limit("limit_time", "statement_timeout", session, seconds)

    def limit_idle(self, session: Session) -> None:
        """Have the server close the connection when it is not used for a second."""
        self._limit("limit_idle", "idle_timeout", session, 1)

    def limit_lock_wait(self, session: Session) -> None:
        """Have the connection wait for a lock no longer than the server can count, 1 s at most."""
        self._limit("limit_lock_wait", "row_locks", session, 1)

    def isolation_level(self, session: Session) -> str:
        """Return the level of the transaction, in the server's own words: `READ COMMITTED`."""
        sql = self._backend.family.sql
        if "isolation_level" not in sql:
            raise UnsupportedError("isolation_levels")
        with self._recorder.paused():
            level = session.scalar(text(sql["isolation_level"]))
        return str(level).upper().replace("-", " ")

    def _limit(self, key: str, capability: str, session: Session, seconds: float) -> None:
        sql = self._backend.family.sql
        if key not in sql:
            raise UnsupportedError(capability)
        with self._recorder.paused():
            session.execute(text(sql[key].format(seconds=seconds)))

    def _ask(self, key: str, capability: str) -> Any:
        sql = self._backend.family.sql
        if key not in sql:
            raise UnsupportedError(capability)
        with self._recorder.paused(), self._observer_engine.connect() as connection:
            return connection.scalars(text(sql[key])).all()

    @contextmanager
    def out_of_reach(self, engine: Engine) -> Iterator[None]:
        """Send each new connection of `engine` to a port on which nobody listens."""
        with socket.socket() as closed:
            # Bound and never listening, so that nobody else can listen there meanwhile.
            closed.bind(("127.0.0.1", 0))
            with self._diverted(engine, closed.getsockname()[1]):
                yield

    @contextmanager
    def through_proxy(self, engine: Engine) -> Iterator[Proxy]:
        """Make each new connection of `engine` through a `Proxy`, which can cut it."""
        url = engine.url
        if self._backend.family.service is None or not url.port:
            raise UnsupportedError("connection_list")
        with Proxy((url.host or "127.0.0.1", url.port)) as proxy:
            with self._diverted(engine, proxy.port):
                yield proxy
            engine.dispose()

    @contextmanager
    def _diverted(self, engine: Engine, port: int) -> Iterator[None]:
        if self._backend.family.service is None:
            raise UnsupportedError("connection_list")
        host = "127.0.0.1"

        def divert(_dialect: Any, _record: Any, words: Any, options: dict[str, Any]) -> None:
            if "port" in options or "host" in options:
                options.update(host=host, port=port)
            else:
                # One word, such as host/port:name.
                name = str(words[0] if words else options["database"]).rpartition(":")[2]
                options["database"] = f"{host}/{port}:{name}"
                words[:] = ()

        event.listen(engine, "do_connect", divert)
        try:
            yield
        finally:
            event.remove(engine, "do_connect", divert)

    def in_child(self, function: Callable[[], str]) -> str:
        """Return what `function` returns in a process forked from this one, empty if it fails."""
        if not hasattr(os, "fork"):
            raise UnsupportedError("threads")
        read, write = os.pipe()
        with self._recorder.paused():
            pid = os.fork()
        if pid == 0:
            # Nothing of the parent's may be tidied up here.
            try:
                os.write(write, function().encode())
            finally:
                os._exit(0)
        os.close(write)
        try:
            if not select.select([read], [], [], LONGEST_WAIT)[0]:
                os.kill(pid, signal.SIGKILL)
            return os.read(read, 1000).decode()
        finally:
            os.close(read)
            os.waitpid(pid, 0)


__all__ = ["Disturbing"]
