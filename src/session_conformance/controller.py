"""The pytest plugin of the controlling process: it alone writes the results file."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from . import death
from .plugin import PLAN
from .results import CaseRecord, Detail, End, Result, Writer, dump, load
from .verdict import judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .backend import Backend
    from .progress import Progress


class Controller:
    """Hands the plan to the workers and gathers what their reports carry."""

    def __init__(
        self,
        plan: dict[str, Any],
        backends: Mapping[str, Backend],
        writer: Writer,
        progress: Progress,
        log: Path,
    ) -> None:
        self._plan = plan
        self._directory = Path(plan["directory"])
        self._backends = backends
        self._writer = writer
        self._progress = progress
        self._log = log
        self._log_file: TextIO | None = None
        self._cells: dict[str, tuple[str, str | None, str]] = {}
        self._seen: set[tuple[str, str | None, str]] = set()
        self._traces: set[str] = set()
        self._started = time.monotonic()
        self.collected: list[CaseRecord] | None = None
        self.total = 0
        self.chosen = False
        self.counts: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.trouble: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let pytest's own report go to a file; what a person sees is ours."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            self._log_file = self._log.open("w", encoding="utf-8")
            reporter._tw._file = self._log_file  # noqa: SLF001
            reporter._tw.hasmarkup = False  # noqa: SLF001

    def pytest_configure_node(self, node: Any) -> None:
        """Send the plan along with a worker's start."""
        node.workerinput[PLAN] = self._plan

    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Write down what there is, as the first worker found it."""
        del node, ids
        path = self._directory / "collected.json"
        if self.collected is not None or not path.is_file():
            return
        data = json.loads(path.read_text(encoding="utf-8"))
        self.collected = [CaseRecord(**case) for case in data["cases"]]
        for case in self.collected:
            self._writer.write(case)
        self._cells = {
            nodeid: (case, variant, backend) for nodeid, case, variant, backend in data["cells"]
        }
        self.total = len(self._cells)
        self.chosen = data["chosen"]
        self._progress.total(self.total)
        for line in data["unsupported"]:
            self._take({"result": line})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the cell that a report carries, at once."""
        record = getattr(report, "session_conformance", None)
        if record:
            self._take(record)

    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Write the cell in which a worker died."""
        cell = self._cells.get(crashitem)
        if cell is None or cell in self._seen:
            return
        case, variant, backend = cell
        outcome, detail = self._cause_of_death(cell, report)
        result = Result(
            case=case, variant=variant, backend=backend, outcome=outcome, verdict="expected",
            detail=detail, seconds=self._plan["limit"] if outcome == "timeout" else 0.0,
        )  # fmt: skip
        result = judge(self._backends[backend], result)
        self._write(result, dump(result))

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt the workers too: only a terminal's Ctrl-C has reached them already."""
        for file in self._directory.glob("*.pid"):
            with suppress(OSError, ValueError):
                os.kill(int(file.read_text(encoding="ascii")), signal.SIGINT)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be imported: a broken case file must not pass unseen."""
        if report.failed:
            self.trouble.append(str(report.longrepr))

    def left(self) -> list[str]:
        """Return what the workers say that they leave behind, one phrase each."""
        found: list[str] = []
        for note in sorted(self._directory.glob("left-*.json")):
            found += json.loads(note.read_text(encoding="utf-8"))
        return found

    @property
    def unhindered(self) -> bool:
        """Tell whether each worker could clear up: none was replaced, no cell had to be freed."""
        return not (self.counts["crashed"] or self.counts["timeout"])

    def finish(self, exit_code: int, reason: str | None = None, left: Sequence[str] = ()) -> End:
        """Write the last line."""
        if self._log_file is not None:
            self._log_file.close()
        complete = len(self._seen) == self.total and (
            self.collected is not None or not self._backends
        )
        counts: Counter[str] = Counter(self.counts)
        if self.total > len(self._seen):
            counts["not run"] += self.total - len(self._seen)
        end = End(
            results=len(self._seen), complete=complete, exit_code=exit_code, reason=reason,
            seconds=round(time.monotonic() - self._started, 3), counts=dict(sorted(counts.items())),
            left=list(left),
        )  # fmt: skip
        self._writer.write(end)
        return end

    @property
    def done(self) -> int:
        """How many cells have a result."""
        return len(self._seen)

    def _cause_of_death(
        self, cell: tuple[str, str | None, str], report: pytest.TestReport
    ) -> tuple[Any, Detail]:
        for note in self._directory.glob("stuck-*.json"):
            data = json.loads(note.read_text(encoding="utf-8"))
            if (data["case"], data["variant"], data["backend"]) == cell:
                note.unlink()
                limit = self._backends[cell[2]].limit(self._plan["limit"])
                message = (
                    f"Over its {limit:g} s, and not even the end of its connections "
                    "freed it; its process was replaced."
                )
                return "timeout", Detail(kind="timeout", message=message, traceback=data["stack"])
        node: Any = report.node
        worker = node.gateway.id
        found = death.of(self._directory / f"dead-{worker}.txt")
        if found is None:
            return "crashed", Detail(kind="crash", message="The interpreter died in this cell.")
        at = f", in {found.place}" if found.place else ""
        return "crashed", Detail(
            kind="crash",
            message=f"The interpreter died in this cell: {found.cause}{at}.",
            traceback="\n".join(["Most recent call first:", *found.frames]),
        )

    def _take(self, record: dict[str, str]) -> None:
        """Write what a worker tells of a cell, line by line as it comes."""
        result = load(record["result"])
        assert isinstance(result, Result)  # noqa: S101
        if "trace" in record and result.trace is not None and result.trace not in self._traces:
            self._traces.add(result.trace)
            self._writer.write_line(record["trace"])
        self._write(result, record["result"])

    def _write(self, result: Result, line: str) -> None:
        cell = (result.case, result.variant, result.backend)
        if cell in self._seen:
            return
        self._seen.add(cell)
        self.counts[result.outcome] += 1
        self.verdicts[result.verdict] += 1
        self._writer.write_line(line)
        self._progress.add(result)
