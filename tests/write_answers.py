"""Writes backends/answers/ from a run: `python -m tests.write_answers RESULTS`.

What was answered on each database becomes what is expected there, beside the page of the database's
own documentation that speaks of it. Whoever runs it reads the differences before they are kept: an
answer that the page does not bear out is a finding, not an expectation.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from session_conformance.backend import known
from session_conformance.results import read

from .faulty.command import ROOT

if TYPE_CHECKING:
    from session_conformance.results import Results

FOLDER = ROOT / "backends" / "answers"

#: File of answers to the backend whose answers it holds, and the head of the file.
FILES = {
    "sqlite": ("sqlite-pysqlite-begin", "SQLite, where a transaction begins with BEGIN"),
    "sqlite-late-begin": (
        "sqlite-pysqlite",
        "SQLite through Python's sqlite3, which begins a transaction before the first write only",
    ),
    "postgresql": ("postgresql-psycopg", "PostgreSQL"),
    "mysql": ("mysql-pymysql", "MySQL"),
    "mariadb": ("mariadb-pymysql", "MariaDB"),
}

PG = "https://www.postgresql.org/docs/18/"
PG_ROWS = f"13.3.2 Row-Level Locks, {PG}explicit-locking.html#LOCKING-ROWS"
MY = "https://dev.mysql.com/doc/refman/9.4/en/"
MA = "https://mariadb.com/docs/server/"
#: Where a database's documentation speaks of a question; the first pattern that fits counts.
SOURCES: dict[str, list[tuple[str, str]]] = {
    "postgresql": [
        ("concurrency.deadlock*", f"13.3.4 Deadlocks, {PG}explicit-locking.html#LOCKING-DEADLOCKS"),
        ("concurrency.upsert*", f"INSERT, ON CONFLICT, {PG}sql-insert.html#SQL-ON-CONFLICT"),
        ("concurrency.unique*", f"Index Uniqueness Checks, {PG}index-unique-checks.html"),
        ("concurrency.*", PG_ROWS),
        ("pessimistic-locking.*", PG_ROWS),
        ("error-contract.*", f"Appendix A, PostgreSQL Error Codes, {PG}errcodes-appendix.html"),
        ("*", f"13.2 Transaction Isolation, {PG}transaction-iso.html"),
    ],
    "mysql": [
        ("concurrency.deadlock*", f"17.7.5 Deadlocks in InnoDB, {MY}innodb-deadlocks.html"),
        ("concurrency.*", f"17.7.3 Locks Set by Statements, {MY}innodb-locks-set.html"),
        ("pessimistic-locking.*", f"17.7.2.4 Locking Reads, {MY}innodb-locking-reads.html"),
        ("*for-update*", f"17.7.2.4 Locking Reads, {MY}innodb-locking-reads.html"),
        ("error-contract.*", "Server Error Message Reference, "
         "https://dev.mysql.com/doc/mysql-errors/9.4/en/server-error-reference.html"),
        ("isolation.visibility*", f"17.7.2.3 Consistent Reads, {MY}innodb-consistent-read.html"),
        ("*", f"17.7.2.1 Isolation Levels, {MY}innodb-transaction-isolation-levels.html"),
    ],
    "mariadb": [
        ("concurrency.deadlock*", f"InnoDB Lock Modes, {MA}server-usage/storage-engines/innodb/"
         "innodb-lock-modes"),
        ("*for-update*", f"FOR UPDATE, {MA}reference/sql-statements/data-manipulation/"
         "selecting-data/for-update"),
        ("pessimistic-locking.*", f"FOR UPDATE, {MA}reference/sql-statements/data-manipulation/"
         "selecting-data/for-update"),
        ("error-contract.*", f"Error Codes, {MA}reference/error-codes/"
         "mariadb-error-code-reference"),
        ("*", f"SET TRANSACTION, and innodb_snapshot_isolation in InnoDB System Variables, {MA}"
         "reference/sql-statements/administrative-sql-statements/set-commands/set-transaction"),
    ],
    "sqlite": [
        ("error-contract.*", "Result Codes, https://www.sqlite.org/rescode.html"),
        ("*", "Isolation In SQLite, https://www.sqlite.org/isolation.html, and File Locking And "
         "Concurrency, https://www.sqlite.org/lockingv3.html"),
    ],
    "sqlite-late-begin": [
        ("error-contract.*", "Result Codes, https://www.sqlite.org/rescode.html"),
        ("*", "sqlite3, Transaction control, "
         "https://docs.python.org/3/library/sqlite3.html#transaction-control"),
    ],
}  # fmt: skip


def source(file: str, case: str) -> str:
    """Return where the documentation speaks of a question."""
    return next(told for pattern, told in SOURCES[file] if fnmatchcase(case, pattern))


def text(results: Results, file: str) -> str | None:
    """Return the text of a file of answers, None where the run did not have its backend."""
    backend, title = FILES[file]
    by_case: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for result in results.results:
        if result.backend == backend and result.answer is not None:
            by_case[result.case][result.answer].append(result.variant or "")
    if not by_case:
        return None
    lines = [f"# {title}: the answers that its documentation lets one expect. Written by"]
    lines += ["# `python -m tests.write_answers`, and read before they were kept."]
    for case in sorted(by_case):
        answers = by_case[case]
        lines += ["", f"[{quoted(case)}]", f"source = {quoted(source(file, case))}"]
        for answer in sorted(answers):
            variants = ["*"] if len(answers) == 1 else sorted(answers[answer])
            lines += [f"answers.{answer} = [{', '.join(quoted(one) for one in variants)}]"]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def main(path: str) -> None:
    """Write the files of the backends that a run had."""
    results = read(Path(path))
    FOLDER.mkdir(exist_ok=True)
    for file in FILES:
        said = text(results, file)
        if said is not None:
            (FOLDER / f"{file}.toml").write_text(said, encoding="utf-8")
            sys.stdout.write(f"{file}: written\n")
    known.cache_clear()


if __name__ == "__main__":
    main(sys.argv[1])
