"""Badges: what they say, how it looks, and where it is written."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from session_conformance import render
from session_conformance.render.badge import COLORS, width_of
from session_conformance.render.badges import file_name
from session_conformance.results import Declared, Results

from .chromium import CHROMIUM
from .sample_questions import questions
from .sample_results import sample
from .valid_results import valid_results

ANY = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
SVG = "{http://www.w3.org/2000/svg}"
SAFE = re.compile(r"[a-z0-9][a-z0-9_.-]*\.(svg|json)")


def said(results: Results, name: str = "all") -> tuple[str, str]:
    """Return message and colour of a badge, which SVG and JSON share."""
    made = render.badges(results)
    found = json.loads(made[f"{name}.json"])
    root = ET.fromstring(made[f"{name}.svg"])  # noqa: S314  ours
    texts = [text.text for text in root.iter(f"{SVG}text")]
    color = next(color for color, code in COLORS.items() if code == found["color"])

    assert found == {
        "schemaVersion": 1, "label": "session", "message": texts[1], "color": COLORS[color]
    }  # fmt: skip
    assert f'fill="{COLORS[color]}"' in made[f"{name}.svg"]
    return found["message"], color


def ended(results: Results, **changes: Any) -> Results:
    assert results.end is not None
    results.end = dataclasses.replace(results.end, **changes)
    return results


def lost(results: Results) -> Results:
    """Return results whose second backend was not reached."""
    backend = results.backends[1]
    results.backends[1] = dataclasses.replace(backend, reached=False, reason="refused")
    results.results = [one for one in results.results if one.backend != backend.id]
    return results


@given(valid_results())
@ANY
def test_any_valid_results_have_badges_for_all_and_each(results: Results) -> None:
    made = render.badges(results)
    columns = {one.id for one in results.backends} | {one.backend for one in results.results}

    assert len(made) == 2 * (len(columns) + 1)
    assert all(SAFE.fullmatch(name) for name in made)
    for name in made:
        if name.endswith(".svg"):
            root = ET.fromstring(made[name])  # noqa: S314  ours
            assert root.get("role") == "img"
            assert root[0].tag == f"{SVG}title"
            assert said(results, name.removesuffix(".svg"))[0] in str(root[0].text)
        assert "%" not in str(json.loads(made[name])["message"] if "json" in name else "")


@given(valid_results())
@ANY
def test_only_a_run_that_ended_well_has_a_blue_badge(results: Results) -> None:
    if not results.complete or (results.end and (results.end.exit_code or results.end.left)):
        assert said(results)[1] != "blue"


def test_a_backend_says_how_many_passed_and_were_declared() -> None:
    results = sample(9)
    declared = Declared(outcome="failed", cause="driver", why="w", source="https://e.org")
    results.results = [
        dataclasses.replace(one, verdict="expected", declared=declared)
        if one.verdict == "undeclared"
        else one
        for one in results.results
    ]

    answer = next(one for one in results.results if one.answer and "mariadb" in one.backend)
    results.results[results.results.index(answer)] = dataclasses.replace(answer, declared=declared)

    assert said(results, "mariadb-pymysql") == ("6 passed · 2 answered · 2 declared", "blue")


def test_what_fails_the_run_stands_alone() -> None:
    results = sample(9)
    stale = next(one for one in results.results if one.outcome == "passed")
    results.results[results.results.index(stale)] = dataclasses.replace(stale, verdict="stale")

    assert said(results) == ("1 undeclared · 1 stale", "vermilion")
    assert said(results, "mariadb-pymysql") == ("1 undeclared", "vermilion")
    assert said(results, stale.backend) == ("1 stale", "vermilion")
    assert said(results, "mysql-pymysql")[1] == "blue"


def test_questions_alone_are_answered() -> None:
    message, color = said(ended(questions(), exit_code=0))

    assert re.fullmatch(r"\d+ answered", message.replace("\u2009", ""))
    assert color == "blue"


def test_an_incomplete_run_says_nothing_else() -> None:
    results = sample(9)
    results.end = None

    assert {said(results, name) for name in ("all", "mariadb-pymysql", "mysql-pymysql")} == {
        ("incomplete", "grey")
    }


@pytest.mark.parametrize(("code", "color"), [(0, "blue"), (10, "grey")])
def test_an_unreachable_backend_is_grey_and_the_run_too_if_it_needed_it(
    code: int, color: str
) -> None:
    results = ended(lost(sample(2)), exit_code=code)

    assert said(results, "postgresql-psycopg") == ("unreachable", "grey")
    assert said(results) == ("6 passed · 1 unreachable", color)


def test_a_run_that_fails_for_another_reason_is_not_blue() -> None:
    assert said(ended(sample(2), exit_code=11)) == ("exit code 11", "vermilion")
    assert said(ended(sample(2), exit_code=1, left=["a thread"])) == (
        "something left behind",
        "vermilion",
    )


def test_a_run_of_nothing_says_so() -> None:
    results = sample(2)
    results.results, results.cases = [], []

    assert said(results) == ("nothing ran", "grey")


def test_the_title_says_of_when_and_of_what_it_is() -> None:
    results = sample(1)
    results.run = dataclasses.replace(results.run, shard="2/5", suite="<0.1>")
    root = ET.fromstring(render.badges(results)["all.svg"])  # noqa: S314  ours

    assert root[0].text == (
        "4 backends: 4 passed. Session conformance, 22 Nov 2026, 12:10 UTC, shard 2/5, "
        "suite <0.1>, SQLAlchemy 2.1.0"
    )


@pytest.mark.parametrize(
    "name",
    ["postgresql-psycopg2", "mysql-my_driver", "sqlite-pysqlite-begin", "a.b"],
)
def test_an_ordinary_id_is_the_name_of_its_file(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "all", "nul", "con.x", "", ".", "..", "../../etc/passwd", "a/b", "a\\b", "A", "a..b", "a.",
        "-a", "a b", "日本", "a" * 300, "%2e", "\x00", "\ud800",
    ],
)  # fmt: skip
def test_an_odd_id_has_a_safe_file_of_its_own(name: str) -> None:
    assert re.fullmatch(r"backend-([a-z0-9-]+-)?[0-9a-f]{10}", file_name(name))
    assert len(file_name(name)) < 90


@given(st.sets(st.text(max_size=6), min_size=2, max_size=6))
@ANY
def test_two_ids_never_share_a_file(names: set[str]) -> None:
    assert len({file_name(name).lower() for name in names}) == len(names)


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_text_can_be_read_on_its_ground() -> None:
    made = render.badges(sample(9))["all.svg"]
    grounds = [*COLORS.values(), *re.findall(r'rx="3" fill="(#\w+)"', made)]

    assert len(grounds) == 4
    assert all(1.05 / (luminance(ground) + 0.05) > 7 for ground in grounds)


def test_every_letter_that_is_written_has_a_width() -> None:
    words = "session passed answered declared undeclared stale unreachable incomplete"
    more = "nothing ran nothing supported something left behind exit code"

    assert width_of(f"{words} {more} 0123456789·\u2009") < 7 * len(
        f"{words} {more} 0123456789·\u2009"
    )
    assert width_of("m") == width_of("☃") == 11


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_nothing_of_a_badge_is_cut_whatever_its_font(browser: Any) -> None:
    made = render.badges(sample(9))["mariadb-pymysql.svg"]
    page = browser.new_page()
    for font in ("Verdana", "serif", "monospace", "Impact"):
        page.set_content(re.sub(r'font-family="[^"]*"', f'font-family="{font}"', made))
        boxes = page.evaluate(
            """[...document.querySelectorAll('svg, path, text')].map(one => {
                const box = one.getBoundingClientRect();
                return [box.left, box.right];
            })"""
        )
        (left, right), (edge, _), label, message = boxes
        assert left + 4 < label[0] < label[1] < edge - 4
        assert edge + 4 < message[0] < message[1] < right - 4
    page.close()
