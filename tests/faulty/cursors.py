"""Faults in how rows are fetched, and in what a cursor tells of its statement."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from .fault import AIOSQLITE, MYSQL, fault
from .fault import SQLITE_AND_POSTGRESQL as BOTH
from .layer import Connection, Cursor


@fault(
    "fetchmany-drops-rest",
    "fetchmany() gives its rows and throws the others away.",
    over=BOTH,
    caught_by=("queries.statement-while-result-open", "queries.cursor-released-at-end"),
    also={AIOSQLITE: ("async-session.stream-complete/7",)},
)
class FetchmanyDropsRest(Cursor):
    def fetchmany(self, *arguments: Any) -> list[Any]:
        found = super().fetchmany(*arguments)
        self.real.fetchall()
        return found


@fault(
    "unread-rows-left",
    "Rows that nobody read come before those of the connection's next statement.",
    over=BOTH,
    caught_by=("queries.hundreds-of-partial-reads", "pooling.checkin-with-open-cursor"),
    also={AIOSQLITE: ("async-session.stream-abandoned/close",)},
)
class UnreadRowsLeft(Connection):
    def opened(self) -> None:
        self.last: Any = None

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        last, cursor = self.last, _Left(self.real.cursor(*arguments, **options), self)
        cursor.left = last.rest() if last else []
        self.last = cursor
        return cursor


class _Left(Cursor):
    def opened(self) -> None:
        self.left: list[Any] = []
        self.unread: list[Any] = []

    def rewrite(self, sql: str) -> str | None:
        if not sql.startswith("SELECT"):
            self.left = []
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        left, self.left = self.left, []
        return [*left, *found]

    def rest(self) -> list[Any]:
        with suppress(Exception):
            self.unread += self.real.fetchall()
        return self.unread

    def close(self) -> None:
        self.rest()
        super().close()


@fault(
    "fetch-error-ends-rows",
    "An error that comes while rows are fetched ends them, as if there were no more.",
    over=BOTH,
    caught_by=("constraints-and-errors.error-on-fetch",),
)
class FetchErrorEndsRows(Cursor):
    def fetchone(self) -> Any:
        with suppress(Exception):
            return super().fetchone()

    def fetchmany(self, *arguments: Any) -> list[Any]:
        with suppress(Exception):
            return super().fetchmany(*arguments)
        return []

    def fetchall(self) -> list[Any]:
        with suppress(Exception):
            return super().fetchall()
        return []


@fault(
    "fetch-error-bare",
    "An error that comes while rows are fetched is none of the driver's classes.",
    over=BOTH,
    caught_by=("constraints-and-errors.error-on-fetch",),
)
class FetchErrorBare(Cursor):
    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except Exception as error:
            raise RuntimeError(str(error)) from None

    def fetchmany(self, *arguments: Any) -> list[Any]:
        try:
            return super().fetchmany(*arguments)
        except Exception as error:
            raise RuntimeError(str(error)) from None

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except Exception as error:
            raise RuntimeError(str(error)) from None


@fault(
    "key-of-next-row",
    "The key that an INSERT generated is told one too high.",
    over=(*BOTH, MYSQL),
    caught_by=("generated-values.key-belongs-to-row", "generated-values.inserted-primary-key"),
)
class KeyOfNextRow(Cursor):
    def opened(self) -> None:
        self.returning = False

    def rewrite(self, sql: str) -> str | None:
        self.returning = bool(re.match(r"INSERT\b.*\bRETURNING\b", sql, re.DOTALL))
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        if not self.returning:
            return found
        return [(_next(row[0]), *row[1:]) for row in found]

    @property
    def lastrowid(self) -> Any:
        return _next(self.real.lastrowid)


def _next(key: Any) -> Any:
    return key + 1 if isinstance(key, int) else key


@fault(
    "rowcount-unknown",
    "rowcount is -1.",
    over=BOTH,
    caught_by=("bulk-and-dml.update-rowcount", "bulk-and-dml.text-rowcount/update"),
)
class RowcountUnknown(Cursor):
    @property
    def rowcount(self) -> int:
        return -1


@fault(
    "rowcount-of-changed",
    "rowcount leaves out rows that held the new values already.",
    over=(MYSQL,),
    caught_by=("flush.matched-not-changed", "bulk-and-dml.update-rowcount-unchanged"),
)
class RowcountOfChanged(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        found_rows = driver.constants.CLIENT.FOUND_ROWS
        options["client_flag"] = options.get("client_flag", 0) & ~found_rows
        return super().connect(driver, *arguments, **options)
