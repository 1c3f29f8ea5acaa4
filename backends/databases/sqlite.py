# ruff: noqa: INP001 -- read by its path, beside the file it belongs to
"""SQLite: what its drivers share and needs more than a statement."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

_TIMES = b"\nvoluntary_ctxt_switches:"


def prepare(connection: Any) -> None:
    """Have foreign keys enforced, and no safety against power loss: these are files of a test."""
    # Inside a transaction SQLite ignores the first, and some connections are always in one.
    inside = getattr(connection, "autocommit", None) is False
    if inside:
        connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()
    if inside:
        connection.autocommit = False


def in_transaction(connection: Any) -> bool:
    """Tell what sqlite3_get_autocommit() of the library says, which the drivers pass on."""
    return bool(connection.in_transaction)


def asleep(thread: int) -> tuple[int, bool]:
    """Tell how often a thread has gone to sleep, and whether it sleeps between two tries.

    SQLite keeps no list of who waits: its busy handler calls nanosleep() and tries again. Linux
    tells of each thread in what it sleeps, and how often it has given up the processor by itself.
    """
    with suppress(FileNotFoundError, ProcessLookupError):
        sleeps = _read(f"/proc/self/task/{thread}/wchan") == b"hrtimer_nanosleep"
        _, _, times = _read(f"/proc/self/task/{thread}/status").partition(_TIMES)
        return int(times.split(maxsplit=1)[0]), sleeps
    return 0, False


def _read(path: str) -> bytes:
    # It is asked every few milliseconds; Python's own files take five times as long.
    number = os.open(path, os.O_RDONLY)
    try:
        return os.read(number, 8192)
    finally:
        os.close(number)
