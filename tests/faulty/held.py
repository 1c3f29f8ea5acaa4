"""A real run that is held in the middle of a case, to be looked at, interrupted or killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from session_conformance.results import read

from .command import ROOT, Ran, command, environment, results_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from session_conformance.results import Results

GATED = ROOT / "tests" / "faulty" / "planted" / "gated.py"
DEADLINE = 90.0


class HeldRun:
    """Runs the gated cases up to the gate: `with HeldRun(...) as held: ...`.

    Args:
        arguments: which backend, and where it is.
        folder: for everything it writes, its temporary files included.
        cases: the file of cases, of which one waits at the gate.
        more: variables for it.

    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, *, cases: Path = GATED, **more: str
    ) -> None:
        self.out = folder / "out"
        self.scratch = folder / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._gate = folder / "gate"
        os.mkfifo(self._gate)
        self._said = folder / "said.txt"
        self._end: int | None = None
        self.env = environment(PLANTED_GATE=str(self._gate), TMPDIR=str(self.scratch), **more)
        self._words = [*arguments, "--cases", str(cases), "--jobs", "1", "--limit", "120"]

    def __enter__(self) -> Self:
        with self._said.open("w", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                command(self._words, self.out),
                env=self.env,
                stdout=said,
                stderr=subprocess.STDOUT,
                # A group of its own, as a terminal gives each command.
                start_new_session=True,
            )
        try:
            self._until_held()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.open_gate()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _until_held(self) -> None:
        until = time.monotonic() + DEADLINE
        while self._end is None:
            try:
                # The other end of the pipe is open once the case reads from it.
                self._end = os.open(self._gate, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                assert self.process.poll() is None, self.said
                assert time.monotonic() < until, self.said
                time.sleep(0.02)
        while not self.results.results:
            assert time.monotonic() < until, self.said
            time.sleep(0.02)

    @property
    def said(self) -> str:
        """What the command has said so far."""
        return self._said.read_text(encoding="utf-8")

    @property
    def results(self) -> Results:
        """Its results file, as far as it is written."""
        return read(results_file(self.out))

    def open_gate(self) -> None:
        """Let the case go on."""
        if self._end is not None:
            os.close(self._end)
            self._end = None

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the command, or, like a terminal, to all its processes."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            os.kill(self.process.pid, number)

    def wait(self) -> Ran:
        """Wait for its end."""
        code = self.process.wait(DEADLINE)
        return Ran(code=code, said=self.said, out=self.out)
