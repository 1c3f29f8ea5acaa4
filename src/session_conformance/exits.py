"""Exit codes of every command; those below 10 mean what they mean in pytest."""

from __future__ import annotations

from enum import IntEnum


class UsageError(Exception):
    """What was asked for makes no sense; one sentence that says what to write."""


class Exit(IntEnum):
    """Why a command ended as it did."""

    GOOD = 0
    UNDECLARED = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5
    UNREACHED = 10
    WORSE = 11
    UNREADABLE = 12


ORDER = (
    Exit.INTERNAL,
    Exit.USAGE,
    Exit.INTERRUPTED,
    Exit.NOTHING,
    Exit.UNDECLARED,
    Exit.UNREACHED,
    Exit.UNREADABLE,
    Exit.WORSE,
    Exit.GOOD,
)


def highest(*codes: Exit) -> Exit:
    """Return the code of the highest concern."""
    return min(codes, key=ORDER.index, default=Exit.GOOD)
