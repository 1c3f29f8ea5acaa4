"""Who tests the tests: each faulty driver is caught by the cases that are named for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .faulty import FAULTS, HEALTHY, broken, table
from .faulty.detect import RUNS, at, catches, over
from .faulty.fault import AIOSQLITE, ASYNCPG, GOOD, SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .faulty.detect import Runs


def on(good: str, kind: str = "clean") -> list[pytest.MarkDecorator]:
    if good == SQLITE or (good == AIOSQLITE and kind == "caught"):
        return []
    if good == AIOSQLITE:
        return [pytest.mark.thorough]
    # A clean run takes every case, and PostgreSQL has most faults: that is for the thorough.
    if good == ASYNCPG and kind == "caught":
        return [pytest.mark.servers]
    return [pytest.mark.servers, pytest.mark.thorough]


def pairs(kind: str) -> list[object]:
    """Faults over good backends, as parameters: those of one kind of run."""
    found: list[object] = []
    for good in GOOD:
        for fault in over(good):
            if fault.kind(good) == kind:
                name = f"{fault.id}-{good}"
                found.append(pytest.param(fault.id, good, marks=on(good, kind), id=name))
    return found


@pytest.fixture(scope="module")
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Runs]:
    """Give a run of one kind over one good backend; each is made once."""
    made: dict[tuple[str, str], Runs] = {}

    def give(kind: str, good: str) -> Runs:
        if (kind, good) not in made:
            servers = {} if good in (SQLITE, AIOSQLITE) else request.getfixturevalue("servers")
            folder = tmp_path_factory.mktemp(kind)
            made[kind, good] = RUNS[kind](good, folder, at(good, servers))
        return made[kind, good]

    return give


@pytest.mark.parametrize(("name", "good"), pairs("caught"))
def test_a_fault_is_caught_by_the_cases_named_for_it(
    ran: Callable[[str, str], Runs], name: str, good: str
) -> None:
    fault = FAULTS[name]

    run = ran("caught", good)
    caught = catches(run, fault, good)

    assert run.complete, run.said
    assert set(fault.expected(good)) <= set(caught)
    assert set(caught.values()) <= {"failed", "error", "timeout"}


@pytest.mark.parametrize(("name", "good"), pairs("deadly"))
def test_a_deadly_fault_has_its_name_on_it(
    ran: Callable[[str, str], Runs], name: str, good: str
) -> None:
    fault = FAULTS[name]

    run = ran("deadly", good)
    caught = catches(run, fault, good)

    assert run.complete, run.said
    outcome = "timeout" if "hangs" in name else "crashed"
    assert caught == dict.fromkeys(fault.expected(good), outcome)


@pytest.mark.parametrize(("name", "good"), pairs("clean"))
def test_a_fault_that_nothing_catches_yet_is_still_not_caught(
    ran: Callable[[str, str], Runs], name: str, good: str
) -> None:
    """Strict both ways: once a case catches it, the fault's entry must name that case."""
    assert catches(ran("clean", good), FAULTS[name], good) == {}


@pytest.mark.parametrize("good", [pytest.param(good, marks=on(good)) for good in GOOD])
def test_a_healthy_layer_is_flagged_by_nothing(ran: Callable[[str, str], Runs], good: str) -> None:
    run = ran("clean", good)

    assert run.complete, run.said
    assert catches(run, FAULTS[HEALTHY], good) == {}
    passed = [result for result in run.results if result.outcome == "passed"]
    assert len(passed) > 50


@pytest.mark.parametrize("good", [pytest.param(good, marks=on(good)) for good in GOOD])
def test_every_faulty_backend_is_reached(ran: Callable[[str, str], Runs], good: str) -> None:
    """A fault that keeps its backend from being reached is caught by no case."""
    for kind in ("caught", "clean"):
        run = ran(kind, good)
        assert run.unreached == [], run.said


@pytest.mark.thorough
@pytest.mark.parametrize("good", [pytest.param(good, marks=on(good)) for good in GOOD])
def test_the_file_of_broken_cases_says_what_is_so(
    ran: Callable[[str, str], Runs], good: str
) -> None:
    run = ran("broken", good)

    assert run.complete, run.said
    told = {case for case, where in broken.read() if where == good}
    found = {cell.partition("/")[0] for fault in over(good) for cell in catches(run, fault, good)}
    assert told - found == set()


def test_each_case_that_a_driver_may_well_break_is_broken_by_a_fault() -> None:
    assert broken.left(broken.read()) == []


def test_the_file_of_broken_cases_has_its_form() -> None:
    told = broken.read()

    assert broken.FILE.read_text(encoding="utf-8") == broken.text(told)
    assert {case for case, _ in told} <= set(broken.high())
    for (case, good), names in told.items():
        for name in names:
            assert good in FAULTS[name].over, (case, name)


def test_every_fault_is_caught_somewhere_or_says_why_not() -> None:
    for fault in FAULTS.values():
        if fault.id != HEALTHY:
            assert fault.caught_by or set(fault.not_yet) == set(fault.over), fault.id


def test_the_table_of_faults_is_that_of_the_faults() -> None:
    assert table.FILE.read_text(encoding="utf-8") == table.text()
