"""Which cases a run takes: by id, chapter or pattern."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Selection:
    """Words that choose cells.

    By case (`commit`, `commit.with-block-closes`, `*.close*`), by variant too (`case/variant`), on
    one backend (`case@backend`, `case/variant@backend`).
    """

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def takes(self, case: str, variant: str | None = None, backend: str | None = None) -> bool:
        """Tell whether a cell was chosen; no words choose everything.

        Args:
            case: its case's id.
            variant: its variant, None for a case without any.
            backend: its backend's id, None for any.

        """
        return not self.words or any(_matches(word, case, variant, backend) for word in self.words)

    def unmatched(self, cases: Iterable[str], backends: Collection[str]) -> list[str]:
        """Return the words that choose none of these cases, or none of these backends."""
        parted = [(word, *word.partition("@")[::2]) for word in self.words]
        cases = list(cases)
        return [
            word
            for word, case, backend in parted
            if not any(_matches(case.partition("/")[0], found, None, None) for found in cases)
            or (backend and not any(fnmatchcase(found, backend) for found in backends))
        ]


def _matches(word: str, case: str, variant: str | None, backend: str | None) -> bool:
    word, _, place = word.partition("@")
    if place and backend is not None and not fnmatchcase(backend, place):
        return False
    pattern, _, wanted = word.partition("/")
    if wanted and not fnmatchcase(variant or "", wanted):
        return False
    chapter = case.partition(".")[0]
    return pattern in (case, chapter) or fnmatchcase(case, pattern)
