"""Who waits for whose lock, by the database's own account."""

from __future__ import annotations

import re
from functools import cache
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
    returns who of the busy ones waits, and for whom as far as that can be known. `checked` tells
    whether the database has looked by now if one who waits is part of a deadlock.
    """

    def begin(self, actors: Sequence[Actor]) -> None:
        """Take note of who takes part."""

    def mark(self) -> None:
        """Count from now on."""

    def look(self, busy: Sequence[Actor]) -> dict[Actor, list[Actor]]:
        """Return those of the busy ones who wait, each with those it waits for."""
        ...

    def checked(self, actor: Actor) -> bool:
        """Tell whether the wait of this one was looked at for a deadlock."""
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

    def checked(self, actor: Actor) -> bool:
        """Nobody waits."""
        del actor
        return True

    def end(self) -> None:
        """Nothing is to be given back."""


# Asked every few milliseconds, and made anew it would take as long as the asking.
statement = cache(text)


def waiting(connection: Connection, family: Family) -> dict[Any, list[Any]]:
    """Ask a server who waits for a lock, and for whom.

    `waits` of its statements gives a row for each wait: the number of the connection that waits,
    and that of one it waits for, or NULL. Where that view lags behind, `waiting_sign` finds the
    numbers of those that wait in what `unfinished` gives. `waits_for_table` gives the numbers of
    those that wait for a table's definition, where none of these tells of them.

    Returns:
        number of a connection of this database that waits, to those of whom it waits for, as far as
        the server tells; nobody is said to wait for itself.

    """
    found: dict[Any, list[Any]] = {}
    for waiter, holder in connection.execute(statement(family.sql["waits"])).all():
        holders = found.setdefault(waiter, [])
        if holder is not None and holder != waiter and holder not in holders:
            holders.append(holder)
    if family.waiting_sign:
        told = connection.execute(statement(family.sql["unfinished"])).all()
        status = " ".join(str(value) for row in told for value in row)
        now = re.findall(family.waiting_sign, status, re.DOTALL)
        found = {int(number): found.get(int(number), []) for number in now}
    if "waits_for_table" in family.sql:
        # Nor does that status tell of the locks that keep a table's definition.
        for number in connection.scalars(statement(family.sql["waits_for_table"])):
            found.setdefault(number, [])
    # The next look is to see what is then.
    connection.rollback()
    return found


class ByServer:
    """For a server with a view of its locks."""

    def __init__(self, family: Family, engine: Engine) -> None:
        self._family = family
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
        found = waiting(self._connection, self._family)
        return {
            self._actors[number]: [self._actors[one] for one in holders if one in self._actors]
            for number, holders in found.items()
            if self._actors.get(number) in busy
        }

    def checked(self, actor: Actor) -> bool:
        """Ask the server, unless it looks as soon as somebody waits."""
        if "waits_checked" not in self._family.sql:
            return True
        assert self._connection is not None  # noqa: S101
        found = self._connection.scalars(statement(self._family.sql["waits_checked"])).all()
        self._connection.rollback()
        return actor.number in found

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

    def checked(self, actor: Actor) -> bool:
        """Nobody looks later than at the first try."""
        del actor
        return True

    def _waits(self, thread: int) -> bool:
        times, sleeps = self._asleep(thread)
        return sleeps and times >= self._from.get(thread, 0)

    def end(self) -> None:
        """Nothing is to be given back."""
