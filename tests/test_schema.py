"""The published schema holds for what is written, and for nothing else."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from session_conformance.content import content
from session_conformance.results import KINDS, Declared, Detail, Results

from .sample_results import sample, text_of
from .valid_results import valid_results

SCHEMA = json.loads((content("reports") / "results.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def lines(results: Results) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(results).split("\n") if line]


def first(kind: str) -> dict[str, Any]:
    return next(found for found in lines(sample(9)) if found["kind"] == kind)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("drivers", [1, 3])
def test_what_is_written_is_valid(drivers: int) -> None:
    for found in lines(sample(24, drivers)):
        VALIDATOR.validate(found)


@given(valid_results())
@settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
def test_any_results_that_are_written_are_valid(results: Results) -> None:
    for result in results.results:
        if result.outcome == "answered" and result.answer is None:
            results.results.remove(result)
            break
    for found in lines(results):
        if found["kind"] == "result" and found["outcome"] == "answered" and found["answer"] is None:
            continue
        VALIDATOR.validate(found)


@pytest.mark.parametrize(
    ("kind", "record"), [*KINDS.items(), ("declared", Declared), ("detail", Detail)]
)
def test_the_schema_knows_every_field_and_which_are_required(kind: str, record: type[Any]) -> None:
    described = SCHEMA["$defs"][kind]
    fields = {field.name: field for field in dataclasses.fields(record)}
    required = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    assert set(described["properties"]) - ({"kind"} - set(fields)) == set(fields)
    assert required <= set(described["required"])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("run", {"schema": 2}),
        ("run", {"argv": "run"}),
        ("run", {"jobs": 0}),
        ("backend", {"reached": "yes"}),
        ("backend", {"capabilities": {"savepoints": 1}}),
        ("case", {"what": "wish"}),
        ("case", {"answers": ["a"]}),
        ("trace", {"events": [["main", "sql", "SELECT 1"]]}),
        ("trace", {"events": [["main", "dance", None, None, None, None]]}),
        ("trace", {"events": [["main", "sql", None, None, "1", None]]}),
        ("result", {"outcome": "kept"}),
        ("result", {"outcome": "answered", "answer": None}),
        ("result", {"verdict": "declared"}),
        ("result", {"seconds": -1}),
        ("result", {"declared": {"outcome": "failed"}}),
        ("result", {"detail": {"kind": "mood", "message": ""}}),
        ("end", {"complete": None}),
        ("end", {"kind": "finish"}),
    ],
)
def test_what_is_wrong_is_refused(kind: str, changes: dict[str, Any]) -> None:
    right = first(kind)
    VALIDATOR.validate(right)

    assert not VALIDATOR.is_valid({**right, **changes})


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_line_without_a_required_key_is_refused(kind: str) -> None:
    right = first(kind)
    for key in SCHEMA["$defs"][kind]["required"]:
        assert not VALIDATOR.is_valid({name: value for name, value in right.items() if name != key})


def test_a_key_that_is_not_known_yet_is_allowed() -> None:
    VALIDATOR.validate({**first("result"), "mood": "fine"})
