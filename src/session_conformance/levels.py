"""How far a driver is: the levels of `suite/levels.toml`, one for each chapter of cases."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from .content import content

#: The level of a chapter that nobody gave one, such as somebody's own.
FIRST = "core"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level: its name, one sentence on what it asks for, and its chapters."""

    name: str
    text: str
    chapters: tuple[str, ...]


@cache
def levels() -> tuple[Level, ...]:
    """Read the levels, the one that asks for least first."""
    data = tomllib.loads((content("suite") / "levels.toml").read_text(encoding="utf-8"))
    return tuple(
        Level(name=name, text=entry["text"], chapters=tuple(entry["chapters"]))
        for name, entry in data.items()
    )


@cache
def level_of(chapter: str) -> str:
    """Return the name of a chapter's level."""
    return next((level.name for level in levels() if chapter in level.chapters), FIRST)
