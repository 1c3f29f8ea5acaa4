"""The words of a command that is to be given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def without(argv: Sequence[str], *options: str, flags: Sequence[str] = ()) -> list[str]:
    """Return a command's words without some of its options.

    Args:
        argv: the words.
        options: those that take a value, in the next word or behind `=`.
        flags: those that take none.

    """
    kept: list[str] = []
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word in options:
            skip = True
        elif word not in flags and word.partition("=")[0] not in options:
            kept.append(word)
    return kept
