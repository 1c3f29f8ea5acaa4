"""Faults in what is sent to the server."""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar

from .fault import ASYNC, POSTGRESQL, SERVERS, SQLITE, fault
from .layer import Connection, Cursor


@fault("healthy", "Nothing: everything is passed on.", also=dict.fromkeys(ASYNC, ()))
class Healthy(Cursor):
    pass


@fault(
    "for-update-dropped",
    "FOR UPDATE is cut off the SQL.",
    over=SERVERS,
    caught_by=["pessimistic-locking.refresh-for-update"],
)
class ForUpdateDropped(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return re.sub(r"\s+FOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b.*", "", sql)


class _WithoutPragma(Cursor):
    def rewrite(self, sql: str) -> str | None:
        return None if sql.startswith("PRAGMA foreign_keys") else sql


@fault(
    "foreign-keys-off",
    "Foreign keys are not enforced.",
    caught_by=["capabilities.fk-enforcement"],
)
class ForeignKeysOff(Connection):
    cursor_class = _WithoutPragma
    by_driver: ClassVar[dict[str, str]] = {
        "psycopg": "SET session_replication_role = replica",
        "pymysql": "SET foreign_key_checks = 0",
    }

    def opened(self) -> None:
        sql = self.by_driver.get(type(self.real).__module__.partition(".")[0])
        if sql:
            cursor = self.real.cursor()
            cursor.execute(sql)
            cursor.close()
            self.real.commit()


@fault(
    "update-ignored",
    "UPDATE is not sent, and reports one row.",
    caught_by=(
        "commit.flushes-pending",
        "commit.core-dml-waits",
    ),
)
class UpdateIgnored(Cursor):
    def opened(self) -> None:
        self.ignored = False

    def rewrite(self, sql: str) -> str | None:
        self.ignored = sql.startswith("UPDATE")
        return None if self.ignored else sql

    @property
    def rowcount(self) -> int:
        return 1 if self.ignored else int(self.real.rowcount)


@fault(
    "delete-ignored",
    "DELETE is not sent, and reports one row.",
    caught_by=(
        "commit.deleted-becomes-detached",
        "object-states.deleted",
    ),
)
class DeleteIgnored(UpdateIgnored):
    def rewrite(self, sql: str) -> str | None:
        self.ignored = sql.startswith("DELETE")
        return None if self.ignored else sql


@fault(
    "batch-cut-short",
    "executemany() sends the first set of parameters only.",
    caught_by=(
        "rollback.undoes-text-and-bulk",
        "commit.failed-flush-stores-nothing",
    ),
)
class BatchCutShort(Cursor):
    def executemany(self, operation: Any, parameters: Any, *arguments: Any, **options: Any) -> Any:
        return super().executemany(operation, list(parameters)[:1], *arguments, **options)


@fault(
    "insert-crashes",
    "An INSERT ends the process.",
    over=(SQLITE, POSTGRESQL),
    deadly=True,
    caught_by=("commit.visible-elsewhere",),
)
class InsertCrashes(Cursor):
    def rewrite(self, sql: str) -> str | None:
        if sql.startswith("INSERT INTO account"):
            os.abort()
        return sql
