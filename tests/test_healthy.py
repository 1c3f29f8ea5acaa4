"""What is recorded of healthy drivers: of cases that there are, and of nobody's machine."""

from __future__ import annotations

import json

import pytest

from session_conformance.backend import known
from session_conformance.cases import discover
from session_conformance.healthy import healthy
from session_conformance.render.traces import lines

from .write_healthy import DATABASES


@pytest.mark.parametrize("database", DATABASES)
def test_what_is_recorded_can_be_held_beside_a_cell(database: str) -> None:
    recorded = healthy(database)
    cases = discover()

    assert len(recorded) > 1000
    assert {row.partition("/")[0] for row in recorded} <= set(cases)
    assert {one.backend for one in recorded.values()} <= set(known())
    assert all(lines(one.trace) for one in recorded.values() if one.trace.events)


@pytest.mark.parametrize("database", DATABASES)
def test_what_is_recorded_tells_of_no_machine(database: str) -> None:
    text = json.dumps([one.trace.events for one in healthy(database).values()])

    for word in ("/tmp/", "/home/", "/root/", "/dev/shm", "password", "throwaway"):  # noqa: S108
        assert word not in text, text[max(0, text.index(word) - 200) : text.index(word) + 50]


def test_a_system_that_nobody_recorded_has_nothing() -> None:
    assert healthy("nosuch") == {}
