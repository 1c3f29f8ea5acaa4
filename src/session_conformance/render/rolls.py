"""Traces that came to the same by other statements: each line once, for the page's script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour

#: session, verb, rest, values and rows, error
Shown = tuple[str, str, str, str, str]


class Rolls:
    """Collects traces and gives each a number; `data` is what the script reads."""

    def __init__(self) -> None:
        self._lines: dict[Shown, int] = {}
        self._traces: dict[tuple[int, ...], int] = {}

    def add(self, behaviour: Behaviour) -> int:
        """Return the number of a trace."""
        several = len(behaviour.sessions) > 1
        found = []
        for item in behaviour.lines:
            shown = (
                clean(item.session) if several else "",
                clean(item.verb),
                clean(item.rest),
                clean(item.told),
                clean(item.error or ""),
            )
            found.append(self._lines.setdefault(shown, len(self._lines)))
        return self._traces.setdefault(tuple(found), len(self._traces))

    @property
    def data(self) -> str:
        """Everything collected, as JSON that may stand in a script element."""
        whole = {"lines": list(self._lines), "traces": list(self._traces)}
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")
