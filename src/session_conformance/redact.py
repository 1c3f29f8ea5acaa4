"""Passwords are cut out when something is recorded, not when it is shown."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
SHORT = 3

# user:password@ in anything that looks like a URL, also in a driver's own words.
_IN_URL = re.compile(r"(?P<head>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@'\"]*:)(?P<secret>[^\s'\"]*)@")
_AS_OPTION = re.compile(
    r"(?i)(?P<head>\b(?:password|passwd|pwd)\b['\"]?\s*[=:]\s*)(?P<secret>'[^']*'|\"[^\"]*\"|[^\s,;)&]+)"
)


class Secrets:
    """The passwords of this run, in every spelling in which a driver may repeat them."""

    def __init__(self, passwords: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        # The same statements come again and again.
        self._cut = lru_cache(maxsize=1024)(self._look)
        for password in passwords:
            self.add(password)

    def add(self, password: str | None) -> None:
        """Remember a password; one that is empty is nobody's secret."""
        if password:
            self._spellings |= {password, quote(password, safe=""), quote_plus(password)}
            self._spellings |= {repr(password)[1:-1], quote(password)}
            self._cut.cache_clear()

    def cut(self, text: str) -> str:
        """Return `text` without any password: known ones, and what stands where one would."""
        return self._cut(text)

    def _look(self, text: str) -> str:
        for spelling in sorted(self._spellings, key=len, reverse=True):
            if spelling.isalnum():
                # A password that is a word must not be cut out of the middle of other words, and
                # one as short as a column's name not out of a dotted name either.
                part = r"[\w.]" if len(spelling) <= SHORT else r"\w"
                text = re.sub(rf"(?<!{part}){re.escape(spelling)}(?!{part})", MASK, text)
            else:
                text = text.replace(spelling, MASK)
        text = _IN_URL.sub(rf"\g<head>{MASK}@", text)
        return _AS_OPTION.sub(rf"\g<head>{MASK}", text)
