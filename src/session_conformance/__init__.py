"""Conformance suite for the SQLAlchemy ORM Session: what a case may import."""

from .async_patterns import ASYNC_PATTERNS, AsyncPattern
from .cancelling import cancel_at, cancel_at_each_await
from .condition import Condition
from .database import Database
from .declare import promise, question
from .error_kind import ERROR_KINDS, error_kind
from .models import Account, Base, Entry
from .patterns import PATTERNS, Pattern
from .phenomenon import PHENOMENON, became
from .scene import Actor, Step
from .trace import Watch
from .version import __version__
from .ways import (
    WAYS,
    Way,
    balances,
    balances_divisible,
    keys_with_balance,
    two_accounts,
)

__all__ = [
    "ASYNC_PATTERNS",
    "ERROR_KINDS",
    "PATTERNS",
    "PHENOMENON",
    "WAYS",
    "Account",
    "Actor",
    "AsyncPattern",
    "Base",
    "Condition",
    "Database",
    "Entry",
    "Pattern",
    "Step",
    "Watch",
    "Way",
    "__version__",
    "balances",
    "balances_divisible",
    "became",
    "cancel_at",
    "cancel_at_each_await",
    "error_kind",
    "keys_with_balance",
    "promise",
    "question",
    "two_accounts",
]
