"""The HTML report in a real browser: with and without scripts, wide and narrow, light and dark."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from session_conformance import render
from session_conformance.render import rolls
from session_conformance.render.changes import changes
from session_conformance.render.model import arrange

from .chromium import CHROMIUM
from .sample_questions import LOST, questions
from .sample_results import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOWN = "[...document.querySelectorAll('main > *')].filter(e => e.offsetParent).map(e => e.id)"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render.html(sample(24)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("questions") / "report.html"
    path.write_text(render.html(questions()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with what changed since a run of other cases, servers and outcomes."""
    old, new = sample(24, drivers=2, seed=8), sample(24, drivers=2)
    old.cases, old.results = [*new.cases[2:], old.cases[0]], [*new.results[:-30], old.results[0]]
    old.results = [
        dataclasses.replace(one, outcome="passed", verdict="expected", declared=None)
        if one.outcome == "failed"
        else one
        for one in old.results
    ]
    old.backends[1] = dataclasses.replace(old.backends[1], server_version="3.45.0")
    path: Path = tmp_path_factory.mktemp("compared") / "report.html"
    path.write_text(render.html(new, changes(old, new)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser: Any, address: str, asked: str, compared: str) -> Iterator[Any]:
    """Yield a function that opens an anchor of a report in a fresh context."""
    contexts = []
    first = address

    def opens(
        anchor: str = "",
        *,
        width: int = 1400,
        of_questions: bool = False,
        of_changes: bool = False,
        **options: Any,
    ) -> Any:
        address = asked if of_questions else compared if of_changes else first
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: request.url == address or page.wrong.append(request.url))
        page.goto(address + anchor)
        return page

    yield opens
    for context in contexts:
        context.close()


def first_failed() -> tuple[str, str]:
    cell = arrange(sample(24)).concerns()[0]
    return cell.row, f"#cell/{cell.row}@{cell.backend.id}"


@pytest.mark.parametrize("scripts", [True, False])
def test_the_overview_is_shown_first_and_an_address_shows_one_page(
    opened: Any, scripts: bool
) -> None:
    row, cell = first_failed()

    assert opened("", java_script_enabled=scripts).locator("#headline").is_visible()
    page = opened(cell, java_script_enabled=scripts)
    assert page.locator(f"[id='case/{row}']").is_visible()
    assert not page.locator("#headline").is_visible()
    assert page.locator(".page:visible").count() == 1
    page.get_by_role("link", name="Matrix", exact=True).click()
    assert page.locator("#headline").is_visible()
    assert page.locator(".page:visible").count() == 0


def test_the_policy_lets_its_own_script_run_and_nothing_is_requested(opened: Any) -> None:
    page = opened()

    assert page.locator("#tools").is_visible()
    assert page.wrong == []


def test_nothing_is_wider_than_the_window(opened: Any) -> None:
    page = opened()
    for anchor in ("#verdict", first_failed()[1], "#backend/mariadb-pymysql"):
        page.evaluate("hash => { location.hash = hash }", anchor)
        for width in (320, 400, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, anchor


def test_finding_hides_rows_and_says_how_many(opened: Any) -> None:
    page = opened("#matrix")
    page.locator("#tools input[type=search]").fill("rollback.")

    shown = page.locator(".matrix tr[data-w]:visible").count()
    rows = len(arrange(sample(24)).rows)

    assert 0 < shown < rows
    assert page.locator("#tools output").inner_text() == (
        f"{shown} of {rows} rows shown, {rows - shown} hidden"
    )
    page.get_by_role("button", name="Show all").click()
    assert page.locator(".matrix tr[data-w]:visible").count() == rows


def test_keys_show_what_differs_walk_the_cells_and_open_one(opened: Any) -> None:
    page = opened("#matrix")
    differing = sum(row.differs for row in arrange(sample(24)).rows)
    page.keyboard.press("d")
    assert page.locator(".matrix tr[data-w]:visible").count() == differing

    page.keyboard.press("n")
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    third = [row for row in arrange(sample(24)).rows if row.differs][2]
    assert focused.startswith(f"{third.name} on SQLite pysqlite: ")

    page.keyboard.press("Enter")
    # The page follows its address in an event of its own; what is waited for is the claim.
    page.wait_for_function("id => document.title.includes(id)", arg=third.case.id)
    assert page.locator(f"[id='case/{third.case.id}']").is_visible()
    page.keyboard.press("m")
    assert page.locator(".matrix").is_visible()


def test_the_slash_key_goes_to_the_search_box(opened: Any) -> None:
    page = opened(first_failed()[1])
    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.type") == "search"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Any, scheme: str) -> None:
    page = opened("#matrix", color_scheme=scheme)
    ratios = page.evaluate(
        """() => {
          const light = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).map((n) => n / 255)
              .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (e) => {
            for (; e; e = e.parentElement) {
              const found = getComputedStyle(e).backgroundColor;
              if (!/, 0\\)$/.test(found)) return found;
            }
            return getComputedStyle(document.body).backgroundColor;
          };
          return [...document.querySelectorAll('b[class], .matrix td, h1, p, small, th a')]
            .filter((e) => e.offsetParent)
            .map((e) => {
              const pair = [light(getComputedStyle(e).color), light(ground(e))];
              return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            });
        }"""
    )

    assert len(ratios) > 100
    assert min(ratios) >= 4.5


def test_forced_colours_keep_an_outline_round_what_is_undeclared(opened: Any) -> None:
    page = opened("#matrix", forced_colors="active")
    style = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"

    assert page.locator(".matrix td.xu").first.evaluate(style) == ["solid", "3px"]
    assert page.locator(".matrix td.xd").first.evaluate(style) == ["dotted", "2px"]


def test_text_in_tables_is_large_enough(opened: Any) -> None:
    page = opened("#matrix")
    sizes = page.evaluate(
        "[...document.querySelectorAll('table *:not(sup)')].filter(e => e.offsetParent)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )

    assert min(sizes) >= 15


@pytest.mark.parametrize("scripts", [True, False])
def test_an_address_of_two_databases_shows_what_bites_between_them(
    opened: Any, scripts: bool
) -> None:
    page = opened("#bites", of_questions=True, java_script_enabled=scripts)
    assert page.locator(".bite:visible").count() == 0

    page.get_by_role("link", name="PostgreSQL and MariaDB: ").click()

    assert page.locator(".pair:visible").count() == 1
    shown = page.locator(".biting .g:visible")
    names = {name for told in shown.all() for name in told.locator("i:visible").all_inner_texts()}
    assert names == {"PostgreSQL", "MariaDB"}
    assert page.locator(f".bite:visible a[href='#case/{LOST}']").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_cell_of_the_isolation_page_leads_to_the_variant(opened: Any, scripts: bool) -> None:
    page = opened("#isolation", of_questions=True, java_script_enabled=scripts)
    page.locator(".ph td a", has_text="error").first.click()

    assert page.locator(f"[id='case/{LOST}']").is_visible()
    assert page.url.endswith("uow-SERIALIZABLE~2c~~20~WAL")


@pytest.mark.parametrize("anchor", ["#isolation", "#errors", "#bites", "#bites/sqlite/postgresql"])
def test_no_page_of_questions_is_wider_than_the_window(opened: Any, anchor: str) -> None:
    page = opened(anchor, of_questions=True)
    for width in (320, 400, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scripts", [True, False])
def test_a_count_on_the_first_screen_leads_to_what_changed(opened: Any, scripts: bool) -> None:
    page = opened("", of_changes=True, java_script_enabled=scripts)
    counted = page.locator("#since a", has_text="newly failing")
    count = counted.inner_text().partition(" ")[0]
    counted.click()

    assert page.locator("[id='changes/failing']").inner_text() == f"Newly failing {count}"
    assert page.locator(".page:visible").count() == 1
    link = page.locator("#changes .entries a.id").first
    case = link.inner_text()
    link.click()
    assert page.locator(f"[id='case/{case}'] .history").is_visible()


def test_the_page_of_changes_is_never_wider_than_the_window(opened: Any) -> None:
    page = opened("#changes", of_changes=True)
    for width in (320, 400, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("much", [0, 10**9], ids=["deflated", "plain"])
def test_other_statements_are_shown_when_they_are_asked_for(
    opened: Any, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    monkeypatch.setattr(rolls, "MUCH", much)
    page = opened()
    case = page.locator(".page:has(details.roll)").first.get_attribute("id")
    page.evaluate("hash => { location.hash = hash }", f"#{case}")
    page.locator("details.roll:visible summary").first.click()

    page.locator("details.roll:visible ol.trace li").first.wait_for()
    assert "BEGIN" in page.locator("details.roll:visible ol.trace").first.inner_text()
    assert page.wrong == []


def test_the_address_of_a_cell_that_has_no_page_of_its_own_is_that_of_its_row(opened: Any) -> None:
    row = next(row for row in arrange(sample(24)).rows if row.who == "alike")
    page = opened(f"#cell/{row.name}@{row.cells[0].backend.id}")

    page.wait_for_function("() => location.hash.startsWith('#case/')")
    assert page.locator(f"[id='case/{row.case.id}']").is_visible()


def test_a_click_on_a_cell_opens_its_row(opened: Any) -> None:
    row = next(row for row in arrange(sample(24)).rows if row.who == "alike")
    page = opened("#matrix")
    page.locator(f".matrix tr:has(a[href='#case/{row.name}']) td").first.click()

    assert page.locator(f"[id='case/{row.case.id}']").is_visible()
