"""Conformance suite for the SQLAlchemy ORM Session: what a case may import."""

from .async_patterns import ASYNC_PATTERNS, AsyncPattern
from .cancelling import cancel_at, cancel_at_each_await
from .database import Database
from .declare import promise, question
from .models import Account, Base, Entry
from .patterns import PATTERNS, Pattern
from .trace import Watch
from .version import __version__

__all__ = [
    "ASYNC_PATTERNS",
    "PATTERNS",
    "Account",
    "AsyncPattern",
    "Base",
    "Database",
    "Entry",
    "Pattern",
    "Watch",
    "__version__",
    "cancel_at",
    "cancel_at_each_await",
    "promise",
    "question",
]
