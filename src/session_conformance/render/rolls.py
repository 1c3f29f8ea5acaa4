"""Traces that came to the same by other statements: each line once, for the page's script."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.render.behaviour import Behaviour

#: So many characters are worth a step more to the script that reads them.
MUCH = 100_000


class Rolls:
    """Collects lists of traces and gives each a number; `data` is what the script reads.

    A line is its session, the number of its text, the number of what was told of it, and its error.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], int] = {}
        self._told: dict[str, int] = {}
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._traces: dict[tuple[int, ...], int] = {}
        self._lists: dict[tuple[tuple[str, int], ...], int] = {}

    def add(self, named: Iterable[tuple[str, Behaviour]]) -> int:
        """Return the number of a list of traces, each with a name."""
        listed = tuple((clean(name), self._trace(behaviour)) for name, behaviour in named)
        return self._lists.setdefault(listed, len(self._lists))

    def _trace(self, behaviour: Behaviour) -> int:
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
        """Everything collected, as JSON that may stand in a script element.

        Where it is much it is a string: the JSON deflated (RFC 1950), in Base64.
        """
        whole = {
            "texts": list(self._texts),
            "told": list(self._told),
            "lines": list(self._lines),
            "traces": list(self._traces),
            "lists": list(self._lists),
        }
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        if len(text) > MUCH:
            return json.dumps(base64.b64encode(zlib.compress(text.encode(), 9)).decode())
        return text.replace("<", "\\u003c")
