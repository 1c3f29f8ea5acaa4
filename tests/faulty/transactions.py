"""Faults in how transactions begin and end."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import suppress
from typing import Any

from .fault import MYSQL, SERVERS, SQLITE, fault
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
    "savepoint-rollback-ignored",
    "ROLLBACK TO SAVEPOINT does nothing.",
    over=SERVERS,
    caught_by=["capabilities.savepoints"],
)
class SavepointRollbackIgnored(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return None if sql.upper().startswith("ROLLBACK TO") else sql


@fault(
    "savepoint-release-commits",
    "RELEASE SAVEPOINT commits the whole transaction.",
    over=SERVERS,
    caught_by=["capabilities.savepoints"],
)
class SavepointReleaseCommits(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return "COMMIT" if sql.upper().startswith("RELEASE") else sql


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


class _WithoutPrepare(Cursor):
    def rewrite(self, sql: str) -> str | None:
        if re.match(r"PREPARE TRANSACTION|XA PREPARE", sql, re.IGNORECASE):
            return None
        if re.match(r"XA COMMIT", sql, re.IGNORECASE):
            return sql + " ONE PHASE"
        return re.sub(r"^(COMMIT|ROLLBACK) PREPARED.*", r"\1", sql)


@fault(
    "prepare-ignored",
    "PREPARE of a two-phase transaction does nothing, its COMMIT is a plain one.",
    over=SERVERS,
    caught_by=["two-phase.rollback-after-prepare", "two-phase.prepare-flushes"],
)
class PrepareIgnored(Connection):
    cursor_class = _WithoutPrepare

    def tpc_prepare(self) -> None:
        pass


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
