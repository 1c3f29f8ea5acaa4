"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(started: str) -> datetime | None:
    """Return a time of a results file, None for anything that is no time.

    It is in UTC where it names no zone.
    """
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def when(started: str) -> str:
    """Return a time as people write it; anything that is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    zone = " UTC" if not moment.utcoffset() and moment.tzinfo else ""
    return f"{moment.day} {moment:%b %Y, %H:%M}{zone}"
