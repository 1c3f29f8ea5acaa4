"""What a cell leaves in the interpreter: complaints that Python could raise to nobody."""

from __future__ import annotations

import gc
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


class Unheard:
    """Hears what finalizers raise: a coroutine never awaited, a connection never closed.

    Such warnings are errors in a run (see the suite's `pytest.ini`), but no caller is left to get
    them, so Python hands them to `sys.unraisablehook`.
    """

    def __init__(self) -> None:
        self.found: list[str] = []

    def __enter__(self) -> Self:
        self._before = sys.unraisablehook
        sys.unraisablehook = self._hear
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        sys.unraisablehook = self._before

    def _hear(self, raised: sys.UnraisableHookArgs) -> None:
        # As text: the object itself would live on by being kept.
        lines = str(raised.exc_value).splitlines()
        self.found.append(f"{raised.exc_type.__name__}: {lines[0] if lines else ''}")


def forget_frames(error: BaseException | None) -> None:
    """Empty the frames that an exception keeps, so that no connection lives on in their variables.

    Its lines stay as they are; only the values are gone.
    """
    known: set[int] = set()
    while error is not None and id(error) not in known:
        known.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def forget_what_stays() -> None:
    """Take everything there is by now out of the garbage collector's sight.

    What follows can then be searched for garbage after each cell, in a millisecond.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no garbage be collected inside.

    A finalizer that raises is described by parsing source; where it strikes while source is being
    parsed, Python 3.11 loses count of its depth and gives up (SystemError).
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def collecting_after() -> Iterator[None]:
    """Collect garbage at the end of this block, and never in its middle.

    What hangs on it, a connection that was dropped or a lock that it holds, then lasts equally
    long in each run, and is seen in the cell that dropped it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        # What lives on, such as SQLAlchemy's caches, need not be searched again after each cell.
        forget_what_stays()


__all__ = ["Unheard", "collecting_after", "forget_frames", "forget_what_stays", "uncollected"]
