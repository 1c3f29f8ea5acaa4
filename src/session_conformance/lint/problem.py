"""One thing that is wrong in a file, and where."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """A place in a file, the rule that it breaks, and a sentence that says what to do.

    `line` and `column` count from 1. A `warning` is worth a look and makes nothing fail.
    """

    path: Path
    line: int = 1
    column: int = 1
    rule: str
    message: str
    level: Literal["error", "warning"] = "error"

    def text(self) -> str:
        """Return it as compilers print theirs, which editors can follow."""
        warning = "warning: " if self.level == "warning" else ""
        return (
            f"{shown(self.path)}:{self.line}:{self.column}: {warning}{self.message} [{self.rule}]"
        )

    def pack(self) -> dict[str, Any]:
        """Return it as built-in types, for JSON."""
        return {**dataclasses.asdict(self), "path": shown(self.path)}


def shown(path: Path) -> str:
    """Return a path as a person would type it: from the current folder where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return os.fspath(path)
