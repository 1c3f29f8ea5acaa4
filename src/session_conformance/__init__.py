"""Conformance suite for the SQLAlchemy ORM Session: what a case may import."""

from .database import Database
from .declare import promise, question
from .models import Account, Base, Entry
from .trace import Watch
from .version import __version__

__all__ = [
    "Account",
    "Base",
    "Database",
    "Entry",
    "Watch",
    "__version__",
    "promise",
    "question",
]
