"""Holds the scripts of `session-conformance repro` against the results of a run.

    python -m tests.run_repro RESULTS --python INTERPRETER [--case PATTERN] [--backend NAME]

Each cell of the file is written as a script, which INTERPRETER runs: one that has SQLAlchemy and
the drivers, and nothing else. Cells whose outcome, or whose answer, is another one are listed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import click

from session_conformance.backend import known
from session_conformance.commands.options import words
from session_conformance.exits import UsageError
from session_conformance.gather import probe, resolve, server_url
from session_conformance.repro import Finder, script
from session_conformance.results import read
from session_conformance.selection import Selection
from session_conformance.servers import ServerError, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.backend import Backend
    from session_conformance.results import Result

STEP = 1000
# What a script can come to as a run does.
COMPARED = ("passed", "failed", "answered", "error")


def urls(backends: list[Backend], ways: str, stack: ExitStack) -> dict[str, str]:
    """Return the URL of each backend's server, found as a run finds it."""
    given = resolve((), backends)
    found = {name: url.render_as_string(hide_password=False) for name, (url, _) in given.items()}
    probes: dict[str, Any] = {}
    for backend in backends:
        if backend.family.service and backend.id not in found:
            probes.setdefault(backend.family.service, probe(backend))
    servers = stack.enter_context(find(probes, ways=ways, say=click.echo)) if probes else {}
    for backend in backends:
        server = servers.get(backend.family.service or "")
        if isinstance(server, ServerError):
            raise click.ClickException(f"{backend.id}: {server}")
        if server is not None and backend.id not in found:
            found[backend.id] = server_url(backend, server).render_as_string(hide_password=False)
    return found


def outcome(code: int, said: str) -> tuple[str, str | None]:
    """Return what a script came to: outcome and answer in the words of a results file."""
    answers = [line.removeprefix("ANSWER: ") for line in said.split("\n") if line[:8] == "ANSWER: "]
    if code == 0:
        return ("answered", answers[-1]) if answers else ("passed", None)
    return ("failed" if code == 1 else "error"), None


class Alone:
    """An interpreter that runs one script after the other, each in a process forked from it."""

    def __init__(self, python: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key[:6] != "PYTHON"}
        self._process = subprocess.Popen(
            [python, "-I", str(Path(__file__).with_name("run_alone.py"))],
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, path: Path, url: str | None) -> tuple[tuple[str, str | None], str]:
        """Run a script; return what it came to and what it said."""
        order = {"script": str(path), "said": str(path.with_suffix(".txt")), "url": url}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        said = path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
        return (("timeout", None) if code < 0 else outcome(code, said)), said

    def end(self) -> None:
        """End the interpreter."""
        self._process.communicate()


def chosen(results: Iterable[Result], cases: list[str], backends: list[str]) -> list[Result]:
    """Return the cells to compare."""
    selection = Selection(cases)
    return [
        result
        for result in results
        if result.outcome in COMPARED
        and (not backends or result.backend in backends)
        and selection.takes(result.case, result.variant, result.backend)
    ]


def varying(result: Result, backend: Backend, version: str | None) -> set[str | None]:
    """Return the answers that a cell may give now and then, where its database varies."""
    found = backend.expectations.of(result.case, result.variant, version)
    return {one.answer for one in found if one.varies}


def row_of(result: Result) -> str:
    """Return case and variant as `repro` takes them."""
    return f"{result.case}/{result.variant}" if result.variant else result.case


def write(finder: Finder, result: Result, path: Path) -> str | None:
    """Write a cell's script; return what became of it where there is none, after saying why."""
    row = row_of(result)
    try:
        path.write_text(script(finder.find(row)), encoding="utf-8")
    except UsageError as error:
        click.echo(f"refused  {row}@{result.backend}: {error}")
        return "refused"
    except Exception as error:
        click.echo(f"broken   {row}@{result.backend}: {type(error).__name__}: {error}")
        return "broken"
    return None


def told(counts: Counter[str]) -> str:
    """Return counts as a phrase."""
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


@click.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.option("--python", required=True, help="The clean interpreter.")
@click.option("--case", "cases", multiple=True, callback=words)
@click.option("--backend", "backends", multiple=True, callback=words)
@click.option("--servers", default="auto", help="As for `run`.")
@click.option("--jobs", type=int, default=1)
@click.option("--sample", type=int, help="So many cells only, evenly over the file.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder in which scripts stay.")
def main(
    results: Path,
    python: str,
    cases: list[str],
    backends: list[str],
    servers: str,
    jobs: int,
    sample: int | None,
    keep: Path | None,
) -> None:
    """Compare scripts with the cells of a results file."""
    whole = read(results)
    versions = {backend.id: backend.server_version for backend in whole.backends}
    cells = chosen(whole.results, cases, backends)
    if sample and sample < len(cells):
        cells = [cells[place * len(cells) // sample] for place in range(sample)]
    by_id = {name: known()[name] for name in dict.fromkeys(cell.backend for cell in cells)}
    finders = {name: Finder(backend) for name, backend in by_id.items()}
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        at = urls(list(by_id.values()), servers, stack)
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True, parents=True)

        idle: SimpleQueue[Alone] = SimpleQueue()
        for _ in range(jobs):
            idle.put(Alone(python))

        def compare(number: int, result: Result, path: Path) -> None:
            alone = idle.get()
            came, said = alone.run(path, at.get(result.backend))
            idle.put(alone)
            wanted = (result.outcome, result.answer)
            varies = came[0] == "answered" and {came[1], result.answer} <= varying(
                result, by_id[result.backend], versions[result.backend]
            )
            counts["same" if came == wanted else "varying" if varies else "different"] += 1
            if (done := counts.total()) % STEP == 0:
                click.echo(f"{done} of {len(cells)}: {told(counts)}")
            if came != wanted and not varies:
                last = said.strip().split("\n")[-1][:300]
                head = f"{number:05}  {row_of(result)}@{result.backend}"
                click.echo(f"{head}: {wanted} in the run, {came} alone")
                click.echo(f"         {last}")

        with ThreadPoolExecutor(jobs) as pool:
            waiting = []
            for number, result in enumerate(cells):
                path = folder / f"{number:05}.py"
                if trouble := write(finders[result.backend], result, path):
                    counts[trouble] += 1
                else:
                    waiting.append(pool.submit(compare, number, result, path))
            for future in waiting:
                future.result()
        for _ in range(jobs):
            idle.get().end()
    click.echo(told(counts))
    sys.exit(bool(counts["different"] or counts["broken"]))


if __name__ == "__main__":
    main()
