"""Results as a real run would write them, made up from a seed: the same seed, the same bytes."""

from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING, Any

from session_conformance.results import (
    BackendRecord,
    CaseRecord,
    Declared,
    Detail,
    End,
    Record,
    Result,
    Results,
    Run,
    TraceRecord,
    dump,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASES = {
    "sqlite": ("SQLite", "3.46.1", ["pysqlite", "aiosqlite", "apsw"]),
    "postgresql": ("PostgreSQL", "18.1", ["psycopg", "asyncpg", "pg8000", "psycopg2"]),
    "mysql": ("MySQL", "9.7.0", ["pymysql", "mysqlclient", "aiomysql", "asyncmy"]),
    "mariadb": ("MariaDB", "11.8.2", ["pymysql", "mysqlclient", "mariadb", "aiomysql"]),
}
TITLES = {"pymysql": "PyMySQL"}
CHAPTERS = ["opening", "commit", "rollback", "autoflush", "expiry", "identity", "states", "locks"]
WORDS = {
    "what": ["expires-all-attributes", "flushes-first", "ends-the-transaction", "gives-back"],
    "when": ["after-error", "on-close", "in-savepoint", "when-nested", "twice", "on-return"],
}
CODE = """@promise(
    "{id}",
    "{text}",
    docs="{docs}",
)
def test_{name}(db: Database) -> None:
    with db.session() as session:
        account = Account(owner="Ann", balance=100)
        session.add(account)
        session.commit()

        with db.watch() as sql:
            assert account.balance == 100

        assert sql.verbs == ["SELECT"]
"""


def sample(cases: int = 24, drivers: int = 1, seed: int = 7) -> Results:
    """Return a complete run of `cases` cases on four databases with `drivers` drivers each."""
    return Results.of(records(cases, drivers, seed))


def text_of(results: Results) -> str:
    """Return the results file that reads as `results`."""
    order: list[Record] = [
        results.run,
        *results.backends,
        *results.cases,
        *results.traces.values(),
        *results.results,
    ]
    if results.end is not None:
        order.append(results.end)
    return "".join(f"{dump(record)}\n" for record in order)


def records(cases: int, drivers: int, seed: int) -> Iterator[Record]:
    """Yield the records of a run in the order in which they are written."""
    chance = random.Random(seed)  # noqa: S311  no secret
    yield Run(
        id="2026-11-22T12-10-47Z",
        started="2026-11-22T12:10:47+00:00",
        suite="0.1.0",
        suite_hash="5d1f0c9e",
        sqlalchemy="2.1.0",
        python="3.13.5",
        platform="Linux-6.12-x86_64",
        argv=["run", "--servers", "docker"],
        jobs=2,
    )
    backends = list(_backends(drivers))
    yield from backends
    made = [_case(number, cases, chance) for number in range(cases)]
    yield from made
    count = 0
    seen: set[str] = set()
    code = 0
    for case in made:
        variants: list[str | None] = [*case.variants] or [None]
        for variant in variants:
            for backend in backends:
                trace, result = _cell(case, variant, backend, chance)
                if trace.id not in seen:
                    seen.add(trace.id)
                    yield trace
                count += 1
                code = code or int(result.verdict != "expected")
                yield result
    yield End(results=count, complete=True, seconds=41.7, exit_code=code)


def _backends(drivers: int) -> Iterator[BackendRecord]:
    for database, (name, version, names) in DATABASES.items():
        for driver in [
            names[n % len(names)] + (str(n) if n >= len(names) else "") for n in range(drivers)
        ]:
            yield BackendRecord(
                id=f"{database}-{driver}",
                title=TITLES.get(driver, driver),
                database=database,
                database_title=name,
                driver=driver,
                reached=True,
                is_async=driver.startswith("a") and driver != "apsw",
                way="memory" if database == "sqlite" else "docker",
                detail=None if database == "sqlite" else f"{database} in a container",
                url=f"{database}+{driver}://conformance:***@127.0.0.1/conformance",
                server_version=version,
                driver_version="1.4.2",
                default_isolation_level="SERIALIZABLE"
                if database == "sqlite"
                else "READ COMMITTED",
                isolation_levels=["READ COMMITTED", "SERIALIZABLE"],
                capabilities={"savepoints": True, "row_locks": database != "sqlite"},
                source=f"backends/{database}-{driver}.toml",
            )


def _case(number: int, cases: int, chance: random.Random) -> CaseRecord:
    chapter = CHAPTERS[number * len(CHAPTERS) // cases]
    name = f"{chance.choice(WORDS['what'])}-{chance.choice(WORDS['when'])}-{number}"
    question = number % 9 == 8
    identity = f"{chapter}.{name}"
    text = (
        "Two Sessions change one row. What becomes of the first change?"
        if question
        else (
            "After commit() no column of a persistent object is trusted: the next read selects it."
        )
    )
    docs = "orm/session_basics.html#committing"
    code = CODE.format(id=identity, text=text, docs=docs, name=name.replace("-", "_"))
    return CaseRecord(
        id=identity,
        what="question" if question else "promise",
        chapter=chapter,
        text=text,
        docs=docs,
        source=f"suite/{chapter}/test_{chapter}.py:{10 + number}",
        code=code,
        needs=["row_locks"] if number % 11 == 5 else [],
        answers={"lost": "The first change is gone.", "refused": "One must start again."}
        if question
        else {},
        variants=["read-committed", "serializable"] if question else [],
    )


def _cell(
    case: CaseRecord, variant: str | None, backend: BackendRecord, chance: random.Random
) -> tuple[TraceRecord, Result]:
    seconds = round(0.002 + chance.random() * 0.04, 4)
    number = int(case.id.rsplit("-", 1)[1])
    last = backend.driver in ("pg8000", "aiomysql") or backend.id == "mariadb-pymysql"
    common: dict[str, Any] = {
        "case": case.id,
        "backend": backend.id,
        "variant": variant,
        "seconds": seconds,
    }
    if case.needs and not backend.capabilities["row_locks"]:
        trace = _trace(backend, broken=False, work=number)
        return trace, Result(**common, outcome="unsupported", verdict="expected", needs="row_locks")
    if case.what == "question":
        trace = _trace(backend, broken=False, work=number)
        lost = backend.database in ("sqlite", "mariadb") or variant == "read-committed"
        answer = "lost" if lost else "refused"
        return trace, Result(
            **common, outcome="answered", verdict="expected", answer=answer, trace=trace.id
        )
    broken = last and number % 10 in (3, 7)
    trace = _trace(backend, broken=broken, work=number)
    if not broken:
        return trace, Result(**common, outcome="passed", verdict="expected", trace=trace.id)
    declared = Declared(
        outcome="failed",
        cause="driver" if number % 2 else "database",
        why="rowcount is -1 for UPDATE … RETURNING",
        source="https://example.org/driver/issues/12",
    )
    return trace, Result(
        **common,
        outcome="failed",
        verdict="expected" if number % 10 == 3 else "undeclared",
        declared=declared if number % 10 == 3 else None,
        trace=trace.id,
        detail=_detail(case),
    )


def _detail(case: CaseRecord) -> Detail:
    return Detail(
        kind="assertion",
        message="assert ['SELECT', 'SELECT'] == ['SELECT']",
        where=case.source,
        line="        assert sql.verbs == ['SELECT']",
        explanation=["expected  SELECT", "got       SELECT  SELECT"],
        traceback="def test_it(db):\n>   assert sql.verbs == ['SELECT']\nE   AssertionError",
    )


def _trace(backend: BackendRecord, *, broken: bool, work: int) -> TraceRecord:
    sign = {"sqlite": "?", "postgresql": "%(balance)s::INTEGER"}.get(backend.database, "%s")
    quote = "`" if backend.database in ("mysql", "mariadb") else ""
    account = f"{quote}account{quote}"
    returning = " RETURNING account.id" if backend.database == "postgresql" else ""
    values = "{'owner': 'Ann', 'balance': 100}" if "%(" in sign else "('Ann', 100)"
    columns = "account.id, account.owner, account.balance"
    select = f"SELECT {columns} \nFROM {account} \nWHERE account.id = {sign}"
    events: list[list[Any]] = [
        ["main", "check-out", None, None, None, None],
        ["main", "begin", None, None, None, None],
        [
            "main",
            "sql",
            f"INSERT INTO {account} (owner, balance) VALUES ({sign}, {sign}){returning}",
            values,
            1,
            None,
        ],
    ]
    events += [["main", "sql", select, f"({n + 1},)", -1, None] for n in range(work % 5)]
    events.append(["main", "commit", None, None, None, None])
    events.append(["main", "sql", select, "(1,)", -1, None])
    if broken:
        events.append(["main", "sql", select, "(1,)", -1, "OperationalError: server closed\nagain"])
    events.append(["main", "rollback", None, None, None, None])
    events.append(["main", "check-in", None, None, None, None])
    digest = hashlib.sha256(json.dumps(events).encode()).hexdigest()[:12]
    return TraceRecord(id=f"t:{digest}", events=events)
