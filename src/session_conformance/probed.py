"""Holds what a capability's case found against what the backend's file declares."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .results import Detail

if TYPE_CHECKING:
    from .results import Outcome

HINDERED = ("failed", "error", "unsupported")


def hold(
    capability: str, declared: bool, outcome: Outcome, detail: Detail | None
) -> tuple[Outcome, Detail | None]:
    """Return the outcome of a capability's case: a wrong declaration is a failure, both ways.

    Args:
        capability: its name.
        declared: whether the backend's file says that it has it.
        outcome: what the body of the case came to, as that of any other case.
        detail: why, None where it passed.

    Returns:
        `passed` where it is declared and works, `unsupported` where neither; `failed` where the
        two disagree. What took the process or its time stays what it was.

    """
    if declared and outcome in HINDERED:
        message = f"Declared {capability} = true, but: {detail.message if detail else outcome}"
        if detail is None:
            return "failed", Detail(kind="assertion", message=message)
        kind = "assertion" if detail.kind == "capability" else detail.kind
        # The sentence says more than the line of code.
        return "failed", dataclasses.replace(detail, kind=kind, message=message, line=None)
    if declared or outcome not in (*HINDERED, "passed"):
        return outcome, detail
    if outcome == "passed":
        message = f"Declared {capability} = false, but the backend has it."
        return "failed", Detail(kind="assertion", message=message)
    why = f" ({detail.message})" if detail and detail.kind != "capability" else ""
    return "unsupported", Detail(
        kind="capability", message=f"The backend has no {capability}{why}."
    )
