"""Holds outcomes against what the backend's file declares: strict both ways."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import Backend
    from .results import Result, Verdict

GOOD = ("passed", "answered", "unsupported")


def judge(backend: Backend, result: Result) -> Result:
    """Return `result` with its verdict and the declaration it was held against."""
    declared = backend.declared(result.case, result.variant)
    if declared is None or result.outcome == "unsupported":
        verdict: Verdict = "expected" if result.outcome in GOOD else "undeclared"
        return dataclasses.replace(result, verdict=verdict)
    if result.outcome == declared.outcome and declared.answer in (None, result.answer):
        return dataclasses.replace(result, verdict="expected", declared=declared)
    verdict = "stale" if result.outcome in GOOD else "undeclared"
    return dataclasses.replace(result, verdict=verdict, declared=declared)
