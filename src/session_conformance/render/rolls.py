"""Traces for the page's script: each line, and each trace, stands once."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from session_conformance.render.behaviour import Behaviour
    from session_conformance.render.traces import Line, Sent

#: So many characters are worth a step more to the script that reads them.
MUCH = 100_000
#: What stands as the verb of a session that begins to wait.
WAIT = "⋮"


class Rolls:
    """Collects traces and lists of them and gives each a number; `data` is what the script reads.

    A line is a session, the number of its text, the number of the values that were sent, and the
    number of its error or None. A text is a verb, the rest, and how many rows were met where that
    counts: two lines differ where session or text do, or where one of them failed. A line as it was
    sent is a session, a text, and an error where there is one.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[str | int, ...], int] = {}
        self._told: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._lines: dict[tuple[str, int, int, int | None], int] = {}
        self._traces: dict[tuple[int, ...], int] = {}
        self._lists: dict[tuple[tuple[str, int], ...], int] = {}
        self._sent_lines: dict[tuple[str, ...], int] = {}
        self._sent: dict[tuple[int, ...], int] = {}
        self._ledger: dict[str, object] = {}

    def add(self, named: Iterable[tuple[str, Behaviour]]) -> int:
        """Return the number of a list of traces, each with a name."""
        listed = tuple((clean(name), self.trace(behaviour.lines)) for name, behaviour in named)
        return self._lists.setdefault(listed, len(self._lists))

    def trace(self, lines: Sequence[Line]) -> int:
        """Return the number of a trace that was made comparable."""
        found = []
        for item in lines:
            text: tuple[str | int, ...] = (
                WAIT if item.waits else clean(item.verb),
                clean(item.rest),
            )
            if item.counted is not None:
                text += (item.counted,)
            line = (
                clean(item.session),
                self._texts.setdefault(text, len(self._texts)),
                self._told.setdefault(clean(item.after), len(self._told)),
                self._errors.setdefault(clean(item.error), len(self._errors))
                if item.error is not None
                else None,
            )
            found.append(self._lines.setdefault(line, len(self._lines)))
        return self._traces.setdefault(tuple(found), len(self._traces))

    def sent(self, events: Sequence[Sent]) -> int:
        """Return the number of a trace as it was sent."""
        found = []
        for event in events:
            line = [clean(event.session), clean(event.text)]
            if event.error is not None:
                line.append(clean(event.error))
            found.append(self._sent_lines.setdefault(tuple(line), len(self._sent_lines)))
        return self._sent.setdefault(tuple(found), len(self._sent))

    def keep(self, ledger: dict[str, object]) -> None:
        """Take with the traces who left which of them."""
        self._ledger = ledger

    @property
    def data(self) -> str:
        """Everything collected, as JSON that may stand in a script element.

        Numbers that mostly grow by one stand as steps, which deflate to a third. Where it is much
        it is a string: the JSON deflated (RFC 1950), in Base64.
        """
        lines = list(self._lines)
        failed = [(place, error) for place, (*_, error) in enumerate(lines) if error is not None]
        whole = {
            "texts": list(self._texts),
            "told": list(self._told),
            "errors": list(self._errors),
            "lines": {
                "session": [session for session, *_ in lines],
                "text": steps([text for _, text, *_ in lines]),
                "told": steps([told for _, _, told, _ in lines]),
                "failed": steps([place for place, _ in failed]),
                "error": steps([error for _, error in failed]),
            },
            "traces": list(self._traces),
            "lists": list(self._lists),
            "sentLines": list(self._sent_lines),
            "sent": list(self._sent),
            **self._ledger,
        }
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        if len(text) > MUCH:
            return json.dumps(base64.b64encode(zlib.compress(text.encode(), 9)).decode())
        return text.replace("<", "\\u003c")


def steps(numbers: Sequence[int]) -> list[int]:
    """Return how far each number is from the one after its predecessor, which for the first is 0.

    `steps([0, 1, 2, 7])` is `[0, 0, 0, 4]`.
    """
    return [number - before - 1 for before, number in pairwise([-1, *numbers])]
