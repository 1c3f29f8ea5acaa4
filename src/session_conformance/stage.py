"""Where scenes are played: what is kept from one to the next, since making it takes longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .player import Player

if TYPE_CHECKING:
    from .player import Equipment

# Engines of a process that stay ready, each with a connection: three for each condition of a
# backend, of which there are ten at most. Where cells come in any order, those of the stage used
# longest ago go first.
MOST_ENGINES = 36
_in_use: list[Stage] = []


class Troupe:
    """Players who are kept from scene to scene."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._players: list[Player] = []

    def players(self, count: int) -> list[Player]:
        """Return so many players, always the same ones."""
        while len(self._players) < count:
            self._players.append(Player(f"player {len(self._players) + 1}", self._equipment))
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


class Stage(Troupe):
    """The players of one backend, among those of others that a process keeps."""

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
        return super().players(count)

    def close(self) -> None:
        """Dispose of all engines and end the threads."""
        super().close()
        if self in _in_use:
            _in_use.remove(self)
