"""Choosing cells by words."""

from __future__ import annotations

import pytest

from session_conformance.selection import Selection

CASES = ["commit.flushes-pending", "rollback.undoes"]
BACKENDS = ["sqlite-pysqlite", "postgresql-psycopg"]


@pytest.mark.parametrize(
    ("word", "taken"),
    [
        ("commit", True),
        ("commit.flushes-pending", True),
        ("commit.*", True),
        ("rollback", False),
        ("commit.flushes", False),
        ("commit.flushes-pending/one", True),
        ("commit.flushes-pending/o*", True),
        ("commit.flushes-pending/two", False),
        ("commit@sqlite-pysqlite", True),
        ("commit@sqlite-*", True),
        ("commit@postgresql-psycopg", False),
        ("commit.flushes-pending/one@sqlite-pysqlite", True),
        ("commit.flushes-pending/two@sqlite-pysqlite", False),
    ],
)
def test_a_word_takes_a_cell(word: str, taken: bool) -> None:
    found = Selection([word]).takes("commit.flushes-pending", "one", "sqlite-pysqlite")

    assert found is taken


def test_no_word_takes_everything() -> None:
    assert Selection([]).takes("commit.flushes-pending", None, "sqlite-pysqlite")


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("commit", True),
        ("commit.flushes-pending/any-variant", True),
        ("comit", False),
        ("commit@sqlite-*", True),
        ("commit@oracle", False),
        ("comit@sqlite-pysqlite", False),
    ],
)
def test_a_word_that_chooses_nothing_is_found(word: str, known: bool) -> None:
    assert Selection([word]).unmatched(CASES, BACKENDS) == ([] if known else [word])
