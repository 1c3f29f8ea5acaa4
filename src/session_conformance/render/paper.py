"""Markdown of a limited size."""

from __future__ import annotations

import html as entities
import re
from typing import TYPE_CHECKING

from session_conformance.render.marks import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterable


class Paper:
    """Takes lines until it is full; never cuts inside one.

    `limit` is in bytes of UTF-8.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._kept = 0
        self._lines: list[str] = []

    def _add(self, line: str) -> bool:
        cost = len(line.encode()) + 1
        # Room for one closing line about what was cut.
        if cost > self._left - 200:
            return False
        self._left -= cost
        self._lines.append(line)
        return True

    def text(self, line: str) -> None:
        """Add a paragraph."""
        self._add(line) and self._add("")

    def reserve(self, lines: list[str]) -> None:
        """Keep room for lines that are to come last."""
        self._kept = min(sum(len(line.encode()) + 1 for line in lines) + 50, self._left // 2)
        self._left -= self._kept

    def release(self) -> None:
        """Give the room back that was kept."""
        self._left += self._kept
        self._kept = 0

    def rows(self, heads: list[str], lines: Iterable[str], total: int) -> None:
        """Add a list or a table, of `total` lines; say how many found no room."""
        written = 0
        if all(self._add(head) for head in heads):
            for line in lines:
                if not self._add(line):
                    break
                written += 1
        if written < total:
            # The reserve of `_add` is for this line, so it is written past it.
            self._lines += ["", f"… {plural(total - written, 'more row')} cut; see report.html."]
            self._left -= len("\n".join(self._lines[-2:]).encode()) + 1
        self._lines.append("")
        self._left -= 1

    def read(self) -> str:
        """Return all that was added."""
        return "\n".join(self._lines).rstrip("\n") + "\n"


_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def escape(text: str) -> str:
    """Return `text` as Markdown that shows it as it is, on one line."""
    one = re.sub(r"\s+", " ", clean(text)).strip()
    marked = _SPECIAL.sub(r"\\\1", one)
    return entities.escape(marked, quote=False).replace("@", "&#64;")


def code(text: str) -> str:
    """Return `text` as inline code that also holds inside a table."""
    one = re.sub(r"\s+", " ", clean(text)).strip().replace("`", "'").replace("|", "\\|")
    return f"`{one}`" if one else ""
