"""The HTML report: complete, linked, escaped, and the same bytes for the same results."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from session_conformance import render
from session_conformance.render import views
from session_conformance.render.marks import clean
from session_conformance.render.model import arrange
from session_conformance.render.traces import lines
from session_conformance.results import Detail, Results, read

from .page_parts import page
from .sample_results import sample, text_of
from .valid_results import valid_results

if TYPE_CHECKING:
    from session_conformance.render.traces import Line

GOLDEN = Path(__file__).parent / "golden"
ANY = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@given(valid_results())
@ANY
def test_any_valid_results_render_into_a_whole_page(results: Results) -> None:
    found = page(render.html(results))

    assert found.broken == []
    assert len(found.ids) == len(set(found.ids))
    assert not [name for name in found.ids if not name or re.search(r"\s", name)]
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert all(link.startswith(("#", "https://", "http://")) for link in found.links)


def by_row(text: str) -> dict[str, list[str]]:
    """Return the text of each row's cells, that of a cell over several columns once for each."""
    found: dict[str, list[str]] = {}
    for row, span, said in page(text).cells:
        found.setdefault(row, []).extend([said] * span)
    return found


@given(valid_results())
@ANY
def test_every_result_is_told_in_its_place_of_the_matrix(results: Results) -> None:
    model = arrange(results)
    told = by_row(render.html(results))

    assert set(told) <= {clean(row.name) for row in model.rows}
    for row in model.rows:
        cells = told.get(clean(row.name), [])
        assert len(cells) == len(model.backends)
        for cell, said in zip(row.cells, cells, strict=True):
            assert said.startswith(cell.sign)
            assert " ".join(clean(cell.word).split()) in said


@given(valid_results())
@ANY
def test_only_its_own_script_and_elements_are_in_the_page(results: Results) -> None:
    own = set(page(render.html(Results(run=results.run))).tags)
    found = page(render.html(results))

    assert found.tags.count("script") == 2
    assert set(found.tags) - own <= {
        "ul", "li", "h3", "h4", "b", "i", "em", "sup", "pre", "details", "summary", "small", "ol",
        "a",
        "td", "span", "table", "caption", "thead", "tbody", "tr", "th", "dd", "dt", "strong", "div",
        "code", "p", "section", "h1", "h2", "svg", "path", "use", "fieldset", "legend",
    }  # fmt: skip


def test_planted_markup_and_control_characters_are_shown_not_obeyed() -> None:
    results = sample(9)
    planted = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
    results.results[0] = dataclasses.replace(
        results.results[0],
        outcome="error",
        verdict="undeclared",
        detail=Detail(kind="exception", message=planted, traceback=planted, line=planted),
    )

    text = render.html(results)

    assert "<script>alert" not in text
    assert "<img" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;alert" in text


def test_without_its_script_the_page_still_says_everything() -> None:
    results = sample(24)
    text = re.sub(r"<script>.*?</script>", "", render.html(results), flags=re.DOTALL)
    found = page(text)
    seen = re.sub(r"\s+", " ", " ".join(found.text))

    assert render.verdict(results).headline in seen
    assert all(re.sub(r"\s+", " ", detail) in seen for detail in render.verdict(results).details)
    told = by_row(text)
    for row in arrange(results).rows:
        assert row.case.text in seen
        for cell, said in zip(row.cells, told[row.name], strict=True):
            assert cell.outcome in said or cell.word in said


def test_without_scripts_whatever_differs_or_failed_has_its_trace() -> None:
    results = sample(24)
    model = arrange(results)
    text = re.sub(r"<script.*?</script>", "", render.html(results), flags=re.DOTALL)
    pages = re.split(r"(?=<section class=page)", text)
    by_case = {match[1]: one for one in pages if (match := re.search(r"id=case/([^ >]+)", one))}

    for row in model.rows:
        seen = " ".join(" ".join(page(by_case[row.case.id]).text).split())
        for cell in row.cells if row.differs else ():
            trace = results.traces.get(cell.result.trace or "") if cell.result else None
            if trace is None or cell.outcome in ("unsupported", "passed"):
                continue
            assert _stands_in(seen, lines(trace))


def test_a_report_of_many_rows_shows_what_came_to_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = sample(24)
    whole = render.html(results)
    monkeypatch.setattr(views, "MANY", 10)
    brief = render.html(results)

    model = arrange(results)
    for row in model.rows:
        full, short = (
            text.partition(f"id=case/{row.case.id}>")[2].partition("</section>")[0]
            for text in (whole, brief)
        )
        seen = " ".join(" ".join(page(short).text).split())
        for came_to in {cell.behaviour for cell in row.cells} if row.differs else ():
            traces = [
                lines(results.traces[cell.result.trace])
                for one in model.rows_of(row.case)
                for cell in one.cells
                if cell.behaviour == came_to and cell.result and cell.result.trace
            ]
            if came_to[0] not in ("unsupported", "passed"):
                assert not traces or any(_stands_in(seen, trace) for trace in traces)
        if not any(one.differs for one in model.rows_of(row.case)):
            assert len(full) > len(short)
            assert "What they did" in short or "unsupported" in short


def _stands_in(seen: str, trace: list[Line]) -> bool:
    return all(" ".join(f"{item.verb} {item.rest}".split()) in seen for item in trace)


def test_the_page_loads_nothing_and_its_policy_allows_only_its_own_text() -> None:
    text = render.html(sample(4))

    assert re.findall(r'<(?:script|img|iframe|link)[^>]*src="', text) == []
    assert "default-src 'none'" in text
    assert "unsafe" not in text
    assert " style=" not in text
    assert " onclick=" not in text


def test_a_file_cut_anywhere_renders_as_incomplete(tmp_path: Path) -> None:
    results = sample(1)
    results.backends, results.results = results.backends[:1], results.results[:1]
    results.traces = {name: results.traces[name] for name in [results.results[0].trace or ""]}
    whole = text_of(results)
    head = whole.index("\n") + 1
    end = whole.rindex('{"kind": "end"')
    path = tmp_path / "results.jsonl"
    for cut in range(head, len(whole) - 2):
        path.write_text(whole[:cut], encoding="utf-8")
        assert render.verdict(read(path)).form == "incomplete", cut
    for cut in [*range(head, end, 997), end, len(whole) - 3]:
        path.write_text(whole[:cut], encoding="utf-8")
        assert any("Incomplete run" in text for text in page(render.html(read(path))).text), cut


def test_a_missing_result_is_not_run_and_an_unreached_backend_is_unreachable() -> None:
    results = sample(2)
    results.backends[3] = dataclasses.replace(
        results.backends[3], reached=False, reason="no server"
    )
    results.results = [
        result
        for result in results.results
        if result.backend != results.backends[3].id and result is not results.results[0]
    ]

    cells = [said for told in by_row(render.html(results)).values() for said in told]

    assert cells.count("? unreachable") == 2
    assert cells.count("· not run") == 1


def test_a_case_page_says_where_its_answers_are_documented() -> None:
    results = sample(9)
    asked = next(result for result in results.results if result.answer == "lost")
    other = dataclasses.replace(
        asked,
        verdict="undeclared",
        expected_answer="refused",
        answer_source="4.2 Locks, https://example.org/locks",
    )
    changed = [other if result is asked else result for result in results.results]

    text = render.html(dataclasses.replace(results, results=changed))

    assert "<a href=https://example.org/locks>4.2 Locks</a>" in text
    assert "no page of a documentation is known that says so" in text
    assert "Expected: refused." in text


def test_no_percentage_anywhere() -> None:
    text = re.sub(
        r"<(style|script)>.*?</\1>|%\(\w+\)s|%s", "", render.html(sample(24)), flags=re.DOTALL
    )

    assert "%" not in re.sub(r'href="[^"]*"', "", text)


def test_the_page_is_small_enough() -> None:
    assert len(render.html(sample(100)).encode()) < 512 * 1024
    assert len(render.html(sample(800, drivers=5)).encode()) < 4 * 1024 * 1024


@pytest.mark.parametrize(
    "name",
    [
        "report.html", "summary.md", "junit.xml", "ctrf.json", "badge.svg", "terminal.txt",
        "failure.txt",
    ],
)  # fmt: skip
def test_the_same_results_give_the_same_bytes(name: str) -> None:
    results = sample(9)
    failed = next(result for result in results.results if result.verdict == "undeclared")
    text = {
        "report.html": lambda: render.html(results),
        "summary.md": lambda: render.markdown(results),
        "junit.xml": lambda: render.junit(results),
        "ctrf.json": lambda: render.ctrf(results),
        "badge.svg": lambda: render.badges(results)["mariadb-pymysql.svg"],
        "terminal.txt": lambda: render.terminal(results, color=False, width=110),
        "failure.txt": lambda: render.failure(results, failed) + "\n",
    }[name]()

    assert text.encode() == (GOLDEN / name).read_bytes()
