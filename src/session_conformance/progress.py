"""What a person sees while a run goes on: a live line on a terminal, now and then one elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from .results import Result

EVERY = 10.0
#: A driver that fails everywhere is known for it by then.
LINES = 25
MARKS = {"failed": "✗", "error": "!", "timeout": "⧗", "crashed": "†"}


class Progress:
    """Counts cells as they come in."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._total = 0
        self._done = 0
        self._bad = 0
        self._last = 0.0
        self._started = time.monotonic()

    def total(self, cells: int) -> None:
        """Say how many cells there are."""
        self._total = cells
        self._started = self._last = time.monotonic()
        self._show()

    def say(self, text: str) -> None:
        """Print a line of its own."""
        if self._live:
            self._stream.write("\r\x1b[K")
        self._stream.write(text + "\n")
        self._stream.flush()

    def add(self, result: Result) -> None:
        """Count a result; say at once what nobody declared."""
        self._done += 1
        if result.verdict != "expected":
            self._bad += 1
            self._tell(result)
        now = time.monotonic()
        if now - self._last >= (0.1 if self._live else EVERY):
            self._last = now
            self._show()

    def _tell(self, result: Result) -> None:
        if self._bad > LINES:
            if self._bad == LINES + 1:
                self.say("… what else is unexpected is counted now, and shown at the end")
            return
        name = result.case + (f"/{result.variant}" if result.variant else "")
        mark = MARKS.get(result.outcome, "=")
        self.say(f"{mark} {name} on {result.backend}: {_what(result)}"[:300])

    def end(self) -> None:
        """Finish the live line."""
        if self._live:
            self._stream.write("\r\x1b[K")
        self._show(last=True)

    def _show(self, *, last: bool = False) -> None:
        seconds = time.monotonic() - self._started
        text = f"{self._done}/{self._total} cells, {self._bad} unexpected, {seconds:.0f} s"
        if self._live and not last:
            self._stream.write("\r\x1b[K" + text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def _what(result: Result) -> str:
    """Say what happened, and what should have."""
    if result.verdict == "stale":
        return f"{result.outcome}. declared as different, but it is not"
    if result.outcome == "answered":
        return f"answered {result.answer}, expected {result.expected_answer}"
    return f"{result.outcome}. {result.detail.message if result.detail else ''}".strip()
