"""What is told of backend files and cases that are wrong: all of it, and where it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from session_conformance import backend
from session_conformance.exits import UsageError
from session_conformance.lint import Problem, keys, lint

from .faulty.command import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

BACKEND = """\
title = "mine"
database = "sqlite"
drivername = "sqlite+pysqlite"
"""

DIFFERS = """
[differs."commit.flushes-pending"]
outcome = "failed"
cause = "driver"
why = "It forgets."
source = "its documentation"
"""

CASE = """\
from session_conformance import Account, Database, promise


@promise("mine.stores", "What is committed is stored.", docs="orm/session_basics.html")
def test_stores(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()
    assert len(db.stored(Account)) == 1
"""

DECORATOR = CASE.splitlines(keepends=True)[3]

QUESTION = """\
from session_conformance import Database, question


@question("mine.asks", "What comes?", answers={"one": "It is one."}, docs="orm/session.html")
def test_asks(db: Database) -> None:
    db.answer("one")
"""


def told(folder: Path, text: str, name: str) -> list[tuple[int, int, str]]:
    """Write a file, examine it, and return line, column and rule of what is found."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    problems, files = lint([path])
    assert files == 1
    assert {problem.path for problem in problems} <= {path}
    return [(problem.line, problem.column, problem.rule) for problem in problems]


def test_the_suites_own_files_keep_its_rules() -> None:
    problems, files = lint()

    # That the driver of a backend is not installed here is worth a warning, and no more.
    assert [problem.text() for problem in problems if problem.level == "error"] == []
    assert files > 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BACKEND + DIFFERS, []),
        (BACKEND.replace("title", "titel"), [(1, 1, "missing-key"), (1, 1, "unknown-key")]),
        (BACKEND + "core = 'yes'\npatience = true", [(4, 1, "type"), (5, 1, "type")]),
        (BACKEND + "storage = 'cloud'", [(4, 1, "value")]),
        (BACKEND.replace('"sqlite"', '"sqlight"'), [(2, 1, "database")]),
        (BACKEND.replace("sqlite+pysqlite", "sqlite+nothing"), [(3, 1, "drivername")]),
        (BACKEND.replace("sqlite+pysqlite", "so so"), [(3, 1, "drivername")]),
        (BACKEND + 'setup = "no_such_module"', [(4, 1, "reading")]),
        (BACKEND + 'hooks = "hooks.py"\nanswers = "nothing.toml"',
         [(4, 1, "hooks"), (5, 1, "answers")]),
        (BACKEND + "[capabilities]\nsave_points = true\nreturning = 'newer'\njson = '>=4'",
         [(5, 1, "capability"), (6, 1, "type")]),
        (BACKEND + DIFFERS.replace("pending", "pendin"), [(5, 1, "case")]),
        (BACKEND + DIFFERS.replace('why = "It forgets."\n', "").replace("source", "sauce"),
         [(5, 1, "differs"), (5, 1, "differs"), (8, 1, "differs")]),
        (BACKEND + DIFFERS.replace('"driver"', '"nobody"'), [(7, 1, "differs")]),
        (BACKEND + DIFFERS + 'script = "nothing.py"', [(10, 1, "script")]),
        (BACKEND + DIFFERS + "why2 = 3", [(10, 1, "differs")]),
        (BACKEND + DIFFERS + 'variants = ["some"]', [(10, 13, "variant")]),
        (BACKEND + DIFFERS.replace("commit.flushes-pending", "a cause")
         + 'cases = [\n    "commit.flushes-pending",\n    "values-round-trip.null/bianry",\n'
         + '    "values-round-trip.null/binary",\n    "commit.flushed",\n]',
         [(12, 5, "variant"), (14, 5, "case")]),
        (BACKEND + "[differs", [(4, 9, "toml")]),
    ],
)  # fmt: skip
def test_each_problem_of_a_backend_file_is_told(
    tmp_path: Path, text: str, expected: list[tuple[int, int, str]]
) -> None:
    assert told(tmp_path, text, "mine.toml") == expected


def test_a_dialect_that_is_not_installed_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BACKEND.replace("sqlite+pysqlite", "sqlite+nothing"), encoding="utf-8")

    problems, _ = lint([path])

    assert [problem.level for problem in problems] == ["warning"]


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("databases", 'title = "Mine"\nstorage = "server"\n[sql]\nversion = "SELECT 1"', []),
        ("databases", 'title = "Mine"\nstorage = "memory"\n[sql]\nversin = "SELECT 1"\nkill = 1',
         [(2, 1, "value"), (4, 1, "unknown-key"), (5, 1, "type")]),
        ("databases", 'title = "Mine"\nstorage = "file"\nobservers = "one"', [(3, 1, "type")]),
        ("answers", '["commit.flushed"]\nsource = "x"\nanswers = {}\n'
         '["autobegin.database-transaction-on-select"]\n'
         'source = "x"\nanswers.opem = [""]',
         [(1, 1, "case"), (6, 1, "answer")]),
    ],
)  # fmt: skip
def test_files_of_databases_and_answers_are_told_of_too(
    tmp_path: Path, folder: str, text: str, expected: list[tuple[int, int, str]]
) -> None:
    assert told(tmp_path, text, f"{folder}/mine.toml") == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        (DECORATOR, "", [(4, 1, "undeclared")]),
        ("mine.stores", "Mine.Stores", [(4, 2, "declaration")]),
        ("mine.stores", "commit.flushes-pending", [(4, 1, "same-id")]),
        ("stored.", "stored", [(4, 2, "declaration")]),
        ("stored.", "stored" + " and stored" * 12 + ".", [(4, 2, "declaration")]),
        ("docs=", 'needs=("save_points",), docs=', [(4, 2, "declaration")]),
        ('"mine.stores"', "name()", [(4, 2, "declaration")]),
        ("test_stores", "stores", [(5, 1, "name")]),
        ("db: Database", "db: Database, client: object", [(5, 31, "fixture")]),
        ("db: Database", "", [(5, 1, "database")]),
        ("Account, Database, promise", "Account, Database, Nothing, promise", [(1, 1, "import")]),
        ("from session", "import requests\nfrom session", [(1, 1, "import")]),
        ("from session", "import sqlite3\nfrom session", [(1, 1, "import")]),
        ("from session", "from session_conformance.database import Watch\nfrom session",
         [(1, 1, "import")]),
        ("from session", "from ..above import one\nfrom session", [(1, 1, "import")]),
        ("from session", "import json, sqlalchemy.orm, pytest\nfrom session", []),
        ("    assert", '    if db.engine.dialect.name == "sqlite":\n        pass\n    assert',
         [(9, 8, "database-name")]),
        ("    assert", '    who = ["postgresql-psycopg"]\n    assert who and',
         [(9, 12, "database-name")]),
        ("    assert", "    import time\n    time.sleep(1)\n    assert", [(10, 5, "sleep")]),
        ("    assert", "    import time\n"
         "    time.sleep(1)  # lint: allow sleep -- a clock must go on\n    assert", []),
        ("    assert", "    import time\n    time.sleep(1)  # lint: allow sleep\n    assert",
         [(10, 5, "sleep")]),
        ("    assert", "    import random\n    assert random.random() < 2 and",
         [(10, 12, "random")]),
        ("    assert", "    import random\n    assert random.Random(1).random() < 2 and", []),
        ("    assert", "    import pytest\n    pytest.skip()\n    assert", [(10, 5, "skip")]),
        ("@promise", "@pytest.mark.xfail\n@promise", [(4, 2, "skip")]),
        ("    assert len(db.stored(Account)) == 1", "    print(db.stored(Account))",
         [(5, 1, "ending"), (9, 5, "ending")]),
        ("    assert len(db.stored(Account)) == 1", "    try:\n"
         "        assert db.stored(Account)\n    except Exception:\n        pass\n    assert db",
         [(11, 5, "swallowed")]),
        ("    assert len(db.stored(Account)) == 1", "    with suppress(Exception):\n"
         "        assert db.stored(Account)", [(9, 5, "swallowed")]),
        ("\n\n@promise", "\n\n@pytest.fixture\ndef given(): ...\n\n\n@promise",
         [(5, 1, "fixture")]),
        ("\n\n@promise", '\n\n@pytest.mark.parametrize(("a", "b"), [(1, 2)])\n@promise', []),
        ("def test", "def test(", [(5, 17, "python")]),
    ],
)  # fmt: skip
def test_each_problem_of_a_case_is_told(
    tmp_path: Path, old: str, new: str, expected: list[tuple[int, int, str]]
) -> None:
    assert old in CASE

    assert told(tmp_path, CASE.replace(old, new, 1) if old else CASE, "test_mine.py") == expected


def test_a_question_ends_in_its_answer(tmp_path: Path) -> None:
    wrong = QUESTION.replace('    db.answer("one")', "    assert db")

    assert told(tmp_path, QUESTION, "test_mine.py") == []
    assert told(tmp_path, wrong, "test_mine.py") == [(6, 5, "ending")]
    assert told(tmp_path, QUESTION.replace('{"one": "It is one."}', "{}"), "test_mine.py") == [
        (4, 2, "declaration")
    ]


def test_what_lies_beside_may_be_imported_and_is_examined(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("from .helper import one\n" + CASE, encoding="utf-8")
    (tmp_path / "helper.py").write_text("import requests\n\none = 1\n", encoding="utf-8")

    problems, files = lint([tmp_path])

    assert files == 2
    assert [(problem.path.name, problem.rule) for problem in problems] == [("helper.py", "import")]


def test_what_lies_beside_is_imported_as_such_and_no_conftest_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("from helper import one\n" + CASE, encoding="utf-8")
    (tmp_path / "helper.py").write_text("one = 1\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("import requests\n", encoding="utf-8")

    problems, _ = lint([tmp_path])

    assert [(one.path.name, one.level, one.rule) for one in problems] == [
        ("conftest.py", "warning", "conftest"),
        ("test_mine.py", "error", "import"),
    ]


def test_a_folder_of_a_project_is_searched_for_what_is_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"', encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own(client): ...", encoding="utf-8")
    (tmp_path / "conformance").mkdir()
    (tmp_path / "conformance" / "mine.toml").write_text(BACKEND, encoding="utf-8")
    (tmp_path / "conformance" / "test_mine.py").write_text(CASE, encoding="utf-8")

    assert lint([tmp_path]) == ([], 2)


def test_a_folder_without_any_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds neither backend files nor cases"):
        lint([tmp_path])


def test_two_cases_of_one_id_are_told(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(CASE, encoding="utf-8")
    (tmp_path / "test_two.py").write_text(CASE, encoding="utf-8")

    problems, _ = lint([tmp_path])

    assert [(problem.path.name, problem.rule) for problem in problems] == [
        ("test_two.py", "same-id")
    ]


def test_the_types_of_all_keys_are_known() -> None:
    assert set(keys.BACKEND) == backend._BACKEND_KEYS
    assert set(keys.FAMILY) == backend._FAMILY_KEYS


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_tells_everything_and_how_it_ended(tmp_path: Path, form: str) -> None:
    (tmp_path / "mine.toml").write_text(BACKEND.replace("title", "titel"), encoding="utf-8")
    words = ["lint", "mine.toml", "--format", form]

    done = subprocess.run(
        [sys.executable, "-m", "session_conformance", *words],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(PYTHONPATH=str(ROOT / "src")),
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    if form == "json":
        assert [Problem(**one).rule for one in json.loads(done.stdout)] == [
            "missing-key", "unknown-key",
        ]  # fmt: skip
    else:
        assert done.stdout.splitlines()[1] == (
            "mine.toml:1:1: unknown key “titel”. Did you mean “title”? [unknown-key]"
        )
        assert done.stderr == "1 file examined: 2 problems.\n"
