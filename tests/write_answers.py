"""Writes backends/answers/ from runs: `python -m tests.write_answers RESULTS…`.

What was answered on each database becomes what is expected there, beside the page of the database's
own documentation that speaks of it; but only where all its drivers gave one answer, in every run.
Whoever writes the files reads the differences before they are kept: an answer that the page does
not bear out is a finding, not an expectation.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from session_conformance.results import read
from session_conformance.versions import fits

from .faulty.command import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from session_conformance.results import Results

FOLDER = ROOT / "backends" / "answers"

#: File of answers to the backends whose answers it holds, and the head of the file.
FILES = {
    "sqlite": ("sqlite-pysqlite-begin", "SQLite, where a transaction begins with BEGIN"),
    "sqlite-late-begin": (
        "sqlite-*sqlite",
        "SQLite through Python's sqlite3, which begins a transaction before the first write only",
    ),
    "postgresql": ("postgresql-*", "PostgreSQL"),
    "mysql": ("mysql-*", "MySQL"),
    "mariadb": ("mariadb-*", "MariaDB"),
}
#: The version from which a database answers otherwise than before.
CHANGED = {"mariadb": "11.6.2"}

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


Answers = dict[str, dict[str, list[str]]]


def agreed(runs: Sequence[Results], file: str, versions: SpecifierSet) -> Answers:
    """Return what all drivers answered in all runs on servers of these versions.

    Returns:
        case to answer to the variants that gave it.

    """
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        server = {backend.id: backend.server_version for backend in run.backends}
        for result in run.results:
            variant = result.variant or ""
            if (
                result.answer is not None
                and fnmatchcase(result.backend, FILES[file][0])
                and fits(versions, server[result.backend])
            ):
                said[result.case, variant].add(result.answer)
    found: Answers = defaultdict(lambda: defaultdict(list))
    for (case, variant), answers in sorted(said.items()):
        if len(answers) == 1:
            found[case][answers.pop()].append(variant)
    return found


def text(runs: Sequence[Results], file: str) -> str | None:
    """Return the text of a file of answers, None where no run had its backends."""
    changed = CHANGED.get(file)
    parts = [f">={changed}", f"<{changed}"] if changed else [""]
    by_version = [agreed(runs, file, SpecifierSet(part)) for part in parts]
    cases = sorted({case for answers in by_version for case in answers})
    if not cases:
        return None
    lines = [f"# {FILES[file][1]}: the answers that its documentation lets one expect. Written by"]
    lines += ["# `python -m tests.write_answers`, and read before they were kept."]
    for case in cases:
        tables = [answers.get(case) for answers in by_version]
        if all(table == tables[0] for table in tables):
            lines += _table(file, case, tables[0] or {})
            continue
        for part, table in zip(parts, tables, strict=True):
            if table:
                lines += _table(file, case, table, part)
    return "\n".join(lines) + "\n"


def _table(
    file: str, case: str, answers: Mapping[str, Sequence[str]], versions: str = ""
) -> list[str]:
    head = quoted(case)
    lines = [
        "",
        f"[[{head}]]" if versions else f"[{head}]",
        f"source = {quoted(source(file, case))}",
    ]
    if versions:
        lines += [f"versions = {quoted(versions)}"]
    for answer in sorted(answers):
        variants = ", ".join(quoted(variant) for variant in answers[answer])
        lines += [f"answers.{answer} = [{variants}]"]
    return lines


def quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def main(paths: Sequence[str]) -> None:
    """Write the files of the backends that the runs had."""
    runs = [read(Path(path)) for path in paths]
    FOLDER.mkdir(exist_ok=True)
    for file in FILES:
        said = text(runs, file)
        if said is not None:
            (FOLDER / f"{file}.toml").write_text(said, encoding="utf-8")
            sys.stdout.write(f"{file}: written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
