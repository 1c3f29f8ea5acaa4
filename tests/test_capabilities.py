"""What a backend's file declares is tried, and a wrong declaration fails the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from session_conformance.capability import CAPABILITIES
from session_conformance.cases import discover
from session_conformance.declare import CaseError, promise
from session_conformance.probed import hold
from session_conformance.results import Detail

from .faulty.command import run

if TYPE_CHECKING:
    from pathlib import Path

    from session_conformance.results import Outcome

WRONG = """
title = "wrongly declared"
database = "sqlite"
drivername = "sqlite+pysqlite"

[capabilities]
fk_enforcement = false
savepoints = true
"""


def test_each_capability_is_tried_by_one_case() -> None:
    tried = [case.probes for case, _ in discover().values() if case.probes]

    assert sorted(tried) == sorted(CAPABILITIES)


def test_a_capability_that_is_none_is_refused() -> None:
    with pytest.raises(CaseError, match="no capability “flight”"):
        promise("capabilities.flight", "It flies.", docs="none", probes="flight")


@pytest.mark.parametrize(
    ("declared", "found", "expected", "words"),
    [
        (True, "passed", "passed", None),
        (True, "failed", "failed", "Declared savepoints = true, but: lost"),
        (True, "error", "failed", "Declared savepoints = true, but: lost"),
        (True, "unsupported", "failed", "Declared savepoints = true, but: lost"),
        (True, "timeout", "timeout", "lost"),
        (False, "passed", "failed", "Declared savepoints = false, but the backend has it."),
        (False, "failed", "unsupported", "The backend has no savepoints (lost)."),
        (False, "error", "unsupported", "The backend has no savepoints (lost)."),
        (False, "unsupported", "unsupported", "The backend has no savepoints (lost)."),
        (False, "timeout", "timeout", "lost"),
    ],
)
def test_a_declaration_is_held_against_what_was_found(
    declared: bool, found: Outcome, expected: Outcome, words: str | None
) -> None:
    detail = None if found == "passed" else Detail(kind="exception", message="lost")

    outcome, said = hold("savepoints", declared, found, detail)

    assert outcome == expected
    assert (said.message if said else None) == words


def test_a_run_fails_over_wrong_declarations_and_says_which(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG, encoding="utf-8")

    ran = run(["--backend-file", str(file), "--case", "capabilities"], tmp_path / "out")

    assert ran.code == 1
    wrong = {found.case for found in ran.results.results if found.verdict == "undeclared"}
    assert wrong == {"capabilities.fk-enforcement", "capabilities.savepoints"}
    assert "Declared fk_enforcement = false, but the backend has it." in ran.said
    assert "Declared savepoints = true, but: " in ran.said


def test_what_a_chosen_case_needs_is_tried_with_it(tmp_path: Path) -> None:
    words = ["--backend", "sqlite-pysqlite", "--case", "opening-and-closing.forgotten-*"]

    ran = run(words, tmp_path / "out")

    tried = {found.case for found in ran.results.results if found.case.startswith("capabilities.")}
    assert tried == {"capabilities.reclaims-forgotten"}
