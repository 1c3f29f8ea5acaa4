"""Which cases a run takes: by id, chapter or pattern."""

from __future__ import annotations

from fnmatch import fnmatchcase


class Selection:
    """Words that choose cases: `commit`, `commit.with-block-closes`, `*.close*`, `case/variant`."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def takes(self, case: str, variant: str | None = None) -> bool:
        """Tell whether a cell of this case and variant was chosen; no words choose everything."""
        return not self.words or any(_matches(word, case, variant) for word in self.words)

    def unmatched(self, cases: list[tuple[str, str | None]]) -> list[str]:
        """Return the words that choose none of these."""
        return [
            word
            for word in self.words
            if not any(_matches(word, case, variant) for case, variant in cases)
        ]


def _matches(word: str, case: str, variant: str | None) -> bool:
    pattern, _, wanted = word.partition("/")
    if wanted and not fnmatchcase(variant or "", wanted):
        return False
    chapter = case.partition(".")[0]
    return pattern in (case, chapter) or fnmatchcase(case, pattern)
