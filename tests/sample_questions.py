"""A run that asked questions: two phenomena at each level, and two troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from session_conformance.contract import RAISED
from session_conformance.phenomenon import PHENOMENON
from session_conformance.results import (
    BackendRecord,
    CaseRecord,
    End,
    Record,
    Result,
    Results,
    Run,
    TraceRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED, ERROR, WAITS, VERSION = PHENOMENON
#: Backend to its title, level to the answers for lost update (statements, objects) and read skew.
ANSWERS: dict[str, dict[str, tuple[str, str, str]]] = {
    "sqlite-pysqlite": {
        "SERIALIZABLE": (ALLOWED, ALLOWED, WAITS),
        "SERIALIZABLE, WAL": (ALLOWED, ERROR, VERSION),
    },
    "sqlite-begin": {
        "SERIALIZABLE": (ERROR, ERROR, WAITS),
        "SERIALIZABLE, WAL": (ERROR, ERROR, VERSION),
    },
    "postgresql-psycopg": {
        "READ COMMITTED": (ALLOWED, ALLOWED, ALLOWED),
        "SERIALIZABLE": (ERROR, ERROR, VERSION),
    },
    "postgresql-asyncpg": {
        "READ COMMITTED": (ALLOWED, ALLOWED, ALLOWED),
    },
    "mariadb-pymysql": {
        "REPEATABLE READ": (ERROR, ERROR, VERSION),
        "REPEATABLE READ, no-snapshot-isolation": (ALLOWED, ALLOWED, VERSION),
    },
    "duckdb-engine": {"only level": (ERROR, ERROR, VERSION)},
}
DEFAULTS = {
    "sqlite": "SERIALIZABLE",
    "postgresql": "READ COMMITTED",
    "mariadb": "REPEATABLE READ",
    "duckdb": None,
}
TITLES = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mariadb": "MariaDB",
    "duckdb": "DuckDB",
}
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT"]
LOST, SKEW = "isolation.p4-lost-update", "isolation.g-single-read-skew"
READ, WRITE = "SELECT account.balance FROM account", "UPDATE account SET balance=?"


def questions() -> Results:
    """Return the run."""
    return Results.of(_records())


def _records() -> Iterator[Record]:
    yield Run(
        id="2026-11-22T12-10-47Z",
        started="2026-11-22T12:10:47+00:00",
        suite="0.1.0",
        suite_hash="5d1f0c9e",
        sqlalchemy="2.1.0",
        python="3.13.5",
        platform="Linux-6.12-x86_64",
        argv=["run"],
        jobs=2,
    )
    for name in ANSWERS:
        database, _, driver = name.partition("-")
        yield BackendRecord(
            id=name,
            title=driver,
            database=database,
            database_title=TITLES[database],
            driver=driver,
            reached=True,
            default_isolation_level=DEFAULTS[database],
            isolation_levels=LEVELS if DEFAULTS[database] else [],
        )
    yield _case(LOST, "Can two both write one more than the value that both read (P4)?")
    yield _case(SKEW, "Can a transaction read one row from before a commit, one from after it?")
    for trouble in ("deadlock", "constraint"):
        yield CaseRecord(
            id=f"error-contract.{trouble}",
            what="question",
            chapter="error-contract",
            text=f"What is raised, {trouble}?",
            docs="",
            source="",
            code="",
            answers=RAISED,
        )
    count = 0
    for one in (*_phenomena(), *_troubles()):
        count += isinstance(one, Result)
        yield one
    yield End(results=count, complete=True, seconds=1.0, exit_code=0)


def _case(name: str, text: str) -> CaseRecord:
    return CaseRecord(
        id=name,
        what="question",
        chapter="isolation",
        text=text,
        docs="",
        source="",
        code="",
        answers=PHENOMENON,
    )


def _phenomena() -> Iterator[Record]:
    for backend, by_level in ANSWERS.items():
        for level, (dml, uow, skew) in by_level.items():
            for case, way, answer in ((LOST, "dml-", dml), (LOST, "uow-", uow), (SKEW, "", skew)):
                trace = play(f"t:{backend}-{case}-{way}{level}", answer)
                yield trace
                yield Result(
                    case=case,
                    backend=backend,
                    variant=f"{way}{level}",
                    outcome="answered",
                    verdict="expected",
                    answer=answer,
                    trace=trace.id,
                )


def play(name: str, answer: str) -> TraceRecord:
    """Return a trace of two sessions in which a lock is waited for where the answer says so."""
    error = "OperationalError: database is locked" if answer == ERROR else None
    rows = None if error else 1
    events: list[list[Any]] = [
        ["T1", "check-out", None, None, None, None],
        ["T1", "begin", None, None, None, None],
        ["T2", "begin", None, None, None, None],
        ["T1", "sql", READ, None, -1, None],
        ["T2", "sql", READ, None, -1, None],
        ["T1", "sql", WRITE, "(11,)", 1, None],
        ["T2", "sql", WRITE, "(11,)", rows, error],
    ]
    if answer in (WAITS, ERROR):
        events.append(["main", "note", "T2 waits for T1", None, None, None])
    events += [
        ["T1", "commit", None, None, None, None],
        ["T1", "check-in", None, None, None, None],
        ["T2", "rollback" if error else "commit", None, None, None, None],
        ["T2", "close", None, None, None, None],
    ]
    return TraceRecord(id=name, events=events)


def _troubles() -> Iterator[Record]:
    for backend in ANSWERS:
        for case, variant in (
            ("error-contract.constraint", "unique"),
            ("error-contract.deadlock", None),
        ):
            odd = backend == "postgresql-asyncpg" and variant is None
            yield Result(
                case=case,
                backend=backend,
                variant=variant,
                outcome="answered",
                verdict="expected",
                answer="dbapi-error" if odd else "operational-error",
                facts={"number": 1213, "invalidated": False, "works_after_rollback": True},
            )
