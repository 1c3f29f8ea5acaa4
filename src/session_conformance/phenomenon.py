"""How a database keeps concurrent transactions apart: the answers to questions of isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scene import Actor

#: Name of each answer to the sentence that explains it.
PHENOMENON = {
    "allowed": "It happens, and every transaction that it concerns commits.",
    "prevented-by-an-error": "One transaction is refused with an error and rolled back.",
    "prevented-by-waiting": "One transaction waits for the other; none fails.",
    "prevented-by-visibility": "Nobody waits and nobody fails: a version is read that fits.",
}


def became(happened: bool, *concerned: Actor) -> str:
    """Return the answer: what became of a phenomenon.

    Args:
        happened: whether it was seen.
        concerned: those that have to commit for it to count.

    """
    if happened and all(actor.committed for actor in concerned):
        return "allowed"
    if any(actor.errors for actor in concerned):
        return "prevented-by-an-error"
    if any(actor.waited for actor in concerned):
        return "prevented-by-waiting"
    return "prevented-by-visibility"
