"""Traces that came to the same by other statements: each line once, for the page's script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour


class Rolls:
    """Collects traces and gives each a number; `data` is what the script reads.

    A line is its session, the number of its text, the number of what was told of it, and its error.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], int] = {}
        self._told: dict[str, int] = {}
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._traces: dict[tuple[int, ...], int] = {}

    def add(self, behaviour: Behaviour) -> int:
        """Return the number of a trace."""
        several = len(behaviour.sessions) > 1
        found = []
        for item in behaviour.lines:
            text = clean(item.verb), clean(item.rest)
            line: tuple[str | int, ...] = (
                clean(item.session) if several else "",
                self._texts.setdefault(text, len(self._texts)),
                self._told.setdefault(clean(item.told), len(self._told)),
            )
            if item.error:
                line += (clean(item.error),)
            found.append(self._lines.setdefault(line, len(self._lines)))
        return self._traces.setdefault(tuple(found), len(self._traces))

    @property
    def data(self) -> str:
        """Everything collected, as JSON that may stand in a script element."""
        whole = {
            "texts": list(self._texts),
            "told": list(self._told),
            "lines": list(self._lines),
            "traces": list(self._traces),
        }
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        return text.replace("<", "\\u003c")
