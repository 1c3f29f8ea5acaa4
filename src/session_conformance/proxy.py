"""A line between a driver and its server that can be cut."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

# Without lingering a socket's end is a reset (RST), as from a firewall that has forgotten it.
_RESET = struct.pack("ii", 1, 0)
_MOST = 65536


class Proxy:
    """Forwards TCP connections from a port of its own to a server, until it is cut.

    Args:
        server: host and port of the server.

    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._asked, self._ask = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._other: dict[socket.socket, socket.socket] = {}
        self._near: set[socket.socket] = set()
        self._asking: set[socket.socket] = set()
        self._trips = 0
        self._done = threading.Event()
        # One thread for all, so that no socket is closed under another one's hands.
        self._thread = threading.Thread(target=self._forward)

    @property
    def port(self) -> int:
        """The port on 127.0.0.1 to connect to."""
        found: int = self._listener.getsockname()[1]
        return found

    @property
    def trips(self) -> int:
        """How many round trips there were so far: what was sent, until the first of its answer.

        What a driver has had the answer of is counted, what is not answered never is.
        """
        return self._trips

    def cut(self) -> None:
        """Reset every connection that there is; new ones are forwarded again."""
        self._done.clear()
        self._ask.send(b"c")
        self._done.wait()

    def __enter__(self) -> Self:
        """Begin to forward."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut what there is and stop."""
        self._ask.send(b"q")
        self._thread.join()
        for one in (self._listener, self._asked, self._ask):
            one.close()
        self._selector.close()

    def _forward(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._asked, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._asked:
                    order = self._asked.recv(1)
                    self._reset_all()
                    self._done.set()
                    if order == b"q":
                        return
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._other:
                    self._pass_on(key.fileobj)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self._server)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)
        self._near.add(near)

    def _pass_on(self, one: socket.socket) -> None:
        try:
            data = one.recv(_MOST)
            if data:
                self._count(one)
                self._other[one].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(one, self._other[one])

    def _count(self, one: socket.socket) -> None:
        """Count a round trip before its answer is passed on: whoever has it may ask at once."""
        if one in self._near:
            self._asking.add(one)
        elif self._other[one] in self._asking:
            self._asking.remove(self._other[one])
            self._trips += 1

    def _reset_all(self) -> None:
        for one in list(self._other):
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._close(*self._other)

    def _close(self, *ends: socket.socket) -> None:
        for one in ends:
            self._selector.unregister(one)
            del self._other[one]
            self._near.discard(one)
            self._asking.discard(one)
            one.close()


__all__ = ["Proxy"]
