"""The page of findings is what the backends declare, and a driver's finding has its script."""

from __future__ import annotations

import ast

import pytest

from session_conformance.backend import known

from .faulty.command import ROOT
from .write_findings import FILE, HARMS, findings, text

# Nothing is wrong there: a recipe that SQLAlchemy documents sends BEGIN, and SQLite knows but one.
NO_FAULT = ("autobegin.begin-sends-no-sql", "pooling.static-pool-shares-rollback")
SCRIPTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/findings/*/*.py"))


def test_the_page_is_what_is_declared() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


def test_what_is_no_databases_doing_has_a_script() -> None:
    without = {
        f"{backend.id}: {case}"
        for backend in known().values()
        for case, declared in backend.differs.items()
        if declared.cause != "database" and not declared.script and case not in NO_FAULT
    }

    assert without == set()


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_script_says_what_it_needs_and_shows(path: str) -> None:
    told = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))

    assert told is not None
    for words in ("How bad: ", "Needs ", "Exits 1 ", "Seen with "):
        assert words in " ".join(told.split()), words


def test_how_bad_a_finding_is_stands_on_the_list() -> None:
    assert {one.harm for one in findings() if one.script} <= set(HARMS)


def test_each_script_that_is_named_is_there() -> None:
    named = {one.script for one in findings() if one.script}

    assert named <= set(SCRIPTS)
