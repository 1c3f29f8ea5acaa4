"""A limit on the time of a cell: first its connections are ended, then its process."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GRACE = 3.0


class Watchdog:
    """Watches the thread that made it; one cell at a time.

    Args:
        note: file to leave behind where only the end of the process helps.

    """

    def __init__(self, note: Path) -> None:
        self._note = note
        self._thread = threading.get_ident()
        self._changed = threading.Condition()
        self._cell: dict[str, Any] | None = None
        self._free: Callable[[], None] | None = None
        self._until = 0.0
        self.stack: str | None = None
        self._closed = False
        self._watcher = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._watcher.start()

    def begin(self, cell: dict[str, Any], free: Callable[[], None], limit: float) -> None:
        """Watch a cell, for `limit` seconds; `free` ends its connections at the server."""
        with self._changed:
            self.stack = None
            self._cell, self._free = cell, free
            self._until = time.monotonic() + limit
            self._changed.notify()

    @contextmanager
    def paused(self, most: float = math.inf) -> Iterator[None]:
        """Let the clock of the cell stand still: what happens inside is not the cell's doing.

        Args:
            most: the seconds that it may take; without them it has limits of its own.

        """
        with self._changed:
            left = self._until - time.monotonic()
            self._until += most
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._until = time.monotonic() + left
                self._changed.notify()

    def end(self) -> str | None:
        """Stop watching; return the stack of the cell if it was over its time."""
        with self._changed:
            self._cell = None
            self._changed.notify()
            return self.stack

    def close(self) -> None:
        """Watch no more; a thread that outlives the interpreter keeps everything alive it knows."""
        with self._changed:
            self._cell = self._free = None
            self._closed = True
            self._changed.notify()
        self._watcher.join(GRACE)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._cell is None and not self._closed:
                    self._changed.wait()
                if self._cell is None:
                    return
                cell, free = self._cell, self._free
                while self._cell is cell and time.monotonic() < self._until:
                    self._changed.wait(min(self._until - time.monotonic(), threading.TIMEOUT_MAX))
                if self._cell is not cell:
                    continue
                self.stack = self._where()
            helper = threading.Thread(target=_quietly, args=(free,), daemon=True)
            helper.start()
            with self._changed:
                self._changed.wait_for(lambda cell=cell: self._cell is not cell, GRACE)  # type: ignore[misc]
                if self._cell is not cell:
                    continue
                self._note.write_text(json.dumps({**cell, "stack": self.stack}), encoding="utf-8")
                os._exit(70)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001
        if frame is None:
            return ""
        return "".join(traceback.format_stack(frame)[-12:])


def _quietly(free: Callable[[], None] | None) -> None:
    if free is not None:
        with suppress(Exception):
            free()
