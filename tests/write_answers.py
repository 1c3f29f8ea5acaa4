"""Writes backends/answers/ from runs: `python -m tests.write_answers RESULTS…`.

What was answered on each database becomes what is expected there, beside the page of the database's
own documentation that speaks of it; but only where all its drivers gave one answer, in every run.
Whoever writes the files reads the differences before they are kept: an answer that the page does
not bear out is a finding, not an expectation. What answer was given where is written down beside
them, in docs/catalogue/answers.tsv.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from session_conformance.results import read
from session_conformance.versions import fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from session_conformance.results import Results

# Nothing is taken from modules that read the files to be written.
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "backends" / "answers"
#: Question, answer, and the databases that gave it.
SEEN = ROOT / "docs" / "catalogue" / "answers.tsv"
NEVER = "never seen"
Seen = dict[tuple[str, str], set[str]]

#: File of answers to the backends whose answers it holds, and the head of the file.
FILES: dict[str, tuple[tuple[str, ...], str]] = {
    "sqlite": (
        ("sqlite-pysqlite-begin", "sqlite-pysqlite-autocommit-false"),
        "SQLite, where a transaction begins with BEGIN",
    ),
    "sqlite-late-begin": (
        ("sqlite-pysqlite", "sqlite-aiosqlite", "sqlite-memory"),
        "SQLite through Python's sqlite3, which begins a transaction before the first write only",
    ),
    "postgresql": (("postgresql-*",), "PostgreSQL"),
    "mysql": (("mysql-*",), "MySQL"),
    "mariadb": (("mariadb-*",), "MariaDB"),
}
#: The version from which a database answers otherwise than before.
CHANGED = {"mariadb": "11.6.2"}

#: Where a database's documentation speaks of questions: a file for each chapter, in it a table for
#: each file of answers, question (or pattern of a shell) to page and section; the first that fits.
#: The table `varies` says of a question and a file why the answer is not the same each time, and
#: `unsettled` that no documentation says that it is; of those nothing is expected.
SOURCES = ROOT / "tests" / "sources"


@cache
def _sources(chapter: str) -> dict[str, dict[str, str]]:
    path = SOURCES / f"{chapter}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def source(file: str, case: str) -> str | None:
    """Return where the documentation speaks of a question, None where nobody has said it."""
    chapter, _, name = case.partition(".")
    told = _sources(chapter).get(file, {})
    return next((page for pattern, page in told.items() if fnmatchcase(name, pattern)), None)


def why_varies(file: str, case: str, variant: str | None = None) -> str | None:
    """Return why a database answers a question, or a variant of it, not the same each time."""
    chapter, _, name = case.partition(".")
    asked = name if variant is None else f"{name}/{variant}"
    return _sources(chapter).get("varies", {}).get(f"{asked} {file}")


def unsettled(file: str, case: str, variant: str) -> bool:
    """Tell whether nothing but experience says that a database gives an answer each time."""
    chapter, _, name = case.partition(".")
    patterns = _sources(chapter).get("unsettled", {})
    return any(fnmatchcase(f"{name}/{variant} {file}", pattern) for pattern in patterns)


Answers = dict[str, dict[str, list[str]]]


@dataclass
class Said:
    """What the drivers of a database answered: by question and variant.

    `asked` names those that were asked, `drivers` those of the run that had most of them.
    """

    answers: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    asked: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    drivers: set[str] = field(default_factory=set)


def gathered(runs: Sequence[Results], file: str, versions: SpecifierSet) -> Said:
    """Return what was said in all runs on servers of these versions."""
    told = Said()
    for run in runs:
        here = {
            backend.id
            for backend in run.backends
            if backend.reached
            and any(fnmatchcase(backend.id, of) for of in FILES[file][0])
            and fits(versions, backend.server_version)
        }
        if len(here) > len(told.drivers):
            told.drivers = here
        for result in run.results:
            if result.backend in here:
                key = result.case, result.variant or ""
                told.asked[key].add(result.backend)
                if result.answer is not None:
                    told.answers[key].add(result.answer)
    return told


def agreed(runs: Sequence[Results], file: str, versions: SpecifierSet) -> Answers:
    """Return what all drivers answered in all runs on servers of these versions.

    All are those of the run that had most of them: what some of them were never asked is left out.
    Of a question that varies as a whole, each answer of any variant stands for every variant.

    Returns:
        case to answer to the variants that gave it.

    """
    told = gathered(runs, file, versions)
    varying = defaultdict[str, set[str]](set)
    for (case, _), answers in told.answers.items():
        varying[case] |= answers
    found: Answers = defaultdict(lambda: defaultdict(list))
    for (case, variant), answers in sorted(told.answers.items()):
        if why_varies(file, case):
            answers = varying[case]  # noqa: PLW2901
        elif (
            # It is said to vary where it does, and nothing is expected of what may or may not.
            (len(answers) > 1) != bool(why_varies(file, case, variant))
            or told.drivers - told.asked[case, variant]
            or (len(answers) == 1 and unsettled(file, case, variant))
        ):
            continue
        for answer in sorted(answers):
            found[case][answer].append(variant)
    return found


def text(runs: Sequence[Results], file: str) -> str | None:
    """Return the text of a file of answers, None where no run had its backends."""
    changed = CHANGED.get(file)
    parts = [f">={changed}", f"<{changed}"] if changed else [""]
    by_version = [agreed(runs, file, SpecifierSet(part)) for part in parts]
    cases = sorted(
        {case for answers in by_version for case in answers if source(file, case) is not None}
    )
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
        f"source = {quoted(source(file, case) or '')}",
    ]
    if versions:
        lines += [f"versions = {quoted(versions)}"]
    variants = {variant for given in answers.values() for variant in given}
    reasons = [why_varies(file, case), *(why_varies(file, case, one) for one in sorted(variants))]
    if why := next(filter(None, reasons), None):
        lines += [f"varies = {quoted(why)}"]
    for answer in sorted(answers):
        given = ", ".join(quoted(variant) for variant in answers[answer])
        lines += [f"answers.{answer} = [{given}]"]
    return lines


def quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def seen(runs: Sequence[Results]) -> Seen:
    """Return which databases gave each answer of the questions that the runs asked."""
    found: Seen = {}
    for run in runs:
        database = {backend.id: backend.database for backend in run.backends}
        for case in run.cases:
            for answer in case.answers:
                found.setdefault((case.id, answer), set())
        for result in run.results:
            if result.answer is not None and (result.case, result.answer) in found:
                found[result.case, result.answer].add(database[result.backend])
    return found


def read_seen() -> Seen:
    """Return what the file says of who gave which answer."""
    if not SEEN.is_file():
        return {}
    lines = [line.split("\t") for line in SEEN.read_text(encoding="utf-8").splitlines()]
    return {
        (case, answer): set() if names == NEVER else set(names.split(", "))
        for case, answer, names in lines
    }


def seen_text(told: Seen) -> str:
    """Return the file's text."""
    return "".join(
        f"{case}\t{answer}\t{', '.join(sorted(told[case, answer])) or NEVER}\n"
        for case, answer in sorted(told)
    )


def varying(runs: Sequence[Results]) -> list[str]:
    """Return the cells that did not give one answer in all runs, a line each."""
    said: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for run in runs:
        name = {backend.id: f"{backend.id} {backend.server_version}" for backend in run.backends}
        for result in run.results:
            if result.answer is not None:
                said[result.case, result.variant or "", name[result.backend]].add(result.answer)
    return [
        f"{case} {variant} on {backend}: {', '.join(sorted(answers))}"
        for (case, variant, backend), answers in sorted(said.items())
        if len(answers) > 1
    ]


def main(paths: Sequence[str]) -> None:
    """Write the files of the backends that the runs had, and name the cells that vary."""
    runs = [read(Path(path)) for path in paths]
    for line in varying(runs):
        sys.stdout.write(f"varies: {line}\n")
    asked = seen(runs)
    cases = {case for case, _ in asked}
    kept = {key: names for key, names in read_seen().items() if key[0] not in cases}
    SEEN.write_text(seen_text(kept | asked), encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for file in FILES:
        said = text(runs, file)
        if said is not None:
            (FOLDER / f"{file}.toml").write_text(said, encoding="utf-8")
            sys.stdout.write(f"{file}: written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
