"""Declared differences: the tables `[differs."case-id"]` of a backend's or a database's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import unknown_key
from .results import Declared

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUSES = ("driver", "database", "sqlalchemy")
OUTCOMES = ("failed", "error", "timeout", "crashed", "answered")
NEEDED = ("outcome", "cause", "why", "source")
KEYS = {*NEEDED, "answer", "script", "variants", "cases"}


class DiffersError(Exception):
    """An entry that is wrong; the message names it and the rule."""


def read(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Declared]:
    """Read the entries of one file.

    Args:
        tables: case id to the keys of its table. `variants`, a list, limits an entry to these
            variants of its case; without it, an entry holds for the whole case. With `cases`, a
            list of `case` or `case/variant`, the entry's name is no case but a name of the cause
            that they share; each of them is held to it. `script` is the path of a program that
            shows the difference without this suite.

    Returns:
        `case` or `case/variant` to what is declared of it.

    Raises:
        DiffersError: a key is unknown, missing or has a value that is not allowed.

    """
    found: dict[str, Declared] = {}
    for case, table in tables.items():
        entry = dict(table)
        if wrong := unknown_key(entry, KEYS):
            raise DiffersError(f'[differs."{case}"]: {wrong}')
        missing = [key for key in NEEDED if key not in entry]
        if missing:
            raise DiffersError(f'[differs."{case}"]: the key “{missing[0]}” is missing.')
        if entry["cause"] not in CAUSES:
            raise DiffersError(f'[differs."{case}"]: cause is one of {", ".join(CAUSES)}.')
        if entry["outcome"] not in OUTCOMES:
            raise DiffersError(f'[differs."{case}"]: outcome is one of {", ".join(OUTCOMES)}.')
        variants = entry.pop("variants", None)
        cases = entry.pop("cases", None)
        if variants is not None and cases is not None:
            raise DiffersError(f'[differs."{case}"]: name variants or cases, not both.')
        names = [case] if variants is None else [f"{case}/{variant}" for variant in variants]
        for name in names if cases is None else cases:
            if name in found:
                raise DiffersError(f'[differs."{case}"]: “{name}” is declared twice.')
            found[name] = Declared(**entry)
    return found
