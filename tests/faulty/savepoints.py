"""Faults in savepoints and in two-phase commit."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from .fault import ASYNCPG, POSTGRESQL, SERVERS, fault
from .layer import Connection, Cursor, Dialect


@fault(
    "savepoint-rollback-ignored",
    "ROLLBACK TO SAVEPOINT does nothing.",
    over=SERVERS,
    caught_by=("savepoints.rollback-keeps-outer", "savepoints.inner-rollback-keeps-middle"),
    also={ASYNCPG: ("async-session.begin-nested",)},
)
class SavepointRollbackIgnored(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return None if sql.upper().startswith("ROLLBACK TO") else sql


@fault(
    "savepoint-release-commits",
    "RELEASE SAVEPOINT commits the whole transaction.",
    over=SERVERS,
    caught_by=("savepoints.release-is-not-commit", "savepoints.first-statement"),
)
class SavepointReleaseCommits(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return "COMMIT" if sql.upper().startswith("RELEASE") else sql


@fault(
    "savepoint-rollback-of-all",
    "ROLLBACK TO SAVEPOINT rolls the whole transaction back.",
    over=(POSTGRESQL,),
    caught_by=("savepoints.rollback-keeps-outer", "savepoints.duplicate-row-skipped"),
)
class SavepointRollbackOfAll(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return "ROLLBACK" if sql.upper().startswith("ROLLBACK TO") else sql


@fault(
    "savepoint-names-ignored",
    "ROLLBACK TO SAVEPOINT goes to the outermost savepoint, whichever it names.",
    over=(POSTGRESQL,),
    caught_by=("savepoints.inner-rollback-keeps-middle",),
)
class SavepointNamesIgnored(Cursor):
    def rewrite(self, sql: str) -> str | None:
        verb, _, name = sql.rpartition(" ")
        if verb == "SAVEPOINT" and not getattr(self.connection, "outermost", None):
            self.connection.outermost = name
        if verb == "RELEASE SAVEPOINT" and name == self.connection.outermost:
            self.connection.outermost = None
        return f"{verb} {self.connection.outermost}" if verb == "ROLLBACK TO SAVEPOINT" else sql


@fault(
    "savepoint-error-swallowed",
    "An error of SAVEPOINT, RELEASE or ROLLBACK TO is kept from the caller.",
    over=(POSTGRESQL,),
    caught_by=("savepoints.missing-savepoint-raises",),
)
class SavepointErrorSwallowed(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        if not re.match(r"SAVEPOINT|RELEASE|ROLLBACK TO", str(operation)):
            return super().execute(operation, *arguments, **options)
        with suppress(Exception):
            return super().execute(operation, *arguments, **options)


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
    caught_by=("two-phase.rollback-after-prepare", "two-phase.prepare-flushes"),
)
class PrepareIgnored(Connection):
    cursor_class = _WithoutPrepare

    def tpc_prepare(self) -> None:
        pass


@fault(
    "prepared-commit-ignored",
    "COMMIT of a prepared transaction does nothing.",
    over=SERVERS,
    caught_by=("two-phase.commit",),
)
class PreparedCommitIgnored(Dialect):
    def do_commit_twophase(
        self, connection: Any, xid: Any, is_prepared: bool = True, recover: bool = False
    ) -> None:
        if not is_prepared:
            super().do_commit_twophase(connection, xid, is_prepared, recover)  # type: ignore[misc]


@fault(
    "prepared-rollback-ignored",
    "ROLLBACK of a prepared transaction does nothing.",
    over=SERVERS,
    caught_by=("two-phase.rollback-after-prepare", "two-phase.close-leaves-no-orphan"),
)
class PreparedRollbackIgnored(Dialect):
    def do_rollback_twophase(
        self, connection: Any, xid: Any, is_prepared: bool = True, recover: bool = False
    ) -> None:
        if not is_prepared:
            super().do_rollback_twophase(  # type: ignore[misc]
                connection, xid, is_prepared, recover
            )
