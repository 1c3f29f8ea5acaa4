"""The tour as text: what a person reads while walking up the ladder."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .patterns import source_of
from .tour import BEFORE, pay, pay_and_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tour import Balances, Look, Remembered, Rung, Stop
    from .trace import Event

NARROWEST = 40
WIDEST = 100
_POOL = {
    "connect": "(a new connection is made)",
    "check-out": "(connection taken from the pool)",
    "check-in": "(connection given back to the pool)",
    "invalidate": "(connection found dead and thrown away)",
    "close": "(connection closed)",
}
_COLORS = {"BEGIN": "blue", "COMMIT": "green", "ROLLBACK": "red"}


@dataclass(frozen=True, slots=True)
class Page:
    """How wide the text is, in columns, and whether it has colours."""

    width: int
    color: bool = False

    def opening(self, stop: Stop, rungs: int) -> str:
        """The words before the first rung."""
        ladder = "one rung" if rungs == 1 else f"{rungs} patterns, from all by hand upwards"
        return "\n".join(
            [
                self._paint("The ladder of Session patterns", bold=True),
                f"on {stop.title} · {stop.where}",
                "",
                *self._wrap(
                    f"{ladder}. Each is given the same work, in a database that holds one "
                    f"account, {_balances(BEFORE)}:",
                ),
                "",
                *self._code(source_of(pay)),
                "",
                *self._wrap("and then the same work again, interrupted by an exception:"),
                "",
                *self._code(source_of(pay_and_fail)),
                "",
                *self._wrap(
                    "The numbered lines are what SQLAlchemy handed to the driver. BEGIN "
                    "(implicit) is no statement: the driver opens the transaction by itself. "
                    f"What is stored is what {stop.witness} sees afterwards.",
                ),
                "",
            ]
        )

    def rung(self, rung: Rung, number: int, rungs: int) -> str:
        """All there is to see of one pattern."""
        head = f"── {number} of {rungs} · {rung.pattern.id} "
        lines = [
            self._paint(head + "─" * (self.width - len(head)), bold=True),
            *self._wrap(rung.pattern.sentence),
            "",
            *self._code(rung.pattern.code),
            "",
            self._paint("It runs", bold=True),
            *self._events(rung.success.events),
            *self._afterwards(rung.success),
            "",
            self._paint("An exception is raised in it", bold=True),
            *self._events(rung.failure.events),
            *self._afterwards(rung.failure),
        ]
        for sentence in rung.surprises:
            wrapped = self._wrap(f"! {sentence}")
            lines += ["", *(self._paint(line, fg="red", bold=True) for line in wrapped)]
        return "\n".join([*lines, ""])

    def closing(self, rungs: Sequence[Rung]) -> str:
        """What the patterns have in common, and in what they differ."""
        lines = [self._paint("─" * self.width, bold=True)]
        if len(rungs) > 1:
            lines += ["What they have in common, and where they part:", ""]
        for purpose, looks in (
            ("On success", {rung.pattern.id: rung.success for rung in rungs}),
            ("On an exception", {rung.pattern.id: rung.failure for rung in rungs}),
        ):
            groups: dict[str, list[str]] = {}
            for name, look in looks.items():
                steps = " · ".join(_word(found) for found in look.events if found.kind != "reset")
                objects = "; ".join(_short(found) for found in look.objects)
                seen = f"{steps}. {objects}. Stored: {_balances(look.stored)}."
                groups.setdefault(seen, []).append(name)
            for steps, names in groups.items():
                alike = len(groups) == 1 and len(names) > 1
                who = f"all {len(names)} patterns alike" if alike else ", ".join(names)
                lines += [*self._wrap(f"{purpose}, {who}: {steps}"), ""]
        surprised = [rung.pattern.id for rung in rungs if rung.surprises]
        if surprised:
            lines += self._wrap(f"Not as it should be: {', '.join(surprised)}.")
        return "\n".join(lines)

    def _events(self, events: Sequence[Event]) -> list[str]:
        lines: list[str] = []
        number = 0
        for found in events:
            if found.kind == "reset":
                # The pool's own look at a connection that comes back; nothing is sent for it here.
                continue
            if found.kind == "note":
                lines.append(self._paint(f"        -- {found.text} --", dim=True))
                continue
            number += 1
            lines += self._event(number, found)
        return lines

    def _event(self, number: int, found: Event) -> list[str]:
        if found.kind in _POOL:
            lines = [self._paint(_POOL[found.kind], dim=True)]
        elif found.kind == "sql":
            lines = _folded(" ".join((found.text or "").split()), self.width - 8)
            lines = [self._paint(line, fg="cyan") for line in lines]
            if found.parameters:
                lines += [f"  {line}" for line in _folded(found.parameters, self.width - 10)]
        else:
            verb = found.verb + (" (implicit)" if found.verb == "BEGIN" else "")
            lines = [self._paint(verb, fg=_COLORS.get(found.verb), bold=True)]
        if found.error:
            lines += [self._paint(line, fg="red") for line in _folded(found.error, self.width - 8)]
        first, *rest = lines
        return [f"    {number:>2}  {first}", *(f"        {line}" for line in rest)]

    def _afterwards(self, look: Look) -> list[str]:
        lines: list[str] = []
        if look.caught is not None:
            same = (
                "the very object that was raised"
                if look.caught is look.raised
                else "not the object that was raised"
                if look.raised
                else "not raised by the work"
            )
            lines += self._item("came out", f"{type(look.caught).__name__}, {same}")
        for found in look.objects:
            lines += self._item(found.name, _memory(found))
        return [*lines, *self._item("stored", _balances(look.stored))]

    def _item(self, name: str, text: str) -> list[str]:
        indent = " " * 20
        return textwrap.wrap(
            text, self.width, initial_indent=f"    {name:<16}", subsequent_indent=indent
        )

    def _code(self, source: str) -> list[str]:
        return [f"    {line}".rstrip() for line in source.splitlines()]

    def _wrap(self, text: str) -> list[str]:
        return textwrap.wrap(text, self.width, break_long_words=False, break_on_hyphens=False)

    def _paint(
        self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None
    ) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if self.color else text


def _folded(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)


def _word(found: Event) -> str:
    words = {
        "check-out": "connection taken",
        "check-in": "connection given back",
        "note": f"({found.text})",
    }
    return words.get(found.kind, found.verb)


def _memory(found: Remembered) -> str:
    said = [found.state]
    if found.expired:
        said.append(f"expired: {', '.join(found.expired)}")
    if found.loaded:
        said.append(f"still loaded: {', '.join(found.loaded)}")
    said.append(f"reading its balance gives {found.reading}")
    return "; ".join(said)


def _short(found: Remembered) -> str:
    return f"{found.name} {found.state}, {'expired' if found.expired else 'values kept'}"


def _balances(stored: Balances) -> str:
    return ", ".join(f"{owner} with {balance}" for owner, balance in stored.items()) or "nothing"
