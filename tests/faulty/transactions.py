"""Faults in how transactions begin and end."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from typing import Any

from .fault import AIOSQLITE, ASYNCPG, MYSQL, POSTGRESQL, SERVERS, SQLITE, fault
from .fault import SQLITE_AND_POSTGRESQL as BOTH
from .layer import Connection, Cursor, Dialect


@fault(
    "rollback-commits",
    "rollback() commits instead.",
    caught_by=(
        "commit.later-rollback-is-separate",
        "opening-and-closing.with-block-never-commits",
    ),
)
class RollbackCommits(Connection):
    def rollback(self) -> None:
        self.real.commit()


@fault(
    "rollback-ignored",
    "rollback() does nothing.",
    caught_by=(
        "opening-and-closing.server-transaction-ended",
        "rollback.flushed-new-becomes-transient",
    ),
)
class RollbackIgnored(Connection):
    def rollback(self) -> None:
        pass


@fault(
    "commit-ignored",
    "commit() does nothing.",
    caught_by=(
        "commit.visible-elsewhere",
        "commit.flushes-pending",
    ),
    also={AIOSQLITE: ("async-session.basic-cycle",)},
)
class CommitIgnored(Connection):
    def commit(self) -> None:
        pass


@fault(
    "commit-rolls-back",
    "commit() rolls back instead.",
    caught_by=(
        "commit.visible-elsewhere",
        "commit.flushes-pending",
    ),
)
class CommitRollsBack(Connection):
    def commit(self) -> None:
        self.real.rollback()


@fault(
    "commit-late",
    "commit() is sent only when the connection is used again.",
    caught_by=(
        "commit.visible-elsewhere",
        "commit.flushes-pending",
    ),
)
class CommitLate(Connection):
    def opened(self) -> None:
        self.late = False

    def commit(self) -> None:
        self.late = True

    def rollback(self) -> None:
        if not self.late:
            self.real.rollback()

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        if self.late:
            self.real.commit()
            self.late = False
        return super().cursor(*arguments, **options)


@fault(
    "commit-error-swallowed",
    "commit() keeps the server's error to itself.",
    caught_by=("ladder.commit-error-stores-nothing/nested-with",),
)
class CommitErrorSwallowed(Connection):
    def commit(self) -> None:
        with suppress(Exception):
            self.real.commit()


@fault(
    "commit-raises-after",
    "commit() commits, then raises as if it had not.",
    over=(SQLITE,),
    caught_by=(
        "commit.visible-elsewhere",
        "commit.flushes-pending",
    ),
)
class CommitRaisesAfter(Connection):
    def commit(self) -> None:
        wrote = self.real.in_transaction
        self.real.commit()
        if wrote:
            raise sqlite3.OperationalError("the answer to COMMIT was lost")


@fault(
    "autocommit",
    "Each statement is committed at once.",
    caught_by=(
        "commit.invisible-before",
        "commit.later-rollback-is-separate",
    ),
)
class Autocommit(Connection):
    def opened(self) -> None:
        autocommit = getattr(self.real, "autocommit", None)
        if callable(autocommit):
            autocommit(True)
        elif hasattr(self.real, "isolation_level") and not hasattr(self.real, "info"):
            self.real.isolation_level = None
        else:
            self.real.autocommit = True


@fault(
    "isolation-level-unsent",
    "The isolation level is remembered and never sent.",
    over=SERVERS,
    caught_by=["isolation.autocommit-stores-at-once"],
)
class IsolationLevelUnsent(Dialect):
    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        _LEVELS[id(dbapi_connection.real)] = level

    def get_isolation_level(self, dbapi_connection: Any) -> str:
        before: str = super().get_isolation_level(dbapi_connection)  # type: ignore[misc]
        return _LEVELS.get(id(dbapi_connection.real), before)


_LEVELS: dict[int, str] = {}


@fault(
    "commit-hangs",
    "commit() after a write never returns.",
    over=(SQLITE, MYSQL),
    deadly=True,
    caught_by=("commit.visible-elsewhere",),
)
class CommitHangs(Connection):
    def opened(self) -> None:
        self.wrote = False

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return _Noting(self.real.cursor(*arguments, **options), self)

    def commit(self) -> None:
        if self.wrote:
            threading.Event().wait()
        self.real.commit()


class _Noting(Cursor):
    def rewrite(self, sql: str) -> str | None:
        if sql.startswith("INSERT INTO account"):
            self.connection.wrote = True
        return sql


@fault(
    "select-commits",
    "A SELECT commits what was written before it.",
    caught_by=(
        "commit.invisible-before",
        "rollback.pending-then-deleted",
    ),
)
class SelectCommits(Cursor):
    def rewrite(self, sql: str) -> str | None:
        if sql.startswith("SELECT"):
            self.connection.real.commit()
        return sql


@fault(
    "rollback-after-error-ignored",
    "rollback() after a statement that failed does nothing.",
    over=BOTH,
    caught_by=("rollback.recovery-keeps-session", "rollback.pooled-connection-stays-clean"),
)
class RollbackAfterErrorIgnored(Connection):
    def opened(self) -> None:
        self.failed = False

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return _Failing(self.real.cursor(*arguments, **options), self)

    def rollback(self) -> None:
        # The pool's reset sends a second one.
        if not self.failed:
            self.real.rollback()


class _Failing(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        self.connection.failed = True
        done = super().execute(operation, *arguments, **options)
        self.connection.failed = False
        return done


@fault(
    "end-of-reading-ignored",
    "commit() and rollback() do nothing where nothing was written.",
    over=(POSTGRESQL, MYSQL),
    caught_by=("opening-and-closing.table-locks-freed",),
)
class EndOfReadingIgnored(Connection):
    def opened(self) -> None:
        self.wrote = False

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return _Reading(self.real.cursor(*arguments, **options), self)

    def commit(self) -> None:
        if self.wrote:
            self.real.commit()
        self.wrote = False

    def rollback(self) -> None:
        if self.wrote:
            self.real.rollback()
        self.wrote = False


class _Reading(Cursor):
    def rewrite(self, sql: str) -> str | None:
        if not sql.startswith("SELECT"):
            self.connection.wrote = True
        return sql


@fault(
    "isolation-level-kept",
    "The isolation level of a transaction stays for those after it.",
    over=(POSTGRESQL, MYSQL),
    caught_by=(
        "isolation.restored-after-rollback-and-close/SERIALIZABLE-commit",
        "isolation.sub-engine-shares-pool/SERIALIZABLE",
    ),
    also={ASYNCPG: ("async-session.isolation-per-transaction/SERIALIZABLE",)},
)
class IsolationLevelKept(Dialect):
    def reset_isolation_level(self, _dbapi_connection: Any) -> None:
        pass


@fault(
    "serializable-weakened",
    "REPEATABLE READ is set where SERIALIZABLE was asked for.",
    over=(POSTGRESQL,),
    caught_by=("isolation.serializable-prevents-all/write-skew",),
)
class SerializableWeakened(Dialect):
    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        weaker = level.replace("SERIALIZABLE", "REPEATABLE READ")
        super().set_isolation_level(dbapi_connection, weaker)  # type: ignore[misc]


@fault(
    "autocommit-undetected",
    "A connection in AUTOCOMMIT is told from none.",
    over=(POSTGRESQL, MYSQL),
    caught_by=("isolation.autocommit-detected-without-network",),
)
class AutocommitUndetected(Dialect):
    def detect_autocommit_setting(self, _dbapi_connection: Any) -> bool:
        return False


@fault(
    "autocommit-undone",
    "AUTOCOMMIT is left at the first rollback().",
    over=(POSTGRESQL,),
    caught_by=("isolation.autocommit-ignores-rollback",),
)
class AutocommitUndone(Connection):
    def rollback(self) -> None:
        self.real.rollback()
        self.real.autocommit = False
