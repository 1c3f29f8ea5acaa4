"""The pages made from questions: isolation, the error contract, what will bite."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_conformance import render
from session_conformance.advice import HURTS, AdviceError, advice, read
from session_conformance.cases import discover
from session_conformance.condition import Condition, Configuration
from session_conformance.render.bites import bites
from session_conformance.render.differences import by_name, differences
from session_conformance.render.errors import errors
from session_conformance.render.isolation import isolation
from session_conformance.render.phenomena import phenomena
from session_conformance.render.traces import lines
from session_conformance.render.troubles import contracts
from session_conformance.render.variant import apart, in_order, levels

from .page_parts import page
from .sample_questions import ERROR, LOST, SKEW, WAITS, play, questions
from .sample_results import sample

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "only level"}


@given(
    st.from_regex(r"[a-z]+(-[a-z]+){0,4}|", fullmatch=True),
    st.sampled_from([*sorted(KNOWN - {"only level"}), None]),
    st.sampled_from([None, "WAL", "no-snapshot-isolation"]),
)
def test_a_variant_comes_apart_as_it_was_put_together(
    way: str, level: str | None, configuration: str | None
) -> None:
    named = Configuration(name=configuration) if configuration else None
    condition = str(Condition(level=level, configuration=named))

    found = apart(f"{way}-{condition}" if way else condition, KNOWN)

    assert (found.way, found.condition) == (way, condition)
    assert found.configuration == configuration


@pytest.mark.parametrize("variant", [None, "dml", "INTEGER", "share-update-nowait", "level-5, odd"])
def test_a_variant_without_a_level_is_a_way(variant: str | None) -> None:
    found = apart(variant, KNOWN)

    assert (found.way, found.level, found.condition) == (variant or "", None, "")


def test_variants_come_by_strength_where_all_name_a_level_and_else_as_they_are_listed() -> None:
    weak, strong = "uow-READ COMMITTED", "dml-SERIALIZABLE"

    assert in_order([strong, weak], KNOWN) == [weak, strong]
    assert in_order([strong, "plain", weak], KNOWN) == [strong, "plain", weak]


def test_rows_of_a_way_with_hyphens_are_compared_at_the_default_level_only() -> None:
    results = questions()
    for result in list(results.results):
        if result.case == LOST:
            way, _, level = (result.variant or "").partition("-")
            object.__setattr__(result, "variant", f"{way}-share-nowait-{level}")

    named = by_name(results)

    assert set(named["postgresql-psycopg"]) >= {(LOST, "dml-share-nowait"), (SKEW, "")}
    assert not [way for _, way in named["postgresql-psycopg"] if "SERIALIZABLE" in way]


def test_advice_is_read_from_every_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('["one.a"]\nhurts = "silent"\ntext = "Lock."\n')
    (tmp_path / "two.toml").write_text('["two.b"]\ntext = "Wait."\n')

    found = read(tmp_path)

    assert {name: (one.hurts, one.text) for name, one in found.items()} == {
        "one.a": ("silent", "Lock."),
        "two.b": (None, "Wait."),
    }


def test_two_files_that_advise_on_one_case_are_an_error_that_names_both(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text('["one.a"]\nhurts = "silent"\n')

    with pytest.raises(AdviceError, match=r"one\.toml and .*two\.toml both speak of “one\.a”"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["a.b"]\nhurt = "silent"\n', "unknown key “hurt”"),
        ('["a.b"]\nhurts = "badly"\n', "hurts is one of"),
        ('a = "b"\n', "a table is expected"),
        ("[", "not valid TOML"),
    ],
)
def test_wrong_advice_is_an_error_that_says_what_is_wrong(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "one.toml").write_text(text)

    with pytest.raises(AdviceError, match=re.escape(said)):
        read(tmp_path)


def test_advice_is_about_cases_that_there_are() -> None:
    known = set(discover())

    assert advice()
    assert set(advice()) <= known
    assert all(one.text and (one.hurts is None or one.hurts in HURTS) for one in advice().values())


def test_drivers_that_answer_alike_are_one_block_and_configurations_are_rows() -> None:
    blocks = phenomena(questions()).blocks

    assert [[backend.id for backend in block.backends] for block in blocks] == [
        ["sqlite-pysqlite"],
        ["sqlite-begin"],
        ["postgresql-psycopg", "postgresql-asyncpg"],
        ["mariadb-pymysql"],
        ["duckdb-engine"],
    ]
    assert [level.condition for level in blocks[3].levels] == [
        "REPEATABLE READ",
        "REPEATABLE READ, no-snapshot-isolation",
    ]
    assert [block.default(block.levels[0]) for block in blocks] == [True, True, True, True, False]


def test_two_ways_that_came_out_otherwise_are_two_answers_with_an_address_each() -> None:
    found = phenomena(questions())
    level = found.blocks[0].levels[1]
    answers = level.answers(found.columns[0].case)

    assert [(one.word, one.ways, one.variant) for one in answers] == [
        ("allowed", ["dml"], "dml-SERIALIZABLE, WAL"),
        ("error", ["uow"], "uow-SERIALIZABLE, WAL"),
    ]


def test_the_markdown_pages_hold_the_same_words() -> None:
    text = isolation(questions())

    assert "| SERIALIZABLE, WAL | **allowed** / error | version |" in text
    assert "| READ COMMITTED (default) | **allowed** | **allowed** |" in text
    assert "| deadlock (asyncpg) | DBAPIError | 1213 |" in errors(questions())


def test_drivers_that_tell_a_trouble_otherwise_stand_apart() -> None:
    found = {one.backends[0].database: one for one in contracts(questions())}

    assert [(row.trouble, row.drivers, row.apart) for row in found["postgresql"].rows] == [
        ("unique", ["psycopg", "asyncpg"], False),
        ("deadlock", ["psycopg"], True),
        ("deadlock", ["asyncpg"], True),
    ]


def test_what_bites_a_pair_is_what_the_command_says_of_it() -> None:
    results = questions()
    found = bites(results)

    assert [found.word(side) for side in range(len(found.sides))] == [
        "sqlite",
        "sqlite-begin",
        "postgresql",
        "mariadb",
        "duckdb",
    ]
    for pair in combinations(range(len(found.sides)), 2):
        told = differences(results, *(found.sides[side] for side in pair))
        mine = [
            (bite.hurts, bite.case.id)
            for several in found.by_hurts.values()
            for bite in several
            if pair in bite.pairs
        ]
        assert mine == [(one.hurts, one.case.id) for one in told]
        assert found.count(pair) == len(told)


def test_a_wait_is_drawn_and_what_came_of_it_stands_at_its_end() -> None:
    for answer, end in ((WAITS, "goes on → 1 row"), (ERROR, "is refused")):
        found = lines(play("t:1", answer))
        told = [f"{one.session} {one.verb} {one.rest} {one.told}" for one in found]
        said = [" ".join(one.split()) for one in told]

        assert said[5:] == [
            "T2 UPDATE account SET balance=? (11,)",
            "T2 waits for T1",
            "T1 COMMIT",
            f"T2 {end}",
            f"T2 {'ROLLBACK' if answer == ERROR else 'COMMIT'}",
        ]
        assert [one.error is not None for one in found].count(True) == (answer == ERROR)
        assert not any(one.pool for one in found)


def test_each_session_has_a_lane() -> None:
    text = render.html(questions())
    lanes = re.findall(r'<table class="trace lanes">.*?</table>', text, flags=re.DOTALL)

    assert lanes
    assert all(">T1<" in one and ">T2<" in one for one in lanes)
    assert any("<td class=w>⋮" in one for one in lanes)
    assert any("⋮ waits for T1" in one for one in lanes)


def test_the_pages_are_in_the_report_with_scripts_blocked_and_every_link_has_a_target() -> None:
    text = re.sub(r"<script.*?</script>", "", render.html(questions()), flags=re.DOTALL)
    found = page(text)
    seen = " ".join(" ".join(found.text).split())

    assert found.broken == []
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert {"isolation", "errors", "bites", "bites/sqlite/postgresql"} <= set(found.ids)
    for said in ("no-snapshot-isolation", "DBAPIError", "Data lost or changed", "default"):
        assert said in seen
    assert f"#case/{LOST}/uow-SERIALIZABLE~2c~~20~WAL" in found.links


def test_a_run_without_questions_has_no_pages_of_them() -> None:
    ids = page(render.html(sample(4))).ids

    assert not {"isolation", "errors"} & set(ids)


def test_levels_are_those_that_are_offered_without_modes_of_drivers() -> None:
    assert levels(questions()) == {
        "READ COMMITTED",
        "REPEATABLE READ",
        "SERIALIZABLE",
        "only level",
    }
