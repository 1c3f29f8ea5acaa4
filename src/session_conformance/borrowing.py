"""A worker's side of `lending.py`: a server for one cell alone, for as long as it wants it."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from sqlalchemy.engine import make_url

from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

    from .redact import Secrets
    from .watchdog import Watchdog

# The controlling process has limits of its own, and tells when one is reached.
LONGEST_WAIT = 300.0


class BorrowError(Exception):
    """A server that could not be had, or did not come back; the message says why."""


class Loan:
    """A server that is this cell's alone; `url` leads to it through the cell's driver."""

    def __init__(self, url: URL, lines: TextIO, watchdog: Watchdog) -> None:
        self.url = url
        self._lines = lines
        self._watchdog = watchdog

    def restart(self) -> None:
        """Have the server end in good order and start again; return when it answers."""
        with self._watchdog.paused():
            _ask(self._lines, {})


class Borrower:
    """Borrows servers from the controlling process.

    The time that it takes to have one is not the cell's: its clock stands still.
    """

    def __init__(
        self, address: dict[str, Any] | None, watchdog: Watchdog, secrets: Secrets
    ) -> None:
        self._address = address
        self._watchdog = watchdog
        self._secrets = secrets

    @contextmanager
    def borrowed(self, backend: str) -> Iterator[Loan]:
        """Lend a server for a backend, which is started now if it is the first time.

        Raises:
            BorrowError: it cannot be started.

        """
        if self._address is None:
            raise UnsupportedError("own_server")
        where = ("127.0.0.1", self._address["port"])
        with (
            socket.create_connection(where, LONGEST_WAIT) as connection,
            connection.makefile("rw", encoding="utf-8") as lines,
        ):
            with self._watchdog.paused():
                told = _ask(lines, {"word": self._address["word"], "backend": backend})
            url = make_url(told["url"])
            self._secrets.add(url.password)
            yield Loan(url, lines, self._watchdog)


def _ask(lines: TextIO, question: dict[str, str]) -> dict[str, str]:
    try:
        lines.write(json.dumps(question) + "\n")
        lines.flush()
        line = lines.readline()
    except OSError as error:
        raise BorrowError(f"The controlling process does not answer: {error}.") from error
    if not line:
        raise BorrowError("The controlling process lends no server any more.")
    told: dict[str, str] = json.loads(line)
    if "error" in told:
        raise BorrowError(told["error"])
    return told


__all__ = ["BorrowError", "Borrower", "Loan"]
