"""Faulty drivers: thin layers over good ones, each breaking one rule.

Importing this package registers them as SQLAlchemy dialects; a backend file does so by
`setup = "tests.faulty"`.
"""

from __future__ import annotations

from . import (
    connections,
    cursors,
    disconnects,
    errors,
    parameters,
    rows,
    savepoints,
    statements,
    tasks,
    transactions,
    values,
)
from .dialects import register
from .fault import FAULTS, HEALTHY, Fault

__all__ = [
    "FAULTS",
    "HEALTHY",
    "Fault",
    "connections",
    "cursors",
    "disconnects",
    "errors",
    "parameters",
    "rows",
    "savepoints",
    "statements",
    "tasks",
    "transactions",
    "values",
]

register()
