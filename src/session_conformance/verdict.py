"""Holds outcomes against what the backend's file declares: strict both ways."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import Backend
    from .results import Declared, Result, Verdict

GOOD = ("passed", "answered", "unsupported")


def judge(backend: Backend, result: Result, version: str | None = None) -> Result:
    """Return `result` with its verdict and what it was held against.

    Args:
        backend: where it was had.
        result: as it came.
        version: the server's, on which the expected answer to a question may depend.

    """
    expected = backend.expectations.of(result.case, result.variant, version)
    answers = [one.answer for one in expected]
    if expected and result.outcome == "answered":
        result = dataclasses.replace(
            result, expected_answer=" or ".join(answers), answer_source=expected[0].source
        )
    declared = backend.declared(result.case, result.variant)
    if declared is None:
        handed = backend.handed_down(result.case, result.variant)
        # Who is like another one need not have all its faults.
        if handed is not None and _is_as(result, handed):
            declared = handed
    if declared is None or result.outcome == "unsupported":
        other = bool(expected) and result.answer not in (None, *answers)
        good = result.outcome in GOOD and not other
        verdict: Verdict = "expected" if good else "undeclared"
        return dataclasses.replace(result, verdict=verdict)
    if _is_as(result, declared):
        return dataclasses.replace(result, verdict="expected", declared=declared)
    verdict = "stale" if result.outcome in GOOD else "undeclared"
    return dataclasses.replace(result, verdict=verdict, declared=declared)


def _is_as(result: Result, declared: Declared) -> bool:
    return result.outcome == declared.outcome and declared.answer in (None, result.answer)
