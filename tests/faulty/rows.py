"""Faults in what comes back from the server."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from .fault import PYMYSQL, SERVERS, SQLITE, fault
from .layer import Connection, Cursor


@fault(
    "rowcount-one",
    "UPDATE or DELETE of no row reports one.",
    caught_by=(
        "flush.stale-update-raises",
        "flush.delete-missing-row-warns",
    ),
)
class RowcountOne(Cursor):
    def opened(self) -> None:
        self.writing = False

    def rewrite(self, sql: str) -> str | None:
        self.writing = sql.startswith(("UPDATE", "DELETE"))
        return sql

    @property
    def rowcount(self) -> int:
        count = int(self.real.rowcount)
        return 1 if self.writing and count == 0 else count


@fault(
    "rowcount-zero",
    "UPDATE and DELETE report no row.",
    caught_by=(
        "commit.flushes-pending",
        "commit.deleted-becomes-detached",
    ),
)
class RowcountZero(RowcountOne):
    @property
    def rowcount(self) -> int:
        return 0 if self.writing else int(self.real.rowcount)


@fault(
    "last-row-lost",
    "The last of several rows does not arrive.",
    caught_by=(
        "identity-map.weak-references",
        "detached-and-merge.merge-cascades",
    ),
)
class LastRowLost(Cursor):
    def rows(self, found: list[Any]) -> list[Any]:
        return found[:-1] if len(found) > 1 else found


@fault(
    "first-row-twice",
    "The first of several rows arrives twice.",
    caught_by=(
        "identity-map.weak-references",
        "detached-and-merge.merge-cascades",
    ),
)
class FirstRowTwice(Cursor):
    def rows(self, found: list[Any]) -> list[Any]:
        return [found[0], *found] if len(found) > 1 else found


@fault(
    "own-rows-unseen",
    "What this connection has just inserted is not there yet for a SELECT.",
    caught_by=(
        "commit.expires-every-object",
        "commit.reload-in-one-select",
    ),
)
class OwnRowsUnseen(Cursor):
    def opened(self) -> None:
        self.unseen = False

    def rewrite(self, sql: str) -> str | None:
        self.unseen = sql.startswith("SELECT account") and getattr(self.connection, "wrote", False)
        self.connection.wrote = sql.startswith("INSERT INTO account")
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        return [] if self.unseen else found


@fault(
    "select-cached",
    "A SELECT that was sent before is answered from memory.",
    caught_by=(
        "commit.reload-sees-others",
        "expiry-and-refresh.refresh-now",
    ),
)
class SelectCached(Connection):
    def opened(self) -> None:
        self.answers: dict[str, list[Any]] = {}

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return _Remembering(self.real.cursor(*arguments, **options), self)


class _Remembering(Cursor):
    def opened(self) -> None:
        self.asked: str | None = None

    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        mine = isinstance(operation, str) and operation.startswith("SELECT account")
        self.asked = repr((operation, arguments)) if mine else None
        return super().execute(operation, *arguments, **options)

    def rows(self, found: list[Any]) -> list[Any]:
        if self.asked is None:
            return found
        answer: list[Any] = self.connection.answers.setdefault(self.asked, found)
        return answer


@fault(
    "none-becomes-empty",
    "NULL arrives as an empty string.",
    over=SERVERS,
    caught_by=["values-round-trip.null/datetime"],
)
class NoneBecomesEmpty(Cursor):
    def rows(self, found: list[Any]) -> list[Any]:
        return [tuple("" if value is None else value for value in row) for row in found]


@fault(
    "numbers-as-text",
    "Integers arrive as text.",
    caught_by=(
        "commit.expires-every-object",
        "expiry-and-refresh.expire-then-load",
    ),
)
class NumbersAsText(Cursor):
    def opened(self) -> None:
        self.mine = False

    def rewrite(self, sql: str) -> str | None:
        self.mine = sql.startswith("SELECT account")
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        if not self.mine:
            return found
        return [tuple(str(v) if isinstance(v, int) else v for v in row) for row in found]


@fault(
    "microseconds-lost",
    "Dates and times are sent without their microseconds.",
    caught_by=(
        "identity-map.key-type-datetime",
        "detached-and-merge.merge-equal-no-update",
    ),
)
class MicrosecondsLost(Cursor):
    def execute(self, operation: Any, parameters: Any = (), **options: Any) -> Any:
        return super().execute(operation, _cut(parameters), **options)

    def executemany(self, operation: Any, parameters: Any, **options: Any) -> Any:
        return super().executemany(operation, [_cut(found) for found in parameters], **options)


def _cut(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return {name: _whole(value) for name, value in parameters.items()}
    if isinstance(parameters, (list, tuple)):
        return [_whole(value) for value in parameters]
    return parameters


def _whole(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.time):
        return value.replace(microsecond=0)
    # SQLAlchemy gives sqlite3 dates and times as text.
    if isinstance(value, str):
        return re.sub(r"(\d\d:\d\d:\d\d)\.\d{6}$", r"\1.000000", value)
    return value


@fault(
    "lastrowid-zero",
    "lastrowid is 0.",
    over=(SQLITE, *PYMYSQL),
    caught_by=("object-states.persistent",),
)
class LastrowidZero(Cursor):
    @property
    def lastrowid(self) -> int:
        return 0
