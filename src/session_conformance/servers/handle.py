"""What can be done with a server that this process has started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .server import Server

SECONDS_TO_END = 30  # for a server that is asked to end in good order


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A server that this process has started, and what starts it again.

    `restart` ends it in good order, so that what is committed outlasts it, starts it on the same
    data and port, and waits until it answers; where that cannot be done it raises a ServerError.
    """

    server: Server
    restart: Callable[[], None]
