"""A report in several files: linked, whole, replaced as one, and read from disk in a browser."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings

from session_conformance import render
from session_conformance.archive import member
from session_conformance.commands.report import report
from session_conformance.output import write_reports
from session_conformance.render import split
from session_conformance.render.model import arrange

from .chromium import CHROMIUM
from .page_parts import page
from .sample_questions import questions
from .sample_results import sample, text_of
from .valid_results import valid_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from session_conformance.results import Results

ANY = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
TOO_MUCH = "The report is large"


def follow(path: str, link: str) -> tuple[str, str]:
    """Return the file and the id to which a link of the file `path` leads."""
    way, _, target = link.partition("#")
    way = way.partition("?")[0]
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), way)) if way else path, target


@given(valid_results())
@ANY
def test_every_link_of_every_file_has_its_target(results: Results) -> None:
    documents = render.documents(results, split=True)
    found = {path: page(text) for path, text in documents.items()}

    for path, parts in found.items():
        assert parts.broken == []
        assert len(parts.ids) == len(set(parts.ids))
        for link in parts.links:
            if not re.match(r"https?://", link):
                file, target = follow(path, link)
                assert target in found[file].ids, (path, link)


@pytest.mark.parametrize("results", [sample(24), questions()], ids=["promises", "questions"])
def test_the_files_hold_together_what_the_one_would(results: Results) -> None:
    whole = page(render.html(results))
    apart = {path: page(text) for path, text in render.documents(results, split=True).items()}

    assert next(iter(apart)) == "report.html"
    assert {name for one in apart.values() for name in one.ids} >= set(whole.ids) - {"rolls"}
    assert not [name for name in apart["report.html"].ids if name.startswith("case/")]
    chapters = {case.chapter for case in results.cases}
    assert set(apart) == {"report.html", *(f"report-cases/{name}.html" for name in chapters)}
    assert whole.cells == apart["report.html"].cells
    assert {link.partition("#")[2] for link in whole.links} <= {
        link.partition("#")[2] for one in apart.values() for link in one.links
    }


def test_chapters_of_odd_names_have_files_of_their_own() -> None:
    results = sample(4)
    for case, name in zip(results.cases, ["A/b", "a b", "../..", "日本"], strict=True):
        object.__setattr__(case, "chapter", name)

    assert list(render.documents(results, split=True))[1:] == [
        "report-cases/a-b.html",
        "report-cases/a-b-2.html",
        "report-cases/chapter.html",
        "report-cases/chapter-2.html",
    ]


def test_no_file_loads_another_and_each_allows_only_its_own_text() -> None:
    for text in render.documents(sample(24), split=True).values():
        assert re.findall(r'<(?:script|img|iframe|link)[^>]*src="', text) == []
        assert "default-src 'none'" in text
        assert "unsafe" not in text


def test_a_large_report_is_split_unless_somebody_wants_it_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = sample(9)

    assert list(render.documents(results)) == ["report.html"]
    monkeypatch.setattr(split, "MOST", 1000)
    assert len(render.documents(results)) > 1
    assert list(render.documents(results, split=False)) == ["report.html"]


def test_a_former_folder_of_cases_is_replaced_and_what_is_not_ours_is_left(tmp_path: Path) -> None:
    write_reports(sample(24), tmp_path, forms=["html"], split=True)
    cases = tmp_path / "report-cases"
    before = {path.name for path in cases.iterdir()}
    (cases / "notes.html").write_text("<html>mine", encoding="utf-8")

    written = write_reports(sample(2), tmp_path, forms=["html"], split=True)

    after = {path.name for path in cases.iterdir()}
    assert written == [tmp_path / "report.html", cases]
    assert "notes.html" in after
    assert len(after) < len(before)

    write_reports(sample(2), tmp_path, forms=["html"])
    assert {path.name for path in cases.iterdir()} == {"notes.html"}
    (cases / "notes.html").unlink()
    write_reports(sample(2), tmp_path, forms=["html"])
    assert not cases.exists()


def test_the_command_splits_when_told_and_says_so_when_it_does_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results.jsonl").write_text(text_of(sample(9)), encoding="utf-8")

    def call(*words: str) -> str:
        return CliRunner().invoke(report, [str(tmp_path), "--format", "html", *words]).output

    told = call("--split")
    assert "report-cases" in told
    assert TOO_MUCH not in told
    assert "report-cases" not in call()
    monkeypatch.setattr(split, "MOST", 1000)
    assert TOO_MUCH in call()
    assert "report-cases" not in call("--no-split")


def test_a_bundle_takes_the_cases_along(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text(text_of(sample(9)), encoding="utf-8")

    CliRunner().invoke(report, [str(tmp_path), "--bundle", "--split"])

    bundle = next(tmp_path.glob("*.zip"))
    assert b"#case/" in member(bundle, "report.html")
    assert b"id=case/" in member(bundle, "report-cases/commit.html")


# In a browser, from disk.

browsing = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Yield a function that opens an address of a split report in a fresh context."""
    write_reports(sample(24), tmp_path, forms=["html"], split=True)
    contexts = []

    def opens(address: str = "", *, file: str = "report.html", **options: Any) -> Any:
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto((tmp_path / file).as_uri() + address)
        return page

    yield opens
    for context in contexts:
        context.close()


class TestInABrowser:
    pytestmark = browsing

    @pytest.mark.parametrize("scripts", [True, False])
    def test_a_row_leads_to_its_case_and_back(
        self, opened: Callable[..., Any], scripts: bool
    ) -> None:
        row = next(row for row in arrange(sample(24)).rows if row.differs)
        page = opened("#matrix", java_script_enabled=scripts)

        page.locator(f".matrix th a[href$='#case/{row.name}']").click()

        assert f"report-cases/{row.case.chapter}.html" in page.url
        assert page.locator(f"[id='case/{row.case.id}']").is_visible()
        page.get_by_role("link", name="Matrix", exact=True).click()
        assert page.locator(".matrix").is_visible()
        assert "report.html" in page.url
        assert page.wrong == []

    def test_a_click_on_a_cell_opens_its_row(self, opened: Callable[..., Any]) -> None:
        row = next(row for row in arrange(sample(24)).rows if row.who == "alike")
        page = opened("#matrix")

        page.locator(f".matrix tr:has(th a[href$='#case/{row.name}']) td").first.click()
        page.wait_for_url("**/report-cases/**")

        assert page.locator(f"[id='case/{row.case.id}']").is_visible()

    def test_the_matrix_is_asked_as_in_one_file_and_remembers_it(
        self, opened: Callable[..., Any]
    ) -> None:
        rows = arrange(sample(24)).rows
        page = opened("?q=is:question#matrix")
        shown = page.locator(".matrix tr[data-w]:visible")
        assert shown.count() == sum(row.case.what == "question" for row in rows)

        page.locator("#tools input[type=search]").fill('"what becomes"')
        assert shown.count() == sum("What becomes" in row.case.text for row in rows)
        shown.first.locator("th a").click()
        page.wait_for_url("**/report-cases/**")
        page.keyboard.press("m")
        page.wait_for_url("**/report.html*")
        assert page.locator("#tools input[type=search]").input_value() == '"what becomes"'

    def test_the_address_of_a_case_or_cell_leads_to_its_file(
        self, opened: Callable[..., Any]
    ) -> None:
        model = arrange(sample(24))
        failed = model.concerns()[0]
        alike = next(row for row in model.rows if row.who == "alike")
        for address, case in {
            f"#cell/{failed.row}@{failed.backend.id}": failed.case.id,
            f"#cell/{alike.name}@{alike.cells[0].backend.id}": alike.case.id,
            f"#case/{alike.name}": alike.case.id,
        }.items():
            page = opened(address)
            page.wait_for_url("**/report-cases/**")
            assert page.locator(f"[id='case/{case}']").is_visible()
            assert "report.html" not in unquote(page.url)

    def test_cases_are_walked_from_file_to_file_with_what_is_compared(
        self, opened: Callable[..., Any]
    ) -> None:
        model = arrange(sample(24))
        last = next(
            case
            for case, after in zip(model.cases, model.cases[1:], strict=False)
            if case.chapter != after.chapter
        )
        address = f"?cmp=mysql-pymysql,mariadb-pymysql#case/{last.id}"
        page = opened(address, file=f"report-cases/{last.chapter}.html")
        page.locator("details.compare:visible table").wait_for()

        page.keyboard.press("n")
        page.wait_for_function(
            "name => !location.pathname.endsWith(name)", arg=last.chapter + ".html"
        )

        page.locator("details.compare:visible table").wait_for()
        assert page.locator("details.compare:visible select[name=one]").input_value() == (
            "mysql-pymysql"
        )
        assert page.wrong == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_in_a_file_of_cases(
        self, opened: Callable[..., Any], scheme: str
    ) -> None:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
        page = opened(file="report-cases/commit.html", color_scheme=scheme)
        assert page.locator(".overview a").count() == page.locator(".page").count()
        assert page.locator(".page:visible").count() == 0

        for address in ("", page.locator(".overview a").first.get_attribute("href")):
            page.goto(page.url.partition("#")[0] + address)
            found = {
                rule["id"]: [node["html"] for node in rule["nodes"][:3]]
                for rule in axe.Axe().run(page).response["violations"]
            }
            assert found == {}
