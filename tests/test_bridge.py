"""What an asynchronous cell leaves behind does not pass unseen, nor does it hurt the next cell."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING

import pytest

from session_conformance.bridge import Bridge

from .faulty.command import ROOT, Ran, run

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = ROOT / "tests" / "faulty" / "planted" / "tasks.py"

EXPECTED = {
    "honest": ("passed", ""),
    "broken": ("failed", "assert 1 == 2"),
    "early-return": ("error", "never evaluated"),
    "cancelled": ("error", "CancelledError"),
    "leaves-task": ("error", "the unfinished task Event.wait"),
    "unheard-task": ("error", "LookupError('nobody hears this')"),
    "never-awaited": ("error", "coroutine 'fails' was never awaited"),
    "never-awaited-sync": ("error", "coroutine 'fails' was never awaited"),
    "unclosed": ("error", "ResourceWarning: unclosed connection"),
    "leaves-connection": ("error", "1 connection(s) not returned"),
    "forgets-connection": ("error", "non-checked-in connection"),
    "swallows": ("failed", "await 1, when cancelled: None"),
    "keeps": ("failed", "assert not True"),
    "each-await": ("passed", ""),
    "beyond": ("passed", ""),
    "still-honest": ("passed", ""),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of the planted cases, one after the other in one process."""
    if importlib.util.find_spec("aiosqlite") is None:
        pytest.skip("no aiosqlite, the asynchronous driver that needs no server")
    out: Path = tmp_path_factory.mktemp("tasks")
    return run(["--backend", "sqlite-aiosqlite", "--cases", str(PLANTED), "--jobs", "1"], out)


@pytest.mark.parametrize("name", EXPECTED)
def test_planted_case_ends_as_it_deserves(ran: Ran, name: str) -> None:
    outcome, words = EXPECTED[name]

    result = ran.result(f"tasks.{name}")

    message = result.detail.message if result.detail else ""
    assert result.outcome == outcome, message
    assert words in message


def test_every_planted_case_is_in_the_table_and_has_a_result(ran: Ran) -> None:
    assert {result.case for result in ran.results.results} == {f"tasks.{n}" for n in EXPECTED}


def test_a_task_that_outlived_its_cell_is_ended() -> None:
    bridge = Bridge(is_async=True)
    tasks: list[asyncio.Task[bool]] = []

    async def leave() -> None:
        tasks.append(asyncio.create_task(asyncio.Event().wait()))

    bridge.run(leave())

    assert bridge.leftovers() == ["the unfinished task Event.wait"]
    assert tasks[0].cancelled()
    assert bridge.leftovers() == []
    bridge.close()


def test_interrupts_come_out_of_the_loop_as_they_went_in() -> None:
    bridge = Bridge(is_async=True)
    interrupt = KeyboardInterrupt()

    async def stop() -> None:
        raise interrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        bridge.run(stop())

    assert caught.value is interrupt
    assert bridge.call(lambda: 1) == 1
    bridge.close()
