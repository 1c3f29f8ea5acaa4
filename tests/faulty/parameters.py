"""Faults in how a statement's text and its parameters are put together."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from .fault import AIOSQLITE, POSTGRESQL, fault
from .fault import SQLITE_AND_POSTGRESQL as BOTH
from .layer import Cursor

MOST = 250


@fault(
    "percent-doubled",
    "A % in a statement's text reaches the server twice.",
    over=BOTH,
    caught_by=("queries.percent-colon-and-marks", "flush.odd-identifiers"),
)
class PercentDoubled(Cursor):
    def rewrite(self, sql: str) -> str | None:
        # With psycopg's placeholders a single one is written as two.
        one = "%" if isinstance(self.connection.real, sqlite3.Connection) else "%%"
        return sql.replace(one, one * 2)


@fault(
    "repeated-name-misplaced",
    "A parameter that is named twice leaves its second place to the next one.",
    over=(POSTGRESQL,),
    caught_by=("queries.repeated-bind-name",),
)
class RepeatedNameMisplaced(Cursor):
    def rewrite(self, sql: str) -> str | None:
        places = re.findall(r"%\((\w+)\)s", sql)
        names = list(dict.fromkeys(places))
        order = iter([*names, *names[-1:] * (len(places) - len(names))])
        return re.sub(r"%\(\w+\)s", lambda _: f"%({next(order)})s", sql)


@fault(
    "parameters-cut",
    "NULL is sent for each parameter beyond the 250th.",
    over=BOTH,
    caught_by=("queries.large-in-list", "flush.wide-rows-over-parameter-limit"),
)
class ParametersCut(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        changed = [_cut(given) for given in arguments[:1]]
        return super().execute(operation, *changed, *arguments[1:], **options)


def _cut(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return dict(zip(parameters, _cut(list(parameters.values())), strict=True))
    given = list(parameters)
    return [*given[:MOST], *[None] * (len(given) - MOST)]


@fault(
    "null-decides-column",
    "Where the first row of a batch has NULL, all its rows have.",
    over=BOTH,
    caught_by=("bulk-and-dml.mixed-none-and-types",),
)
class NullDecidesColumn(Cursor):
    def executemany(self, operation: Any, parameters: Any, *arguments: Any, **options: Any) -> Any:
        given = list(parameters)
        return super().executemany(
            operation, [_like(given[0], found) for found in given], *arguments, **options
        )


def _like(first: Any, row: Any) -> Any:
    if isinstance(row, dict):
        return {name: None if first[name] is None else value for name, value in row.items()}
    return [None if one is None else value for one, value in zip(first, row, strict=True)]


@fault(
    "statement-for-all-parameters",
    "A SELECT is answered as it was for the parameters that came first, on any connection.",
    over=BOTH,
    caught_by=("pooling.thread-safety-under-load", "queries.repeated-bind-name"),
    also={AIOSQLITE: ("async-session.one-session-many-tasks",)},
)
class StatementForAllParameters(Cursor):
    def opened(self) -> None:
        self.asked: str | None = None

    def rewrite(self, sql: str) -> str | None:
        self.asked = sql if sql.startswith("SELECT") and "FROM account" in sql else None
        return sql

    def rows(self, found: list[Any]) -> list[Any]:
        if self.asked is None or not found:
            return found
        return _ANSWERS.setdefault((type(self.connection), self.asked), found)


_ANSWERS: dict[tuple[type[Any], str], list[Any]] = {}


@fault(
    "batch-error-swallowed",
    "executemany() stops at a row that is refused, and raises nothing.",
    over=BOTH,
    caught_by=("bulk-and-dml.insert-failure-in-batch", "flush.bulk-failure-is-atomic"),
)
class BatchErrorSwallowed(Cursor):
    def executemany(self, operation: Any, parameters: Any, *arguments: Any, **options: Any) -> Any:
        for given in parameters:
            try:
                super().execute(operation, given, *arguments, **options)
            except Exception:
                return
