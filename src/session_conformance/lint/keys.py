"""Of which type each key of a backend's and of a database's file is."""

from __future__ import annotations

from typing import Any

#: A list of strings, where `list` alone would be one of anything.
WORDS = list[str]

BACKEND: dict[str, Any] = {
    "title": str,
    "database": str,
    "drivername": str,
    "distribution": str,
    "extra": str,
    "core": bool,
    "async": bool,
    "connect_args": dict,
    "engine": dict,
    "capabilities": dict,
    "differs": dict,
    "setup": str,
    "storage": str,
    "begin": str,
    "begin_attribute": str,
    "python": str,
    "patience": float,
    "hooks": str,
    "answers": str,
    "like": str,
}

FAMILY: dict[str, Any] = {
    "title": str,
    "storage": str,
    "service": str,
    "maintenance": str,
    "observers": WORDS,
    "observer_connect_args": dict,
    "break_commit": str,
    "autocommit": str,
    "unfinished_sign": str,
    "waiting_sign": str,
    "never_waits": bool,
    "hangs_up": bool,
    "configurations": dict,
    "sequence_keys": bool,
    "no_reuse": dict,
    "column": int,
    "hooks": str,
    "locked_codes": WORDS,
    "denied_codes": WORDS,
    "on_connect": WORDS,
    "sql": dict,
    "capabilities": dict,
    "differs": dict,
}

_NAMES = {
    str: "a string",
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    dict: "a table",
    WORDS: "a list of strings",
}


def wrong_type(value: Any, wanted: Any) -> str | None:
    """Return what a value should be instead, None where it is of the wanted type."""
    if wanted is WORDS:
        fits = isinstance(value, list) and all(isinstance(word, str) for word in value)
    elif wanted in {int, float}:
        # To Python, true is a number.
        fits = isinstance(value, int | wanted) and not isinstance(value, bool)
    else:
        fits = isinstance(value, wanted)
    return None if fits else _NAMES[wanted]
