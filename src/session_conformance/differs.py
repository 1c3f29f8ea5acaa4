"""Declared differences: the tables `[differs."case-id"]` of a backend's or a database's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import unknown_key
from .results import Declared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
        for _, problem in problems(table):
            raise DiffersError(f'[differs."{case}"]: {problem}')
        entry = {key: value for key, value in table.items() if key not in ("variants", "cases")}
        for name in names(case, table):
            if name in found:
                raise DiffersError(f'[differs."{case}"]: “{name}” is declared twice.')
            found[name] = Declared(**entry)
    return found


def problems(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what is wrong with one entry: the key, and what to write; an empty key for the whole."""
    yield from ((key, wrong) for key in table if (wrong := unknown_key([key], KEYS)))
    yield from (("", f"the key “{key}” is missing.") for key in NEEDED if key not in table)
    if table.get("cause", CAUSES[0]) not in CAUSES:
        yield "cause", f"cause is one of {', '.join(CAUSES)}."
    if table.get("outcome", OUTCOMES[0]) not in OUTCOMES:
        yield "outcome", f"outcome is one of {', '.join(OUTCOMES)}."
    if "variants" in table and "cases" in table:
        yield "variants", "name variants or cases, not both."
    for key, value in table.items():
        if key in {"variants", "cases"} and not _is_list_of_words(value):
            yield key, f"{key} is a list of strings."
        elif key in KEYS - {"variants", "cases"} and not isinstance(value, str):
            yield key, f"{key} is a string."


def _is_list_of_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def names(case: str, table: Mapping[str, Any]) -> list[str]:
    """Return the cells that an entry speaks of, as `case` or `case/variant`."""
    if "cases" in table:
        return list(table["cases"])
    if "variants" in table:
        return [f"{case}/{variant}" for variant in table["variants"]]
    return [case]
