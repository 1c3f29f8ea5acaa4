"""How long a server is asked for what must come about by itself, and how often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds until something at a server must have come about; mostly it takes far less.
LONGEST_WAIT = 2.5
# Seconds until a server must have seen somebody wait for a lock; below its own limits for that.
LONGEST_LOCK_WAIT = 1.7
# Seconds between two looks at a server's locks.
LOOK_AGAIN = 0.01


def looks(seconds: float = LONGEST_WAIT) -> Iterator[None]:
    """Yield once for each look that may be taken: one at least, and none after `seconds`."""
    until = time.monotonic() + seconds
    yield
    while time.monotonic() < until:
        yield
