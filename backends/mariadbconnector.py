# ruff: noqa: INP001 -- read by its path, beside the file it belongs to
"""MariaDB Connector/Python: what keeps a defect of it from ending other cells' processes."""

from __future__ import annotations

import os
from typing import Any

# How many cursors of one connection may be left to the garbage collector.
SPARE = 200

_kept: list[list[Any]] = []


def _let_go() -> None:
    """Let a child collect the newest connection as it would without this.

    Of the older ones references may be lost already.
    """
    if _kept:
        _kept.pop()


os.register_at_fork(after_in_child=_let_go)


def prepare(connection: Any) -> None:
    """Hold spare references to each connection.

    A cursor that the cyclic garbage collector frees takes one reference too many of its connection,
    which is then freed while it is in use: the interpreter dies sooner or later, in a cell that has
    nothing to do with it. The cell that is about it is `pooling.collected-cursors`.
    """
    _kept.append([connection] * SPARE)
