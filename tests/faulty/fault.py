"""The list of faults: what each one breaks, over which drivers, and which case catches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .layer import Connection, Cursor, Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SQLITE = "sqlite-pysqlite"
POSTGRESQL = "postgresql-psycopg"
MYSQL = "mysql-pymysql"
MARIADB = "mariadb-pymysql"

AIOSQLITE = "sqlite-aiosqlite"
ASYNCPG = "postgresql-asyncpg"
AIOMYSQL = "mysql-aiomysql"

SERVERS = (POSTGRESQL, MYSQL, MARIADB)
EVERYWHERE = (SQLITE, *SERVERS)
PYMYSQL = (MYSQL, MARIADB)
SQLITE_AND_POSTGRESQL = (SQLITE, POSTGRESQL)
ASYNC = (AIOSQLITE, ASYNCPG, AIOMYSQL)
GOOD = (*EVERYWHERE, *ASYNC)

HEALTHY = "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One broken rule.

    `over` are the good backends it is put on; `caught_by` the cases that must catch it on each of
    them, `also` those that must on single ones instead; `not_yet` the backends on which no case can
    so far, with the reason. `deadly` faults take a process or its time with them and are run on
    their own cases alone.
    """

    id: str
    what: str
    over: Sequence[str]
    connection: type[Connection]
    dialect: type[Dialect]
    caught_by: Sequence[str]
    also: dict[str, Sequence[str]]
    not_yet: dict[str, str]
    deadly: bool = False

    def backend(self, good: str) -> str:
        """Return the id of the backend that has this fault over a good one."""
        under = good if good in ASYNC else good.partition("-")[0]
        return f"{under}-faulty-{self.id}"

    def expected(self, good: str) -> Sequence[str]:
        """Return the cases that must catch this fault over a good backend."""
        return () if good in self.not_yet else self.also.get(good, self.caught_by)

    def kind(self, good: str) -> str:
        """Return which run shows it over a good backend: `caught`, `clean` or `deadly`."""
        if self.deadly:
            return "deadly"
        return "clean" if good in self.not_yet or self.id == HEALTHY else "caught"


FAULTS: dict[str, Fault] = {}

Layer = TypeVar("Layer", bound=type[Any])


def fault(
    name: str,
    what: str,
    *,
    over: Sequence[str] = EVERYWHERE,
    caught_by: Sequence[str] = (),
    also: Mapping[str, Sequence[str]] | None = None,
    not_yet: str | dict[str, str] | None = None,
    deadly: bool = False,
) -> Callable[[Layer], Layer]:
    """Put a layer on the list of faults: a `Connection`, a `Cursor` or a `Dialect`.

    Args:
        name: its id.
        what: what it breaks, a sentence.
        over: the good backends it is put on.
        caught_by: the cases that must catch it, on each of those.
        also: further good backends it is put on, with the cases that must catch it there.
        not_yet: why no case can; for single backends by id.
        deadly: it takes a process or its time with it.

    """
    if isinstance(not_yet, str):
        not_yet = dict.fromkeys(over, not_yet)

    def register(layer: Layer) -> Layer:
        connection: type[Connection] = Connection
        dialect: type[Dialect] = Dialect
        if issubclass(layer, Cursor):
            connection = type(layer.__name__, (Connection,), {"cursor_class": layer})
        elif issubclass(layer, Dialect):
            dialect = layer
        else:
            connection = layer
        FAULTS[name] = Fault(
            id=name, what=what, over=(*over, *(also or {})), connection=connection,
            dialect=dialect, caught_by=tuple(caught_by), also=dict(also or {}),
            not_yet=not_yet or {}, deadly=deadly,
        )  # fmt: skip
        return layer

    return register
