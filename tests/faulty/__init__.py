"""Faulty drivers: thin layers over good ones, each breaking one rule.

Importing this package registers them as SQLAlchemy dialects; a backend file does so by
`setup = "tests.faulty"`.
"""

from __future__ import annotations

from . import connections, errors, rows, statements, transactions
from .dialects import register
from .fault import FAULTS, HEALTHY, Fault

__all__ = [
    "FAULTS",
    "HEALTHY",
    "Fault",
    "connections",
    "errors",
    "rows",
    "statements",
    "transactions",
]

register()
