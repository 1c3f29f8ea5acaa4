"""What befalls connections from outside: ended, timed out, or sent to where nobody listens."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .looks import LONGEST_WAIT, looks
from .observing import Observing
from .proxy import Proxy
from .sockets import established
from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine


class Disturbing(Observing):
    """The part of a `Database` that disturbs the connections under test."""

    # The connections that were open when the server was told to close one of them by itself.
    _limited: frozenset[int] = frozenset()

    @property
    def connections(self) -> list[Any]:
        """The numbers of the connections to this database that the server lists, but its own."""
        found: list[Any] = list(self._ask("connections", "connection_list"))
        return found

    def until_gone(self, number: Any) -> None:
        """Wait until the server lists the connection of this number no more, its socket closed.

        Raises:
            TimeoutError: it is still there.

        """
        before, self._limited = self._limited, frozenset()
        # Each look is a round trip, not a pause.
        for _ in looks():
            if number not in self.connections and self._hung_up(before):
                return
        raise TimeoutError(f"The server still lists connection {number}.")

    def connection_id(self, session: Session) -> Any:
        """Return the server's own number of the connection that `session` holds."""
        with self._recorder.paused():
            return session.connection().scalar(text(self._backend.family.sql["connection_id"]))

    def kill(self, *whom: Session | int) -> None:
        """End connections at the server, and see that they are gone.

        Args:
            whom: the Session that holds it, or its number at the server; a Session is asked for
                its number by a statement, which not every stream survives.

        """
        for one in whom:
            self._end(self.connection_id(one) if isinstance(one, Session) else one)
        self._recorder.add("note", "the server ends this connection")

    def _end(self, number: Any) -> None:
        sql = self._backend.family.sql
        with self._observer.connect() as connection:
            listed = connection.scalars(text(sql["connections"])).all()
            before = self._quiet() if number in listed else frozenset()
            with suppress(DBAPIError):
                connection.execute(text(sql["kill"].format(id=int(number))))
            # The server's own list says when it is gone; each look is a round trip, not a pause.
            for _ in looks():
                listed = connection.scalars(text(sql["connections"])).all()
                there = number in listed or self._unfinished(connection, number)
                if not there and self._hung_up(before):
                    return
                # Where the list is a snapshot too, the next transaction sees a new one.
                connection.rollback()
        raise TimeoutError(f"Connection {number} was ended, and the server has not let go of it.")

    def _sockets(self) -> dict[int, int]:
        family = self._backend.family
        return established(self._observer.url.port or 0) if family.hangs_up else {}

    def _quiet(self) -> frozenset[int]:
        """Return the ports of this process's connections to a server that hangs up.

        None where something has yet to be read on one of them: who does not read it, as a stream
        that is not at its end, does not hear that the server hung up either.
        """
        found = self._sockets()
        return frozenset() if any(found.values()) else frozenset(found)

    def _hung_up(self, before: frozenset[int]) -> bool:
        """Tell whether one of the connections that were open `before` is no longer, if any was.

        A server's process may be off its list before its end of the socket is closed, and a proxy
        between them, as a container's port is, passes that on later still. Who sends something just
        then is told of it in another way than after it: by the server's last words or by none.
        """
        return not before or not before <= self._sockets().keys()

    def _unfinished(self, connection: Connection, number: Any) -> bool:
        """Tell whether the transaction of an ended connection is still being undone.

        Some servers strike a connection off their list first and free its locks afterwards.
        """
        family = self._backend.family
        if "unfinished" not in family.sql:
            return False
        sign = re.compile(family.unfinished_sign.format(id=int(number)), re.DOTALL)
        try:
            rows = connection.execute(text(family.sql["unfinished"])).all()
        except DBAPIError:
            # It takes a privilege; without it nobody can tell.
            return False
        return any(sign.search(str(value)) for row in rows for value in row)

    def limit_time(self, session: Session, seconds: float) -> None:
        """Have the server end each statement of the connection that takes longer than this."""
        self._limit("limit_time", "statement_timeout", session, seconds)

    def limit_idle(self, session: Session) -> None:
        """Have the server close the connection when it is not used for a second, or for less."""
        self._limit("limit_idle", "idle_timeout", session, 1)

    def limit_idle_in_transaction(self, session: Session) -> None:
        """Have the server close the connection when its transaction idles for a second, or less."""
        self._limit("limit_idle_in_transaction", "idle_timeout", session, 1)

    def limit_lock_wait(self, session: Session) -> None:
        """Have the connection wait for a lock no longer than the server can count, 1 s at most."""
        self._limit("limit_lock_wait", "row_locks", session, 1)

    def isolation_level(self, session: Session) -> str:
        """Return the level of the transaction, in the server's own words: `READ COMMITTED`."""
        statement = text(self._sql("isolation_level", "isolation_levels"))
        with self._recorder.paused():
            level = session.scalar(statement)
        return str(level).upper().replace("-", " ")

    def _limit(self, key: str, capability: str, session: Session, seconds: float) -> None:
        statement = text(self._sql(key, capability).format(seconds=seconds))
        self._altered = True
        with self._recorder.paused():
            session.execute(statement)
        self._limited = self._quiet()

    @contextmanager
    def out_of_reach(self, engine: Engine) -> Iterator[None]:
        """Send each new connection of `engine` to a port on which nobody listens."""
        with socket.socket() as closed:
            # Bound and never listening, so that nobody else can listen there meanwhile.
            closed.bind(("127.0.0.1", 0))
            with self._diverted(engine, closed.getsockname()[1]):
                yield

    @contextmanager
    def connecting_with(self, engine: Engine, **parts: Any) -> Iterator[None]:
        """Let each new connection of `engine` be asked for with other parts of its URL.

        Args:
            engine: whose connections.
            parts: as for `URL.set`, such as `database="nowhere"` or `username="nobody"`.

        """
        if self._backend.family.service is None:
            raise UnsupportedError("connection_list")
        url = engine.url.set(**parts)

        def ask(dialect: Any, _record: Any, words: Any, options: dict[str, Any]) -> None:
            words[:], other = dialect.create_connect_args(url)
            options.update(other)

        event.listen(engine, "do_connect", ask)
        try:
            yield
        finally:
            event.remove(engine, "do_connect", ask)

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
