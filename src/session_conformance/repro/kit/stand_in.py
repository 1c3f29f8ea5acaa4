"""Stands in for the few words of pytest that cases use, in scripts that stand alone."""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What was raised where a case promises another exception.
UNEXPECTED: list[BaseException] = []


# The case says pytest.raises, and is to read as it was written.
class pytest:  # noqa: N801
    """The words of pytest that are known here; the others belong to its runner."""

    class raises:  # noqa: N801
        """Take the promised exception."""

        value: Any

        def __init__(self, expected: Any, match: str = "") -> None:
            self.expected = expected
            self.match = match

        def __enter__(self) -> Any:
            return self

        def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
            if error is None:
                raise AssertionError(f"Nothing was raised; promised: {self.expected}.")
            if not isinstance(error, self.expected):
                UNEXPECTED.append(error)
                return False
            self.value = error
            assert re.search(self.match, str(error)), f"{error} does not say “{self.match}”."  # noqa: S101
            return True

    @staticmethod
    @contextmanager
    def warns(expected: Any, match: str = "") -> Iterator[list[Any]]:
        """Take the promised warning."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield heard
        told = [str(found.message) for found in heard if issubclass(found.category, expected)]
        assert any(re.search(match, text) for text in told), f"No warning “{match}”: {told}"  # noqa: S101

    @staticmethod
    def fail(reason: str) -> None:
        """Say that the promise is broken."""
        raise AssertionError(reason)

    class MonkeyPatch:
        """Replaces attributes; nothing is put back, since the script ends with its case."""

        setattr = staticmethod(setattr)


__all__ = ["UNEXPECTED", "pytest"]
