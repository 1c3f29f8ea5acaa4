"""Versions of servers and of the suite, and what is true of some of them only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_NUMBER = re.compile(r"\d+(\.\d+)*")


def fits(versions: SpecifierSet, version: str | None) -> bool:
    """Tell whether a server's version is among `versions`; one that tells none is taken for new.

    Args:
        versions: such as `>=11.6`; an empty one holds every version.
        version: as the server tells it, with words around it or not.

    """
    number = _NUMBER.search(version or "")
    return number is None or Version(number.group()) in versions


def is_of(since: str, as_of: str | None) -> bool:
    """Tell whether a case that exists since one version of the suite was there in another.

    Args:
        since: the version that had it first.
        as_of: the other one, None for the newest.

    """
    return as_of is None or Version(since) <= Version(as_of)
