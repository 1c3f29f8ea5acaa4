"""Who waits for whose lock, by the database's own account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Engine

    from .backend import Family
    from .scene import Actor


class Waits(Protocol):
    """One way to know it.

    `begin` is told who takes part, `mark` that from now on only what is seen later counts, `look`
    returns who of the busy ones waits, and for whom as far as that can be known.
    """

    def begin(self, actors: Sequence[Actor]) -> None:
        """Take note of who takes part."""

    def mark(self) -> None:
        """Count from now on."""

    def look(self, busy: Sequence[Actor]) -> dict[Actor, list[Actor]]:
        """Return those of the busy ones who wait, each with those it waits for."""
        ...

    def end(self) -> None:
        """Give back what was taken."""


class Nobody:
    """For a database in which nobody ever waits: a conflict raises at once."""

    def begin(self, actors: Sequence[Actor]) -> None:
        """Nothing is to be known."""

    def mark(self) -> None:
        """Nothing is to be known."""

    def look(self, busy: Sequence[Actor]) -> dict[Actor, list[Actor]]:
        """Nobody waits."""
        del busy
        return {}

    def end(self) -> None:
        """Nothing is to be given back."""


class ByServer:
    """For a server with a view of its locks.

    `waits` of its statements gives a row for each wait: the number of the connection that waits,
    and that of one it waits for, or NULL. Where a server's view lags behind, `waiting_sign` finds
    the numbers of those that wait in what `unfinished` gives.
    """

    def __init__(self, family: Family, engine: Engine) -> None:
        self._statement = text(family.sql["waits"])
        self._status = text(family.sql["unfinished"]) if family.waiting_sign else None
        self._sign = re.compile(family.waiting_sign, re.DOTALL)
        self._engine = engine
        self._connection: Connection | None = None
        self._actors: dict[Any, Actor] = {}

    def begin(self, actors: Sequence[Actor]) -> None:
        """Keep the numbers of their connections."""
        self._actors = {actor.number: actor for actor in actors}
        self._connection = self._engine.connect()

    def mark(self) -> None:
        """The server tells what is now."""

    def look(self, busy: Sequence[Actor]) -> dict[Actor, list[Actor]]:
        """Ask the server."""
        assert self._connection is not None  # noqa: S101
        found: dict[Actor, list[Actor]] = {}
        rows = self._connection.execute(self._statement).all()
        for waiter, holder in rows:
            actor = self._actors.get(waiter)
            if actor is None:
                continue
            holders = found.setdefault(actor, [])
            other = self._actors.get(holder)
            # Who is said to wait for itself waits for somebody that the server cannot name.
            if other is not None and other is not actor and other not in holders:
                holders.append(other)
        if self._status is not None:
            told = self._connection.execute(self._status).all()
            status = " ".join(str(value) for row in told for value in row)
            now = {self._actors.get(int(number)) for number in self._sign.findall(status)}
            found = {actor: found.get(actor, []) for actor in now if actor is not None}
        self._connection.rollback()
        return {actor: holders for actor, holders in found.items() if actor in busy}

    def end(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()


class BySleep:
    """For SQLite, which keeps no account of waiting: it sleeps and tries again, in the same thread.

    `asleep` tells of a thread how often it went to sleep so far, and whether it sleeps now. Only a
    sleep that began after a fresh try counts: the one under way may end well.
    """

    def __init__(self, asleep: Callable[[int], tuple[int, bool]]) -> None:
        self._asleep = asleep
        self._actors: Sequence[Actor] = ()
        self._from: dict[int, int] = {}

    def begin(self, actors: Sequence[Actor]) -> None:
        """Keep who takes part."""
        self._actors = actors

    def mark(self) -> None:
        """Note how often each has slept; one that does not sleep may be in the midst of a try."""
        self._from.clear()
        for actor in self._actors:
            for thread in actor.threads:
                times, sleeps = self._asleep(thread)
                self._from[thread] = times + (1 if sleeps else 2)

    def look(self, busy: Sequence[Actor]) -> dict[Actor, list[Actor]]:
        """Look at the threads."""
        return {actor: [] for actor in busy if any(map(self._waits, actor.threads))}

    def _waits(self, thread: int) -> bool:
        times, sleeps = self._asleep(thread)
        return sleeps and times >= self._from.get(thread, 0)

    def end(self) -> None:
        """Nothing is to be given back."""
