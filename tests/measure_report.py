"""How large a report is and how soon it can be used: `python -m tests.measure_report`.

By itself it makes up results of 1,000 cases on 40 columns; `--results FILE` takes a run's instead.
The report is opened from disk in headless Chromium several times, and the medians are printed.
Nothing fails by a time: what a machine has beside this is not known.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from session_conformance import render
from session_conformance.results import (
    BackendRecord,
    CaseRecord,
    End,
    Record,
    Result,
    Results,
    Run,
    TraceRecord,
    read,
)

from .chromium import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASES = {
    "sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB",
    "duckdb": "DuckDB", "firebird": "Firebird", "oracle": "Oracle", "mssql": "SQL Server",
}  # fmt: skip
CHAPTERS = 40
#: So many statements has a trace, beside what begins and ends it.
STATEMENTS = 23
CODE = """def test_it(db):
    with db.session() as session:
        session.add(Account(owner="Ann", balance=100))
        session.commit()

        assert session.scalars(select(Account)).one().balance == 100
"""

# How long the filters take with the layout that they bring about, in ms; and a row's page.
FILTER = """text => {
  const box = document.querySelector('#tools input[type=search]');
  const began = performance.now();
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  document.documentElement.getBoundingClientRect();
  document.querySelector('.matrix').offsetHeight;
  return performance.now() - began;
}"""
OPENED = """() => {
  const loaded = performance.getEntriesByType('navigation')[0];
  const painted = performance.getEntriesByName('first-contentful-paint')[0];
  return { load: loaded.loadEventEnd, paint: painted ? painted.startTime : 0,
           ready: loaded.domContentLoadedEventStart };
}"""
ASKED = ["is:differs", "rollback", "failed:*"]


def main() -> None:
    """Measure, and print a line a figure."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cases", type=int, default=1000)
    words.add_argument("--columns", type=int, default=40)
    words.add_argument("--results", type=Path, help="a results file to measure instead")
    words.add_argument("--times", type=int, default=3, help="how often the report is opened")
    words.add_argument("--split", action=argparse.BooleanOptionalAction, default=None)
    chosen = words.parse_args()
    results = read(chosen.results) if chosen.results else synthetic(chosen.cases, chosen.columns)
    began = time.perf_counter()
    documents = render.documents(results, split=chosen.split)
    say("rendered in", time.perf_counter() - began, "s")
    say("files", len(documents))
    sizes = {name: len(text.encode()) / (1 << 20) for name, text in documents.items()}
    say("report.html", sizes.pop(render.FRONT), "MiB")
    if sizes:
        say("cases, together", sum(sizes.values()), "MiB")
        say("cases, the largest file", max(sizes.values()), "MiB")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in documents.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        largest = max(sizes, key=sizes.__getitem__) if sizes else None
        browse(Path(folder), largest, chosen.times)


def say(what: str, figure: float, unit: str = "") -> None:
    """Print a figure."""
    number = f"{figure:.0f}" if unit in ("", "ms") else f"{figure:.2f}"
    sys.stdout.write(f"{what:26} {number:>8} {unit}\n")


def browse(folder: Path, largest: str | None, times: int) -> None:
    """Open the report `times` times, each in a fresh browser, and print the medians."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        for _ in range(times):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for what, figure in visit(browser, folder, largest).items():
                found.setdefault(what, []).append(figure)
            browser.close()
    for what, figures in found.items():
        say(what, statistics.median(figures), "ms")


def visit(browser: Any, folder: Path, largest: str | None) -> dict[str, float]:
    """Return what one opening took, in ms."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((folder / render.FRONT).as_uri(), wait_until="load")
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    opened = page.evaluate(OPENED)
    found = {
        "first paint": opened["paint"],
        "filters ready": opened["ready"],
        "load event": opened["load"],
    }
    page.evaluate("() => { location.hash = '#matrix' }")
    page.wait_for_timeout(500)
    # The first that is asked lays out what was not looked at yet.
    page.evaluate(FILTER, "rollback")
    page.evaluate(FILTER, "")
    asked = [(page.evaluate(FILTER, text), page.evaluate(FILTER, "")) for text in ASKED]
    found["slowest filter"] = max(narrowing for narrowing, _ in asked)
    found["all rows again"] = max(back for _, back in asked)
    page.close()
    if largest:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto((folder / largest).as_uri(), wait_until="load")
        page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
        found["largest file of cases"] = page.evaluate(OPENED)["load"]
        page.close()
    return found


def synthetic(cases: int, columns: int, seed: int = 7) -> Results:
    """Return results of so many cases and columns; the same seed gives the same."""
    return Results.of(records(cases, columns, seed))


def records(cases: int, columns: int, seed: int) -> Iterator[Record]:
    """Yield the records of a run: each case has three traces of 25 lines, one in five has lanes."""
    chance = random.Random(seed)  # noqa: S311  no secret
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
    names = list(DATABASES)
    each = -(-columns // len(names))
    backends = [
        BackendRecord(
            id=f"{names[n // each]}-driver{n % each}",
            title=f"driver{n % each}",
            database=names[n // each],
            database_title=DATABASES[names[n // each]],
            driver=f"driver{n % each}",
            reached=True,
            server_version="9.1",
            driver_version="1.2.3",
        )
        for n in range(columns)
    ]
    yield from backends
    made = [_case(number) for number in range(cases)]
    yield from made
    count = 0
    for number, case in enumerate(made):
        several = number % 5 == 0
        traces = [_trace(number, kind, chance, several=several) for kind in range(3)]
        yield from traces
        for place, backend in enumerate(backends):
            count += 1
            yield _result(case, number, backend, place // each, traces)
    yield End(results=count, complete=True, seconds=500.0, exit_code=0)


def _case(number: int) -> CaseRecord:
    chapter = f"chapter-{number % CHAPTERS:02}"
    return CaseRecord(
        id=f"{chapter}.what-becomes-of-it-after-a-rollback-{number}",
        what="question" if number % 2 else "promise",
        chapter=chapter,
        text=f"What the Session has read is read again after the end of transaction {number}.",
        docs="orm/session_basics.html#committing",
        source=f"suite/{chapter}/test_it.py:{number}",
        code=CODE,
        answers={"lost": "The first change is gone.", "kept": "Both are there."}
        if number % 2
        else {},
    )


def _result(
    case: CaseRecord, number: int, backend: BackendRecord, database: int, traces: list[TraceRecord]
) -> Result:
    kind = database % 3 if number % 3 else 0
    question = case.what == "question"
    return Result(
        case=case.id,
        backend=backend.id,
        outcome="answered" if question else "passed",
        verdict="expected",
        answer=("kept" if kind == 2 else "lost") if question else None,
        trace=traces[kind].id,
        seconds=0.01,
    )


def _trace(number: int, kind: int, chance: random.Random, *, several: bool) -> TraceRecord:
    sessions = ["T1", "T2"] if several else ["main"]
    events: list[list[Any]] = [[who, "begin", None, None, None, None] for who in sessions]
    for step in range(STATEMENTS - len(sessions) + 1):
        who = sessions[step % len(sessions)]
        if step % 4 == 3:
            text = "UPDATE account SET balance=%s WHERE account.id = %s"
            if kind and step > 10:
                text += " AND account.version = %s" if kind == 1 else " RETURNING account.balance"
            events.append([who, "sql", text, f"({chance.randrange(50)}, {number % 7})", 1, None])
        else:
            columns = "account.id, account.owner, account.balance, account.version"
            text = f"SELECT {columns} FROM account WHERE account.id = %s"
            events.append([who, "sql", text, f"({chance.randrange(9)},)", -1, None])
    events += [[who, "commit", None, None, None, None] for who in sessions]
    digest = hashlib.sha256(json.dumps([number, kind, events]).encode()).hexdigest()[:12]
    return TraceRecord(id=f"t:{digest}", events=events)


if __name__ == "__main__":
    main()
