"""Where scenes are played: what is kept from one to the next, since making it takes longest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .player import Player

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection, Engine

    from .condition import Condition

# Engines of a process that stay ready, each with a connection: three for each condition of a
# backend. Where cells come in any order, those of the stage used longest ago go first.
MOST_ENGINES = 24
_in_use: list[Stage] = []


class Stage:
    """The players of one backend.

    Args:
        is_async: whether the driver is asyncio's.
        make_engine: makes an engine for a condition.
        number_of: asks for the server's number of a connection.
        keeps_connections: whether a connection may stay open between two scenes.

    """

    def __init__(
        self,
        *,
        is_async: bool,
        make_engine: Callable[[Condition], Engine],
        number_of: Callable[[Connection], Any],
        keeps_connections: bool,
    ) -> None:
        self._is_async = is_async
        self._make_engine = make_engine
        self._number_of = number_of
        self._keeps_connections = keeps_connections
        self._players: list[Player] = []

    @property
    def engines(self) -> int:
        """How many engines are kept."""
        return sum(player.places for player in self._players)

    def players(self, count: int) -> list[Player]:
        """Return so many players, always the same ones."""
        if self in _in_use:
            _in_use.remove(self)
        while sum(stage.engines for stage in [*_in_use, self]) > max(MOST_ENGINES - count, 0):
            (_in_use.pop(0) if _in_use else self).clear()
        _in_use.append(self)
        while len(self._players) < count:
            self._players.append(
                Player(
                    f"player {len(self._players) + 1}",
                    is_async=self._is_async,
                    make_engine=self._make_engine,
                    number_of=self._number_of,
                    keeps_connections=self._keeps_connections,
                )
            )
        return self._players[:count]

    def dismiss(self, player: Player) -> None:
        """Give up a player who does not come back from what it was told."""
        player.end()
        self._players.remove(player)

    def clear(self) -> None:
        """Dispose of all engines."""
        for player in self._players:
            player.clear()

    def close(self) -> None:
        """Dispose of all engines and end the threads."""
        self.clear()
        for player in self._players:
            player.end()
        for player in self._players:
            player.join()
        self._players.clear()
        if self in _in_use:
            _in_use.remove(self)
