"""A thin layer over a driver: passes everything on, and lets a fault change one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = ("real", "connection")


class Cursor:
    """A cursor that passes everything on to a real one.

    A fault overrides `rewrite` to change what is sent, `rows` to change what comes back, or the
    method that it breaks.
    """

    def __init__(self, real: Any, connection: Any) -> None:
        self.real = real
        self.connection = connection
        self.opened()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # What the real object knows is meant for it; the rest is a fault's own memory.
        mine = name in OWN or not hasattr(self.real, name)
        if mine:
            object.__setattr__(self, name, value)
        else:
            setattr(self.real, name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows(list(self.real)))

    def opened(self) -> None:
        """Do what the fault does to a new cursor."""

    def rewrite(self, sql: str) -> str | None:
        """Return what is really sent for a statement, None for nothing at all."""
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        """Return what is handed out of the rows that came."""
        return found

    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        """Send a statement, as the fault wants it."""
        sent = self.rewrite(operation) if isinstance(operation, str) else operation
        return None if sent is None else self.real.execute(sent, *arguments, **options)

    def executemany(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        """Send a statement once for each set of parameters, as the fault wants it."""
        sent = self.rewrite(operation) if isinstance(operation, str) else operation
        return None if sent is None else self.real.executemany(sent, *arguments, **options)

    def fetchone(self) -> Any:
        """Hand out the next row."""
        row = self.real.fetchone()
        return None if row is None else next(iter(self.rows([row])), None)

    def fetchmany(self, *arguments: Any) -> list[Any]:
        """Hand out the next rows."""
        return self.rows(list(self.real.fetchmany(*arguments)))

    def fetchall(self) -> list[Any]:
        """Hand out the rows that are left."""
        return self.rows(list(self.real.fetchall()))

    def close(self) -> None:
        """Close the real cursor."""
        self.real.close()


class Connection:
    """A connection that passes everything on to a real one."""

    cursor_class: ClassVar[type[Cursor]] = Cursor

    def __init__(self, real: Any) -> None:
        self.real = real
        self.opened()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # What the real object knows is meant for it; the rest is a fault's own memory.
        mine = name in OWN or not hasattr(self.real, name)
        if mine:
            object.__setattr__(self, name, value)
        else:
            setattr(self.real, name, value)

    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        """Connect through the real driver."""
        return cls(driver.connect(*arguments, **options))

    def opened(self) -> None:
        """Do what the fault does to a new connection."""

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        """Return a cursor of the fault's kind."""
        return self.cursor_class(self.real.cursor(*arguments, **options), self)

    def commit(self) -> None:
        """Commit."""
        self.real.commit()

    def rollback(self) -> None:
        """Roll back."""
        self.real.rollback()

    def close(self) -> None:
        """Close the real connection."""
        self.real.close()


class Driver:
    """A driver's module, with connections of the fault's kind."""

    def __init__(self, real: Any, connection_class: type[Connection]) -> None:
        self.real = real
        self.connection_class = connection_class

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def connect(self, *arguments: Any, **options: Any) -> Connection:
        """Connect, and put the layer over the connection."""
        return self.connection_class.connect(self.real, *arguments, **options)


class Dialect:
    """What a fault of the layer above the driver overrides in SQLAlchemy's dialect."""
