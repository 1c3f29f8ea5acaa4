"""A running database server, and the one error of everything that finds servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["url", "compose", "docker", "local", "fetched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One running database server.

    `service` is its name in `docker-compose.yml`; `database` is the maintenance database to connect
    to first, None where a connection needs none; `version` is what the probe returned; `detail`
    is one phrase that says where the server comes from.
    """

    service: str
    way: Way
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    database: str | None
    version: str
    detail: str


class ServerError(Exception):
    """No server, in one sentence that says why, and a hint that says what to do."""

    def __init__(self, sentence: str, hint: str | None = None) -> None:
        super().__init__(sentence if hint is None else f"{sentence} {hint}")
        self.sentence = sentence
        self.hint = hint


Probe = Callable[[Server], str]
"""Connects, runs a query and returns the server's version; raises while the server is not ready."""

Say = Callable[[str], None]
"""Takes one line of progress for people."""
