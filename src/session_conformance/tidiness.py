"""What a process must not leave behind when its cells are done."""

from __future__ import annotations

import threading

from .looks import LONGEST_WAIT


class Threads:
    """Tells the threads that were started meanwhile from those that were there before."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def left(self) -> list[str]:
        """Return the threads that go on, one phrase each; those about to end get their time."""
        meanwhile = set(threading.enumerate()) - self._before - {threading.current_thread()}
        for thread in meanwhile:
            thread.join(LONGEST_WAIT)
        return sorted(f"the thread {thread.name}" for thread in meanwhile if thread.is_alive())
