"""What to do about a failure, where its message or trace says enough: `suite/remedies.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from session_conformance.content import content

if TYPE_CHECKING:
    from session_conformance.render.model import Cell
    from session_conformance.render.traces import Line


@dataclass(frozen=True, slots=True)
class Remedy:
    """One rule: cells that it fits, and what to do about them.

    `message` and `error` are regular expressions, for the cell's own message and for what the
    driver raised in the first line that differs; `cases` are patterns as of a shell.
    """

    text: str
    cases: tuple[str, ...]
    message: re.Pattern[str] | None
    error: re.Pattern[str] | None

    def fits(self, cell: Cell, line: Line | None) -> bool:
        """Tell whether it speaks of this failure."""
        if self.cases and not any(fnmatchcase(cell.case.id, pattern) for pattern in self.cases):
            return False
        detail = cell.result.detail if cell.result else None
        if self.message and not (detail and self.message.search(detail.message)):
            return False
        return self.error is None or bool(line and line.error and self.error.search(line.error))


@cache
def remedies() -> tuple[Remedy, ...]:
    """Read the rules, the most special first."""
    data = tomllib.loads((content("suite") / "remedies.toml").read_text(encoding="utf-8"))

    def pattern(entry: dict[str, str], key: str) -> re.Pattern[str] | None:
        return re.compile(entry[key]) if key in entry else None

    return tuple(
        Remedy(
            text=entry["text"],
            cases=tuple(entry.get("cases", ())),
            message=pattern(entry, "message"),
            error=pattern(entry, "error"),
        )
        for entry in data["remedy"]
    )


def advice_for(cell: Cell, line: Line | None) -> str | None:
    """Return what to do about a failing cell, None where no rule speaks of it.

    Args:
        cell: that fails.
        line: of its trace, the first that a healthy driver does not have; None where there is none.

    """
    return next((one.text for one in remedies() if one.fits(cell, line)), None)
