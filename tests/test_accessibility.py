"""axe finds nothing on any page of the report, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from session_conformance import render

from .chromium import CHROMIUM
from .sample_questions import questions
from .sample_results import sample

if TYPE_CHECKING:
    from pathlib import Path

    from session_conformance.results import Results

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

USED = """() => {
  document.querySelector('#tools [data-do=help]').click();
  document.querySelector('#tools [data-do=preset]').click();
  document.querySelector('#tools input[name=cols]').click();
  document.querySelector('#pairs ~ details').open = true;
}"""
REPORTS = {"promises": lambda: sample(24), "questions": questions}
PAGES = "[...new Set([...document.querySelectorAll('section.page[id]')].map(e => e.id))]"


def kinds(anchors: list[str]) -> list[str]:
    """Return the first page of each kind, and the last one: they have the most in them."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for anchor in anchors:
        kind = anchor.partition("/")[0]
        first.setdefault(kind, anchor)
        last[kind] = anchor
    return list(dict.fromkeys(["", *first.values(), *last.values()]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("report", REPORTS)
def test_axe_finds_nothing(browser: Any, tmp_path: Path, report: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    results: Results = REPORTS[report]()
    file = tmp_path / "report.html"
    file.write_text(render.html(results), encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    pages = kinds(page.evaluate(PAGES))
    assert len(pages) > 3

    found = {}
    for anchor in pages:
        page.goto(f"{file.as_uri()}#{anchor}")
        for rule in axe.Axe().run(page).response["violations"]:
            found[anchor, rule["id"]] = [node["html"] for node in rule["nodes"][:3]]
    context.close()

    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 320])
def test_axe_finds_nothing_in_a_matrix_in_use(
    browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    file = tmp_path / "report.html"
    file.write_text(render.html(sample(24, drivers=3)), encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{file.as_uri()}?q=failed:*,pg8000#matrix")
    page.evaluate(USED)
    assert page.locator("#help").is_visible()

    found = {
        rule["id"]: [node["html"] for node in rule["nodes"][:3]]
        for rule in axe.Axe().run(page).response["violations"]
    }
    context.close()

    assert found == {}
