"""The real command, in a process of its own, and what it wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from session_conformance.results import Result, Results, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended: exit code, what it said, and the folder it wrote its reports to."""

    code: int
    said: str
    out: Path

    @property
    def file(self) -> Path:
        """The results file."""
        return results_file(self.out, self.said)

    @property
    def results(self) -> Results:
        """The results file, read."""
        return read(self.file)

    def result(self, case: str, backend: str | None = None) -> Result:
        """Return the one cell of a case, on a backend where there are several."""
        found = [
            result
            for result in self.results.results
            if result.case == case and backend in (None, result.backend)
        ]
        assert len(found) == 1, f"{len(found)} results of {case} on {backend}:\n{self.said}"
        return found[0]


def results_file(out: Path, said: str = "") -> Path:
    """Return the one results file below an output folder; `said` is shown where there is none."""
    found = [path for path in sorted(out.glob("*/results.jsonl")) if path.parent.name != "latest"]
    assert len(found) == 1, f"{len(found)} results files in {out}\n{said}"
    return found[0]


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment, with this checkout importable and nothing from outside."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SESSION_CONFORMANCE_", "PYTEST_"))
    }
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | more


def command(arguments: Iterable[str], out: Path, name: str = "run") -> list[str]:
    """Return the words of `session-conformance run`, or of a command that takes the same options.

    Reports go to `out`, and there is one job where nothing is said of it.
    """
    arguments = list(arguments)
    if "--jobs" not in arguments:
        arguments += ["--jobs", "1"]
    return [sys.executable, "-m", "session_conformance", name, *arguments, "--out", str(out)]


def run(
    arguments: Iterable[str],
    out: Path,
    *,
    env: Mapping[str, str] | None = None,
    seconds: float = 300.0,
    name: str = "run",
) -> Ran:
    """Run the command to its end.

    Args:
        arguments: the options of `session-conformance run`, without `--out`.
        out: folder for its reports.
        env: the environment; that of `environment()` where none is given.
        seconds: after which it is killed and the test fails.
        name: of the command.

    """
    done = subprocess.run(
        command(arguments, out, name),
        env=dict(env or environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Ran(code=done.returncode, said=done.stdout, out=out)
