"""Two backends of a reader's choice side by side, in a real browser."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from session_conformance import render
from session_conformance.render import rolls, views
from session_conformance.render.traces import lines
from session_conformance.results import Results, TraceRecord

from .chromium import CHROMIUM
from .sample_questions import LOST, questions
from .sample_results import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Opens = Callable[..., Any]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

PLANTED = "</script><img src=x onerror=alert(1)><b>bold</b>\x1b[31m"
TOOL = "details.compare:visible"
STATUS = f"{TOOL} [role=status]"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
VARIANT = "dml-SERIALIZABLE"


@cache
def planted() -> Results:
    """Return results with markup in the statements, parameters and errors of one backend."""
    results = sample(24, drivers=2)
    traces = dict(results.traces)
    for one in list(results.results):
        if one.backend == "postgresql-psycopg" and one.trace in traces:
            events = [[*event] for event in traces[one.trace].events]
            events[2][2] = f"INSERT INTO account VALUES ('{PLANTED}')"
            events[2][3] = PLANTED
            events[3][5] = PLANTED
            name = f"{one.trace}-planted"
            traces[name] = TraceRecord(id=name, events=events)
            results.results[results.results.index(one)] = dataclasses.replace(one, trace=name)
    return dataclasses.replace(results, traces=traces)


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Opens]:
    """Yield a function that opens an address of a report in a fresh context."""
    contexts = []

    def opens(results: Results, address: str = "", **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(render.html(results), encoding="utf-8")
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(file.as_uri() + address)
        return page

    yield opens
    for context in contexts:
        context.close()


def opened_tool(page: Any) -> Any:
    page.locator(f"{TOOL} > summary").click()
    page.locator(f"{TOOL} table").wait_for()
    return page.locator(TOOL)


def rows_of(page: Any) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        "() => [...document.querySelectorAll('.compare tbody tr')].filter(e => e.offsetParent)"
        ".map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return found


def words(results: Results, case: str, backend: str) -> list[str]:
    one = next(one for one in results.results if (one.case, one.backend) == (case, backend))
    return [
        " ".join(f"{item.verb} {item.rest} {item.told}".split())
        for item in lines(results.traces[one.trace or ""])
    ]


def a_case(results: Results) -> str:
    return next(one.id for one in results.cases if one.what == "promise" and not one.needs)


def test_two_chosen_columns_stand_side_by_side_line_by_line(opened: Opens) -> None:
    results = sample(24, drivers=2)
    case = a_case(results)
    page = opened(results, f"#case/{case}")
    tool = opened_tool(page)

    tool.get_by_role("combobox", name="Compare", exact=True).select_option("sqlite-pysqlite")
    tool.get_by_role("combobox", name="with", exact=True).select_option("postgresql-psycopg")

    one, other = (words(results, case, name) for name in ("sqlite-pysqlite", "postgresql-psycopg"))
    found = [[" ".join(cell.split()) for cell in row] for row in rows_of(page)]
    assert [row[0] for row in found] == one
    assert [row[-1] for row in found] == other
    first = next(at for at, row in enumerate(found) if len(row) > 1)
    assert page.locator(STATUS).inner_text() == f"First difference: line {first + 1}."
    assert "RETURNING" in found[first][1]
    assert page.locator(f"{TOOL} tr.first").count() == 1
    page.locator(f"{STATUS} a").click()
    assert page.evaluate("document.activeElement.className") == "first"
    assert page.wrong == []


def test_the_choice_stands_in_the_address_and_is_kept_from_case_to_case(opened: Opens) -> None:
    results = sample(24, drivers=2)
    case = a_case(results)
    page = opened(results, f"#case/{case}")
    tool = opened_tool(page)
    tool.get_by_role("combobox", name="with", exact=True).select_option("mariadb-mysqlclient")
    tool.get_by_role("combobox", name="Compare", exact=True).select_option("postgresql-asyncpg")
    asked = "?cmp=postgresql-asyncpg,mariadb-mysqlclient"
    assert page.url.endswith(f"report.html{asked}#case/{case}")

    page.evaluate(NO_CLIPBOARD)
    page.get_by_role("button", name="Copy link").click()
    assert page.get_by_label("Address").input_value() == page.url

    address = page.url.partition("report.html")[2]
    again = opened(results, address)
    again.locator(f"{TOOL} table").wait_for()
    assert again.locator(f"{TOOL} select[name=one]").input_value() == "postgresql-asyncpg"
    assert again.locator(f"{TOOL} select[name=other]").input_value() == "mariadb-mysqlclient"
    again.keyboard.press("n")
    again.wait_for_function("id => !location.hash.endsWith(id)", arg=case)
    again.locator(f"{TOOL} table").wait_for()
    assert asked in again.url
    assert again.locator(f"{TOOL} select[name=one]").input_value() == "postgresql-asyncpg"
    again.get_by_role("link", name="Matrix", exact=True).click()
    again.evaluate(NO_CLIPBOARD)
    again.locator("#tools [data-do=copy]").click()
    assert again.get_by_label("Address").input_value().endswith("report.html#matrix")


def test_a_word_typed_into_a_list_of_columns_is_no_key_of_the_page(opened: Opens) -> None:
    results = sample(24)
    page = opened(results, f"#case/{a_case(results)}")
    tool = opened_tool(page)
    before = page.url.partition("#")[2]

    tool.get_by_role("combobox", name="Compare", exact=True).focus()
    page.keyboard.press("m")

    assert page.url.partition("#")[2] == before
    assert tool.get_by_role("combobox", name="Compare", exact=True).input_value() == "mysql-pymysql"


@pytest.mark.parametrize("much", [0, 10**9], ids=["deflated", "plain"])
def test_markup_in_a_trace_is_shown_not_obeyed(
    opened: Opens, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    monkeypatch.setattr(rolls, "MUCH", much)
    results = planted()
    page = opened(results, f"?cmp=sqlite-pysqlite,postgresql-psycopg#case/{a_case(results)}")
    page.locator(f"{TOOL} table").wait_for()

    for how in ("normalised", "as sent"):
        page.locator(TOOL).get_by_label(how).check()
        shown = page.locator(f"{TOOL} tbody").inner_text()
        assert "<img src=x onerror=alert(1)><b>bold</b>" in shown
        assert "\x1b" not in shown
    assert page.locator("img").count() == 0
    assert page.wrong == []


def test_as_sent_is_what_went_to_the_driver(opened: Opens) -> None:
    results = sample(24)
    page = opened(results, f"?cmp=mysql-pymysql,postgresql-psycopg#case/{a_case(results)}")
    page.locator(f"{TOOL} table").wait_for()

    page.locator(TOOL).get_by_label("as sent").check()

    row = next(row for row in rows_of(page) if "INSERT" in row[0])
    assert row[0] == "INSERT INTO `account` (owner, balance) VALUES (%s, %s)  ('Ann', 100)  → 1"
    assert "%(balance)s::INTEGER" in row[1]


def test_a_report_of_many_rows_says_that_it_keeps_no_text_as_it_was_sent(
    opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MANY", 10)
    results = sample(24)
    page = opened(results, f"#case/{a_case(results)}")
    tool = opened_tool(page)

    assert tool.get_by_label("as sent").is_disabled()
    assert "not in this page" in tool.inner_text()
    assert len(rows_of(page)) > 3


def test_both_are_downloaded_as_one_text(opened: Opens) -> None:
    results = sample(24)
    case = a_case(results)
    page = opened(results, f"?cmp=sqlite-pysqlite,mysql-pymysql#case/{case}")
    page.locator(f"{TOOL} table").wait_for()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download both as text").click()

    assert download.value.suggested_filename == f"session-conformance.{case}.txt"
    text = download.value.path().read_text(encoding="utf-8")
    heads = [f"{case} on {name}" for name in ("sqlite-pysqlite", "mysql-pymysql")]
    assert [line.partition(" (")[0] for line in text.splitlines() if " on " in line] == heads
    assert "passed, normalised" in text
    for name in ("sqlite-pysqlite", "mysql-pymysql"):
        for word in words(results, case, name):
            assert word in " ".join(text.split())


def test_each_session_has_a_lane_and_a_variant_can_be_chosen(opened: Opens) -> None:
    page = opened(questions(), f"#case/{LOST}/{VARIANT}")
    tool = opened_tool(page)
    assert tool.locator("select[name=variant] option:checked").inner_text() == VARIANT
    tool.get_by_role("combobox", name="Compare", exact=True).select_option("sqlite-pysqlite")
    tool.get_by_role("combobox", name="with", exact=True).select_option("postgresql-psycopg")

    heads = tool.locator("thead tr").nth(1).locator("th").all_inner_texts()
    assert heads == ["T1", "T2", "T1", "T2"]
    shown = rows_of(page)
    assert ["⋮ waits for T1" in row[3] for row in shown].count(True) == 1
    assert not any("waits" in cell for row in shown for cell in row[:3])

    other = "uow-SERIALIZABLE, WAL"
    tool.get_by_role("combobox", name="Variant").select_option(label=other)
    assert page.url.endswith(f"#case/{LOST}/uow-SERIALIZABLE~2c~~20~WAL")
    assert tool.locator("option:disabled[value=duckdb-engine]").count() == 2


def test_a_case_that_left_less_than_two_traces_offers_nothing(opened: Opens) -> None:
    results = sample(24)
    case = a_case(results)
    kept = next(one for one in results.results if one.case == case)
    results.results = [
        one if one is kept or one.case != case else dataclasses.replace(one, trace=None)
        for one in results.results
    ]
    page = opened(results, f"#case/{case}")
    page.evaluate("new Promise(done => setTimeout(done, 300))")

    assert page.locator("details.compare").count() == 0
    assert page.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 320])
@pytest.mark.parametrize("of_questions", [True, False])
def test_axe_finds_nothing_in_it(
    opened: Opens, scheme: str, width: int, of_questions: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    results = questions() if of_questions else sample(24)
    case = f"{LOST}/{VARIANT}" if of_questions else a_case(results)
    page = opened(
        results,
        f"#case/{case}",
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    opened_tool(page)

    found = {
        rule["id"]: [node["html"] for node in rule["nodes"][:3]]
        for rule in axe.Axe().run(page).response["violations"]
    }
    assert found == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
