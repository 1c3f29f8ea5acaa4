"""How each outcome is shown: sign, word, sentence; and how foreign text is made harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from session_conformance.results import Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """One outcome's looks: `sign` is one character, `style` a CSS class, `ansi` an SGR code."""

    sign: str
    word: Outcome
    meaning: str
    style: str
    ansi: str


MARKS: dict[str, Mark] = {
    mark.word: mark
    for mark in (
        Mark("✓", "passed", "The promise held.", "ok", "34"),
        Mark("✗", "failed", "The promise did not hold.", "no", "1;31"),
        Mark(
            "A",
            "answered",
            "A question's answer, lettered in the order of its list; no answer is a failure.",
            "an",
            "33",
        ),
        Mark(
            "\N{EN DASH}",
            "unsupported",
            "The backend lacks a capability the case needs.",
            "un",
            "90",
        ),
        Mark("!", "error", "The case could not be carried out, so nothing is known.", "er", "35"),
        Mark("⧗", "timeout", "The time limit stopped it; the trace shows where.", "er", "35"),
        Mark("↯", "crashed", "The interpreter died while the case ran.", "er", "35"),
        Mark("?", "unreachable", "The server or its driver was not there.", "nr", "90"),
        Mark("·", "not run", "Deselected, or the run ended before it.", "nr", "90"),
    )
}

DECLARED, UNDECLARED, STALE = "d", "u", "s"
VERDICTS = {
    DECLARED: ("declared", "The backend's file names this difference and its cause: see the note."),
    UNDECLARED: ("undeclared", "Nobody declared it: this makes the run fail."),
    STALE: (
        "stale",
        "Declared as different, which no longer happens: this too makes the run fail.",
    ),
}
SUPERSCRIPT = {DECLARED: "ᵈ", UNDECLARED: "ᵘ", STALE: "ˢ"}

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Return `text` with control and direction characters replaced by visible ones.

    A driver's message may hold escape sequences; they must reach neither a terminal nor XML.
    Newlines and tabs stay.
    """
    return _UNSAFE.sub(_picture, text.replace("\r\n", "\n"))


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return `count` with its noun: `1 promise`, `2 promises`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def number(count: int) -> str:
    """Return a count with its thousands apart."""
    return f"{count:,}".replace(",", "\u2009")


def listing(words: list[str]) -> str:
    """Return `words` as a list in a sentence: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def seconds(value: float) -> str:
    """Return a duration in the unit a reader would use."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"
