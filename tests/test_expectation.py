"""Expected answers, and what only some versions of a server have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet

from session_conformance.backend import BackendError, known, load
from session_conformance.expectation import ExpectationError, Expectations, read
from session_conformance.results import Result
from session_conformance.verdict import judge
from session_conformance.versions import fits

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
["isolation.a"]
source = "Manual, 1.2"
answers.yes = ["dml-*", "uow-SERIALIZABLE"]
answers.no = ["*"]

[["isolation.b"]]
source = "Manual of 11, 3"
versions = ">=11.6"
answers.yes = ["*"]

[["isolation.b"]]
source = "Manual of 10, 3"
versions = "<11.6"
answers.no = ["*"]
"""


@pytest.fixture
def expectations(tmp_path: Path) -> Expectations:
    path = tmp_path / "postgresql.toml"
    path.write_text(FILE, encoding="utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("case", "variant", "version", "answer"),
    [
        ("isolation.a", "dml-READ COMMITTED", "18", "yes"),
        ("isolation.a", "uow-SERIALIZABLE", None, "yes"),
        ("isolation.a", "uow-READ COMMITTED", "18", "no"),
        ("isolation.a", None, "18", "no"),
        ("isolation.b", None, "11.8.9-MariaDB", "yes"),
        ("isolation.b", None, "10.11.2", "no"),
        ("isolation.c", None, "18", None),
    ],
)
def test_the_first_that_fits_is_expected(
    expectations: Expectations,
    case: str,
    variant: str | None,
    version: str | None,
    answer: str | None,
) -> None:
    found = expectations.of(case, variant, version)

    assert [one.answer for one in found] == ([answer] if answer else [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["a.b"]\nanswers.yes = ["*"]', "the key “source” is missing"),
        ('["a.b"]\nsource = "x"', "the key “answers” is missing"),
        ('["a.b"]\nsource = "x"\nanswer = "y"', "unknown key “answer”"),
        ('["a.b"]\nsource = "x"\nversions = "new"\nanswers.yes = ["*"]', "versions reads like"),
        ("[", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ExpectationError, match=words):
        read(path)


def test_an_answer_that_was_not_expected_is_undeclared(expectations: Expectations) -> None:
    good = known()["postgresql-psycopg"]
    backend = replace(good, expectations=expectations)
    result = Result(
        case="isolation.a", backend=backend.id, outcome="answered", verdict="expected", answer="no"
    )

    assert judge(backend, result).verdict == "expected"
    other = judge(backend, replace(result, answer="yes"))
    assert (other.verdict, other.expected_answer) == ("undeclared", "no")
    assert other.answer_source == "Manual, 1.2"
    unknown = judge(backend, replace(result, case="isolation.c", answer="yes"))
    assert (unknown.verdict, unknown.expected_answer) == ("expected", None)


def test_a_database_may_vary_where_it_is_written_down_why(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = '["isolation.a"]\nsource = "x"\nanswers.yes = ["*"]\nanswers.no = ["*"]\n'
    good = known()["postgresql-psycopg"]
    result = Result(
        case="isolation.a", backend=good.id, outcome="answered", verdict="expected", answer="no"
    )

    path.write_text(text, encoding="utf-8")
    assert judge(replace(good, expectations=read(path)), result).verdict == "undeclared"
    path.write_text(text.replace("answers.yes", 'varies = "Who is first."\nanswers.yes'), "utf-8")
    varying = judge(replace(good, expectations=read(path)), result)
    assert (varying.verdict, varying.expected_answer) == ("expected", "yes or no")
    other = judge(replace(good, expectations=read(path)), replace(result, answer="never"))
    assert other.verdict == "undeclared"


def test_versions_are_found_among_words() -> None:
    assert fits(SpecifierSet(">=4"), "Firebird 4.0.7")
    assert not fits(SpecifierSet(">=4"), "3.0.11")
    assert fits(SpecifierSet(">=4"), None)


def test_a_capability_may_belong_to_newer_servers(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    head = 'title = "x"\ndatabase = "sqlite"\ndrivername = "sqlite+pysqlite"\n[capabilities]\n'
    path.write_text(head + 'triggers = ">=3.40"\n', encoding="utf-8")

    backend = load(path)

    assert backend.at("3.41.0").can("triggers")
    assert not backend.at("3.39.2").can("triggers")
    path.write_text(head + 'triggers = "new"\n', encoding="utf-8")
    with pytest.raises(BackendError, match="neither true nor false nor versions"):
        load(path)
