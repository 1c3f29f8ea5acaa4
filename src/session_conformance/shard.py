"""A share of a run's cases, so that several machines can do one run."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from .exits import UsageError

_FORM = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `number` of `of`, counted from 1; written `2/5`."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/5`.

        Raises:
            UsageError: it has another form, or there is no such share.

        """
        found = _FORM.fullmatch(text.strip())
        if found is None or int(found[1]) > int(found[2]):
            raise UsageError(f"“{text}” is no shard: write 2/5 for the second of five.")
        return cls(int(found[1]), int(found[2]))

    def takes(self, case: str) -> bool:
        """Tell whether a case is in this share, by its id alone.

        So its variants and backends stay together, and every machine decides alike.
        """
        digest = hashlib.sha256(case.encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
