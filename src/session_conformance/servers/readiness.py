"""Waiting for a server: ready means that a query was answered, not that a port is open."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..redact import Secrets
from .server import ServerError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from .server import Probe, Server

_PAUSE = 0.05  # seconds between two questions


class AbandonedError(ServerError):
    """The search was given up, by Ctrl-C or a deadline elsewhere."""

    def __init__(self) -> None:
        super().__init__("The search for servers was given up.")


def tail(log: str, lines: int = 12) -> str:
    """Return the last lines of a server's log, indented, for the end of a message."""
    last = [line for line in log.splitlines() if line.strip()][-lines:]
    return "".join(f"\n    {line[:300]}" for line in last)


def wait_until_ready(
    server: Server,
    probe: Probe,
    *,
    seconds: float,
    abandoned: threading.Event,
    ended: Callable[[], str | None],
    log: Callable[[], str],
) -> Server:
    """Ask until the server answers; return it with its version.

    `ended` returns how the server ended, or None while it runs; `log` returns the server's log.

    Raises:
        ServerError: the server ended or did not answer in `seconds`; with the last error of the
            probe and the end of the log, passwords cut out.

    """
    secrets = Secrets([server.password])
    deadline = time.monotonic() + seconds
    last_error = "it was not asked yet"
    while True:
        if (end := ended()) is not None:
            said = secrets.cut(tail(log()))
            raise ServerError(f"{server.service} ({server.detail}) {end}. Its log ends with:{said}")
        try:
            return replace(server, version=probe(server))
        except Exception as error:
            first = str(error).strip().partition("\n")[0]
            last_error = secrets.cut(re.sub(r"\s+", " ", first) or type(error).__name__)
        if time.monotonic() > deadline:
            said = secrets.cut(tail(log()))
            raise ServerError(
                f"{server.service} ({server.detail}) did not answer within {seconds:g} s; "
                f"the last error was: {last_error}. Its log ends with:{said}"
            )
        if abandoned.wait(_PAUSE):
            raise AbandonedError
