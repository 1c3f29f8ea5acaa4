"""Conformance suite for the SQLAlchemy ORM Session: what a case may import."""

from .database import Database
from .declare import promise, question
from .models import Account, Base, Entry
from .patterns import PATTERNS, Pattern
from .trace import Watch
from .version import __version__

__all__ = [
    "PATTERNS",
    "Account",
    "Base",
    "Database",
    "Entry",
    "Pattern",
    "Watch",
    "__version__",
    "promise",
    "question",
]
