"""A cell is green only for a reason: planted cases that prove nothing do not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .faulty.command import ROOT, Ran, run

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = ROOT / "tests" / "faulty" / "planted" / "honesty.py"

EXPECTED = {
    "honest": ("passed", ""),
    "early-return": ("error", "never evaluated"),
    "unreached": ("error", "never evaluated"),
    "swallowed": ("error", "never evaluated"),
    "asserts-nothing": ("error", "does not end in an assertion"),
    "other-engine": ("error", "never spoke to the backend"),
    "only-observes": ("error", "never spoke to the backend"),
    "leaves-connection": ("error", "1 connection(s) not returned"),
    "skips": ("error", "Skipped"),
    "xfails": ("error", "XFailed"),
    "marked-skip": ("error", "Skipped"),
    "interrupts": ("error", "KeyboardInterrupt"),
    "exits": ("error", "SystemExit"),
    "broken": ("failed", "assert 1 == 2"),
    "hindered": ("error", "OperationalError"),
    "wrong-exception": ("failed", "OperationalError"),
    "no-exception": ("failed", "DID NOT RAISE"),
    "answers": ("answered", ""),
    "answers-twice": ("error", "left, right"),
    "answers-otherwise": ("error", "answered up"),
    "answers-nothing": ("error", "does not end in an assertion"),
    "still-honest": ("passed", ""),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of the planted cases, one after the other in one process."""
    out: Path = tmp_path_factory.mktemp("honesty")
    return run(["--backend", "sqlite-pysqlite", "--cases", str(PLANTED), "--jobs", "1"], out)


@pytest.mark.parametrize("name", EXPECTED)
def test_planted_case_ends_as_it_deserves(ran: Ran, name: str) -> None:
    outcome, words = EXPECTED[name]

    result = ran.result(f"honesty.{name}")

    message = result.detail.message if result.detail else ""
    assert result.outcome == outcome, message
    assert words in message


def test_every_planted_case_is_in_the_table_and_has_a_result(ran: Ran) -> None:
    assert {result.case for result in ran.results.results} == {f"honesty.{n}" for n in EXPECTED}


def test_the_run_is_complete_and_red(ran: Ran) -> None:
    assert ran.results.complete
    assert ran.code == 1
