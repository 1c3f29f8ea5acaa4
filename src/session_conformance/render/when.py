"""Times as people write them."""

from __future__ import annotations

from datetime import datetime


def when(started: str) -> str:
    """Return a time as people write it; anything that is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    zone = " UTC" if not moment.utcoffset() and moment.tzinfo else ""
    return f"{moment.day} {moment:%b %Y, %H:%M}{zone}"
