"""Under which condition a question is asked: an isolation level, in a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .keys import unknown_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEYS = {"on_connect", "before", "after", "levels"}
# A mode of the driver, not a level of isolation.
NO_LEVELS = {"AUTOCOMMIT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A setting of a database under which it answers otherwise.

    `on_connect` is sent on each connection of those who take part; `before` by the independent
    connection at the start, and `after` at the end of a cell. `levels` are the isolation levels at
    which it makes a difference, all where it names none.
    """

    name: str
    on_connect: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An isolation level, None where a database has none to choose, and a configuration."""

    level: str | None = None
    configuration: Configuration | None = None

    def __str__(self) -> str:
        words = [self.level or "only level"]
        if self.configuration is not None:
            words.append(self.configuration.name)
        return ", ".join(words)

    @property
    def engine_options(self) -> dict[str, Any]:
        """What `create_engine` takes for it."""
        return {} if self.level is None else {"isolation_level": self.level}


def conditions(levels: Iterable[str], configurations: Iterable[Configuration]) -> list[Condition]:
    """Return every condition: each level by itself, and in each configuration."""
    named = [level for level in levels if level not in NO_LEVELS]
    found = [Condition(level=level) for level in named] or [Condition()]
    for configuration in configurations:
        found += [
            Condition(level=condition.level, configuration=configuration)
            for condition in found[: max(len(named), 1)]
            if not configuration.levels or condition.level in configuration.levels
        ]
    return found


def read(tables: Mapping[str, Mapping[str, Any]]) -> tuple[Configuration, ...]:
    """Read the tables `[configurations.NAME]` of a database's file.

    Raises:
        ValueError: a key is unknown.

    """
    found = []
    for name, table in tables.items():
        if wrong := unknown_key(table, KEYS):
            raise ValueError(f"[configurations.{name}]: {wrong}")
        found.append(
            Configuration(name=name, **{key: tuple(value) for key, value in table.items()})
        )
    return tuple(found)
