"""Where the keys and values of a TOML file stand; the parser of Python keeps no lines."""

from __future__ import annotations

import re

_TABLE = re.compile(r"^\s*\[\[?\s*(?P<name>.+?)\s*\]\]?\s*(#.*)?$")
_WORD = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*(?P<key>{_WORD}(?:\.{_WORD})*)\s*=")
_PART = re.compile(_WORD)


class Places:
    """Line and column of what stands in a file, as far as a look at each line can tell.

    Good for the files of this suite, whose tables have a head of their own. What is not found is
    taken to stand where the table that holds it begins, or on the first line.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._found: dict[tuple[str, ...], tuple[int, int]] = {(): (1, 1)}
        table: tuple[str, ...] = ()
        for number, line in enumerate(self._lines, 1):
            if matched := _TABLE.match(line):
                table = _parts(matched["name"])
                for length in range(1, len(table) + 1):
                    self._found.setdefault(table[:length], (number, 1))
            elif matched := _KEY.match(line):
                key = (*table, *_parts(matched["key"]))
                self._found.setdefault(key, (number, matched.start("key") + 1))

    def of(self, *keys: str) -> tuple[int, int]:
        """Return line and column of a key, given as the path of tables to it, both from 1."""
        path = tuple(keys)
        while path not in self._found:
            path = path[:-1]
        return self._found[path]

    def of_value(self, value: str, *keys: str) -> tuple[int, int]:
        """Return where a string stands that is the value of a key, or in a list that is."""
        line, column = self.of(*keys)
        # A key of one line and a list of many begin alike.
        for number, text in enumerate(self._lines[line - 1 :], line):
            if number > line and (_TABLE.match(text) or _KEY.match(text)):
                break
            for quoted in (f'"{value}"', f"'{value}'"):
                if (at := text.find(quoted, column - 1 if number == line else 0)) >= 0:
                    return number, at + 1
        return line, column


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(name))
