"""Keys of the tables in the suite's TOML files."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def unknown_key(table: Iterable[str], known: Collection[str]) -> str | None:
    """Return what is wrong with the keys of a table, None where all of them are known."""
    key = next((key for key in table if key not in known), None)
    if key is None:
        return None
    near = difflib.get_close_matches(key, list(known), 1)
    hint = f"Did you mean “{near[0]}”?" if near else f"Known: {', '.join(sorted(known))}."
    return f"unknown key “{key}”. {hint}"
