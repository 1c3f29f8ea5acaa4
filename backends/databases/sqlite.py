# ruff: noqa: INP001 -- read by its path, beside the file it belongs to
"""SQLite: what its drivers share and needs more than a statement."""

from __future__ import annotations

from typing import Any


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
