"""What helps where databases differ, written down by chapter: `suite/advice/CHAPTER.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .content import content
from .keys import unknown_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: How much a difference hurts, the worst first: name to heading.
HURTS = {
    "silent": "Data lost or changed, and nothing raised",
    "error": "Errors that come at one of them only",
    "visibility": "Other values seen",
    "waiting": "Waiting at one of them only",
    "lacking": "Not to be had at one of them",
}

_KEYS = {"hurts", "text"}


class AdviceError(Exception):
    """A file of advice that is wrong; the message names it, the case and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How much a difference in a case hurts, None where that depends, and what to write instead."""

    hurts: str | None = None
    text: str = ""


def advice() -> Mapping[str, Advice]:
    """Return what is known to help, by case."""
    return read(content("suite") / "advice")


@cache
def read(folder: Path) -> Mapping[str, Advice]:
    """Read every file of a folder.

    Raises:
        AdviceError: a file is no TOML, a key or a word is unknown, or two files speak of one case.

    """
    found: dict[str, Advice] = {}
    where: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise AdviceError(f"{path} is not valid TOML: {error}.") from error
        for case, table in tables.items():
            if case in found:
                raise AdviceError(f"{where[case]} and {path} both speak of “{case}”.")
            found[case], where[case] = _advice(table, f'{path} ["{case}"]'), path
    return found


def _advice(table: Any, where: str) -> Advice:
    if not isinstance(table, dict):
        raise AdviceError(f"{where}: a table is expected.")
    if wrong := unknown_key(table, _KEYS):
        raise AdviceError(f"{where}: {wrong}")
    if table.get("hurts") not in {None, *HURTS}:
        raise AdviceError(f"{where}: hurts is one of {', '.join(HURTS)}.")
    return Advice(hurts=table.get("hurts"), text=str(table.get("text", "")))
