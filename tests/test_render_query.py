"""The matrix asked in a real browser: its terms, addresses, columns and downloads."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from session_conformance import render
from session_conformance.render.changes import Changes, changes
from session_conformance.render.model import Cell, Model, Row, arrange
from session_conformance.render.pairs import pairs

from .chromium import CHROMIUM
from .sample_results import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from session_conformance.results import Results

    Test = Callable[[Row], bool]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

NAMES = """[...document.querySelectorAll('.matrix tr[data-w]')].filter(e => !e.hidden)
.map(e => e.querySelector('th a').textContent)"""
HEADS = """[...document.querySelectorAll('.matrix thead tr:last-child th')]
.filter(e => e.checkVisibility()).map(e => e.querySelector('a').title)"""
CELLS = """[...document.querySelectorAll('.matrix tr[data-w]')].map(row =>
[row.querySelector('th a').textContent, [...row.querySelectorAll('td')].filter(e => !e.hidden)
.flatMap(e => Array(e.colSpan).fill(e.textContent.trim()))])"""
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
ODD = 'half, "kept"'
LACKING = ("unsupported", "unreachable", "not run")


@cache
def various() -> Results:
    """Return results in which everything occurs that can be asked for."""
    results = sample(36, drivers=4)
    gone = results.backends[-1]
    results.backends[-1] = dataclasses.replace(gone, reached=False, reason="no server")
    results.results = [one for one in results.results if one.backend != gone.id]
    declared = next(one.declared for one in results.results if one.declared)
    crashed: dict[str, Any] = {"outcome": "crashed", "verdict": "expected", "declared": declared}
    alone: dict[int, dict[str, Any]] = {
        2: {"outcome": "error", "verdict": "undeclared"},
        19: {"outcome": "timeout", "verdict": "undeclared"},
        35: crashed,
        50: {"verdict": "stale", "declared": declared},
        # All drivers of one database, of which one does something of its own.
        72: crashed,
        73: {"outcome": "error", "verdict": "undeclared"},
        74: {"outcome": "error", "verdict": "undeclared"},
    }
    for place, changed in alone.items():
        assert results.results[place].outcome == "passed"
        results.results[place] = dataclasses.replace(results.results[place], **changed)
    assert {one.backend.partition("-")[0] for one in results.results[72:75]} == {"mariadb"}
    asked = next(at for at, one in enumerate(results.results) if one.answer == "refused")
    results.results[asked] = dataclasses.replace(results.results[asked], answer=ODD)
    del results.results[80]
    return results


@cache
def model() -> Model:
    return arrange(various())


@cache
def compared() -> Changes:
    """Return what changed between two runs that differ in three rows."""
    old, new = sample(24, drivers=2), sample(24, drivers=2)
    passed = [place for place, one in enumerate(old.results) if one.outcome == "passed"]
    for place in passed[:60:20]:
        old.results[place] = dataclasses.replace(
            old.results[place], outcome="failed", verdict="undeclared"
        )
    return changes(old, new)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("query") / "report.html"
    path.write_text(render.html(various()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def opened(browser: Any, address: str) -> Iterator[Any]:
    """Yield a function that opens an address of the report in a fresh context."""
    contexts = []

    def opens(anchor: str = "#matrix", *, script: str = "", **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(address + anchor)
        return page

    yield opens
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shared(opened: Any) -> Any:
    """One page for all tests that put something into its search box."""
    return opened()


def ask(page: Any, text: str) -> list[str]:
    """Put `text` into the search box and return the names of the rows that are shown."""
    page.locator("#tools input[type=search]").fill(text)
    names: list[str] = page.evaluate(NAMES)
    return names


def on(test: Callable[[Cell], bool], *ids: str) -> Test:
    """Return a test of rows: whether a cell passes, of the backends named or of any."""
    assert set(ids) <= {backend.id for backend in model().backends}
    return lambda row: any(test(c) for c in row.cells if not ids or c.backend.id in ids)


def came(outcome: str, *ids: str) -> Test:
    return on(lambda cell: cell.outcome == outcome, *ids)


def gave(answer: str, *ids: str) -> Test:
    return on(lambda cell: cell.answer == answer, *ids)


def family(*databases: str) -> list[str]:
    return [backend.id for backend in model().backends if backend.database in databases]


def unlike(one: list[str], other: list[str]) -> Test:
    """Return a test of rows: whether what two sets of backends did is not the same set."""

    def did(row: Row, ids: list[str]) -> set[object]:
        return {
            (c.outcome, c.answer)
            for c in row.cells
            if c.backend.id in ids and c.outcome not in LACKING
        }

    return lambda row: (
        bool(did(row, one)) and bool(did(row, other)) and did(row, one) != did(row, other)
    )


def both(*tests: Test) -> Test:
    return lambda row: all(test(row) for test in tests)


MYSQL = family("mysql")
TERMS: dict[str, Test] = {
    "is:differs": lambda row: row.differs,
    "IS:Differs": lambda row: row.differs,
    "is:alike": lambda row: row.who == "alike",
    "is:question": lambda row: row.case.what == "question",
    "is:promise": lambda row: row.case.what == "promise",
    "is:question,alike": lambda row: row.case.what == "question" or row.who == "alike",
    "who:driver": lambda row: row.who == "driver",
    "who:database": lambda row: row.who == "database",
    "who:mixed": lambda row: row.who == "mixed",
    "who:capability": lambda row: row.who == "capability",
    "who:alike": lambda row: row.who == "alike",
    "who:driver,mixed": lambda row: row.who in ("driver", "mixed"),
    "passed:sqlite-apsw": came("passed", "sqlite-apsw"),
    "failed:*": came("failed"),
    "failed:pg8000": came("failed", "postgresql-pg8000"),
    "failed:mysql": came("failed", *MYSQL),
    "failed:mysql,pg8000": came("failed", *MYSQL, "postgresql-pg8000"),
    "failed:aiom": came("failed", "mysql-aiomysql", "mariadb-aiomysql"),
    "failed:PyMySQL": came("failed", "mysql-pymysql", "mariadb-pymysql"),
    "unsupported:SQLite": came("unsupported", *family("sqlite")),
    "answered:apsw": came("answered", "sqlite-apsw"),
    "error:*": came("error"),
    "timeout:*": came("timeout"),
    "crashed:*": came("crashed"),
    "not-run:*": came("not run"),
    "answer:lost": gave("lost"),
    "answer:refused": gave("refused"),
    "answer:refused@mysql": gave("refused", *MYSQL),
    "answer:refu@mysql-pymysql": gave("refused", "mysql-pymysql"),
    'answer:"half, "': gave(ODD),
    "chapter:commit": lambda row: row.case.chapter == "commit",
    "chapter:it": lambda row: row.case.chapter in ("commit", "identity"),
    "declared:yes": on(lambda cell: cell.expected == "d"),
    "declared:no": lambda row: not any(cell.expected == "d" for cell in row.cells),
    "undeclared": on(lambda cell: cell.expected == "u"),
    "undeclared:pg8000": on(lambda cell: cell.expected == "u", "postgresql-pg8000"),
    "stale": on(lambda cell: cell.expected == "s"),
    "differs:postgresql,mysql": unlike(family("postgresql"), MYSQL),
    "differs:postgresql-psycopg,postgresql-pg8000": unlike(
        ["postgresql-psycopg"], ["postgresql-pg8000"]
    ),
    "differs:sqlite,mariadb-mariadb": unlike(family("sqlite"), ["mariadb-mariadb"]),
    "commit twice": lambda row: all(
        word in f"{row.name} {row.case.text}".lower() for word in ("commit", "twice")
    ),
    '"one row. what"': lambda row: "one row. What" in row.case.text,
    '"declared"': lambda row: "declared" in f"{row.name} {row.case.text}",
    "!is:differs": lambda row: not row.differs,
    "!failed:pg8000 is:differs": both(
        lambda row: row.differs, lambda row: not came("failed", "postgresql-pg8000")(row)
    ),
    "!commit !chapter:locks": lambda row: (
        "commit" not in f"{row.name} {row.case.text}".lower() and row.case.chapter != "locks"
    ),
    "!undeclared": lambda row: not any(cell.expected == "u" for cell in row.cells),
    "who:mixed declared:yes error:mariadb": both(
        lambda row: row.who == "mixed",
        on(lambda cell: cell.expected == "d"),
        came("error", *family("mariadb")),
    ),
}
EMPTY = {'"declared"'}
EVERY = {"not-run:*"}


@pytest.mark.parametrize("term", TERMS)
def test_a_term_finds_the_rows_of_which_it_holds(shared: Any, term: str) -> None:
    expected = [row.name for row in model().rows if TERMS[term](row)]
    assert bool(expected) == (term not in EMPTY)
    assert len(expected) < len(model().rows) or term in EVERY

    shown = ask(shared, term)

    assert shown == expected
    hidden = len(model().rows) - len(shown)
    assert shared.locator("#found").inner_text() == (
        f"{len(shown)} of {len(model().rows)} rows shown{f', {hidden} hidden' if hidden else ''}"
    )
    assert shared.wrong == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("failed:oracle", "no backend is called “oracle”"),
        ("!failed:oracle", "no backend is called “oracle”"),
        ("answer:lost@oracle", "no backend is called “oracle”"),
        ("differs:mysql,oracle", "no backend is called “oracle”"),
        ("differs:mysql", "“differs:” takes two names, as in differs:one,other"),
        ("answer:found", "no answer is called “found”"),
        ("chapter:merge", "no chapter is called “merge”"),
        ("colour:blue", "“colour:” is no term: ? lists them"),
        ("constructor:mysql", "“constructor:” is no term: ? lists them"),
        ("is:odd", "“is:” knows differs, alike, promise, question, and not “odd”"),
        ("declared:perhaps", "“declared:” knows yes, no, and not “perhaps”"),
        ("changed", "this report has no baseline, so nothing is known of changes"),
        ("commit who:me failed:x", "no backend is called “x”"),
    ],
)
def test_what_is_not_understood_is_told_in_words(shared: Any, query: str, told: str) -> None:
    assert ask(shared, query) == []

    rows = len(model().rows)
    said = shared.locator("#found").inner_text()
    assert said.startswith(f"0 of {rows} rows shown, {rows} hidden; ")
    assert told in said
    assert shared.wrong == []


def test_changed_finds_the_rows_that_the_baseline_has_otherwise(
    browser: Any, tmp_path: Any
) -> None:
    found = compared()
    path = tmp_path / "report.html"
    path.write_text(render.html(found.new.results, found), encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{path.as_uri()}?q=changed#matrix")

    expected = {one.row.name for one in found.changes}
    assert len(expected) == 3
    assert set(page.evaluate(NAMES)) == expected
    assert page.locator(".matrix tr:visible .b").count() == 3
    page.get_by_role("button", name="changed", exact=True).click()
    assert len(page.evaluate(NAMES)) == len(found.new.rows)
    page.close()


def test_every_filter_of_one_click_finds_something_and_takes_itself_back(shared: Any) -> None:
    ask(shared, "")
    buttons = shared.locator("[data-do=preset]")
    assert {"differing", "by driver", "mixed", "declared", "undeclared", "stale", "failed"} <= set(
        buttons.all_inner_texts()
    )
    assert not {"passed", "answered"} & set(buttons.all_inner_texts())
    for button in buttons.all():
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert shared.locator("#tools input[type=search]").input_value() == button.get_attribute(
            "value"
        )
        assert shared.evaluate(NAMES)
        button.click()
        assert button.get_attribute("aria-pressed") == "false"
        assert len(shared.evaluate(NAMES)) == len(model().rows)


def test_filters_of_one_group_replace_each_other_and_others_add_up(shared: Any) -> None:
    ask(shared, "")
    for name in ("by driver", "mixed", "failed"):
        shared.get_by_role("button", name=name, exact=True).click()

    assert shared.locator("#tools input[type=search]").input_value() == "who:mixed failed:*"


def test_the_list_of_terms_has_examples_that_are_understood(shared: Any) -> None:
    shared.locator("body").press("?")
    assert shared.locator("#help").is_visible()
    examples = shared.locator("[data-do=example]")
    seen = set()
    for example in examples.all():
        example.click()
        assert shared.locator("#tools input[type=search]").input_value() == example.inner_text()
        assert "; " not in shared.locator("#found").inner_text()
        seen.add(example.inner_text().partition(":")[0].lstrip("!"))
    shared.get_by_role("button", name="Terms and keys").click()

    assert not shared.locator("#help").is_visible()
    assert {"is", "who", "passed", "failed", "answer", "chapter", "declared", "differs"} <= seen
    assert {"undeclared", "stale", "not-run", "crashed", "timeout", "error"} <= seen


def test_an_address_brings_back_the_rows_and_the_columns(opened: Any) -> None:
    page = opened()
    shown = ask(page, 'who:driver,mixed !chapter:"locks" declared:yes failed:*')
    page.get_by_label("SQLite", exact=True).uncheck()
    page.get_by_label("MariaDB", exact=True).uncheck()
    found = urlsplit(page.url)

    assert parse_qs(found.query) == {
        "q": ['who:driver,mixed !chapter:"locks" declared:yes failed:*'],
        "cols": ["postgresql,mysql"],
    }
    again = opened(f"?{found.query}#{found.fragment}")
    assert shown
    assert again.evaluate(NAMES) == shown
    assert again.evaluate(HEADS) == page.evaluate(HEADS)
    assert again.url == page.url
    assert again.wrong == []


def test_a_link_is_copied_that_leads_to_what_is_shown(opened: Any) -> None:
    page = opened("#verdict", permissions=["clipboard-read", "clipboard-write"])
    shown = ask(page, "is:differs failed:*")
    page.locator("#tools").get_by_role("button", name="Copy link").click()
    page.locator("#tools [role=status]", has_text="copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")

    assert copied.endswith("#matrix")
    again = opened(copied.removeprefix(page.url.partition("?")[0]))
    assert again.evaluate(NAMES) == shown


def test_a_link_to_a_case_is_copied_where_there_is_no_clipboard(opened: Any) -> None:
    case = model().rows[0].name
    page = opened(f"?q=failed:*#case/{case}", script=NO_CLIPBOARD)
    page.locator(f"[id='case/{case}']").get_by_role("button", name="Copy link").click()
    field = page.get_by_label("Address")

    assert field.input_value().endswith(f"report.html#case/{case}")
    assert page.evaluate("getSelection().toString() || document.activeElement.value").endswith(case)
    page.evaluate("location.hash = '#matrix'")
    page.wait_for_function("document.querySelector('[role=status] input') === null")


def saved(page: Any, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    assert download.value.suggested_filename == f"session-conformance.{name.lower()}"
    text = download.value.path().read_bytes().decode("utf-8")
    assert page.wrong == []
    return str(text)


def rows_shown(names: list[str]) -> list[Row]:
    return [row for row in model().rows if row.name in names]


def marked(row: Row, letter: str, ids: list[str]) -> list[str]:
    return [c.backend.id for c in row.cells if c.expected == letter and c.backend.id in ids]


def test_what_is_shown_is_downloaded_as_csv_and_as_json(opened: Any) -> None:
    page = opened()
    names = ask(page, "who:driver,mixed,database")
    page.get_by_label("SQLite", exact=True).uncheck()
    ids = family("postgresql", "mysql", "mariadb")

    text = saved(page, "CSV")
    told = json.loads(saved(page, "JSON"))

    assert text.count("\r\n") == len(names) + 1
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(read[0]) == ["case", "kind", "who", "declared", "undeclared", "stale", *ids]
    assert len(read) == len(told) == len(names)
    for line, record, row in zip(read, told, rows_shown(names), strict=True):
        words = {c.backend.id: c.word for c in row.cells if c.backend.id in ids}
        expected = {key: marked(row, key[0], ids) for key in ("declared", "undeclared", "stale")}
        assert (line["case"], line["kind"], line["who"]) == (row.name, row.case.what, row.who)
        assert {id_: line[id_] for id_ in ids} == words == record["backends"]
        assert {key: line[key].split() for key in expected} == expected
        assert {key: record[key] for key in expected} == expected


@pytest.mark.parametrize("hidden", [["SQLite"], ["MySQL"], ["PostgreSQL", "MariaDB"]])
@pytest.mark.parametrize("width", [1280, 320])
def test_columns_can_be_hidden_and_cells_of_several_keep_the_others(
    opened: Any, hidden: list[str], width: int
) -> None:
    page = opened()
    whole = page.evaluate(CELLS)
    page.set_viewport_size({"width": width, "height": 900})
    for name in hidden:
        page.get_by_label(name, exact=True).uncheck()
    places = [at for at, b in enumerate(model().backends) if b.database_title not in hidden]

    left = page.evaluate(CELLS)

    assert [name for name, _ in left] == [row.name for row in model().rows]
    for (_, cells), (name, all_cells), row in zip(left, whole, model().rows, strict=True):
        assert cells == [all_cells[at] for at in places], name
        assert [text.partition(" ")[2] for text in cells] == [row.cells[at].word for at in places]
    if width == 1280:
        assert len(page.evaluate(HEADS)) == len(places)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in hidden:
        page.get_by_label(name, exact=True).check()
    assert page.evaluate(CELLS) == whole
    assert "cols=" not in page.url


def test_the_last_columns_cannot_be_hidden(opened: Any) -> None:
    page = opened("?cols=mysql,nothing#matrix")

    assert page.evaluate(HEADS) == [
        f"MySQL {b.title}" for b in model().backends if b.database == "mysql"
    ]
    assert page.get_by_label("MySQL", exact=True).is_disabled()
    page.get_by_label("SQLite", exact=True).check()
    assert not page.get_by_label("MySQL", exact=True).is_disabled()


def test_arrows_pass_over_hidden_columns(opened: Any) -> None:
    places = {backend.id: at for at, backend in enumerate(model().backends)}
    first, shown = places["sqlite-pysqlite"], places["postgresql-psycopg"]
    row = next(
        row for row in model().rows if row.cells[first].behaviour != row.cells[shown].behaviour
    )
    page = opened("?cols=postgresql,mariadb#matrix")
    page.locator(f".matrix tr:has(a[href='#case/{row.name}']) th a").focus()
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")

    assert label.startswith(f"{row.name} on PostgreSQL psycopg")
    assert "MySQL" not in label


def test_a_number_of_two_backends_leads_to_as_many_rows(opened: Any) -> None:
    page = opened("#pairs")
    counts = page.evaluate(
        """() => [...document.querySelectorAll('.two a')].map((link) => {
          link.click();
          return [document.querySelector('#tools input').value, Number(link.textContent),
            [...document.querySelectorAll('.matrix tr[data-w]')].filter((e) => !e.hidden).length];
        })"""
    )

    counted = pairs(model())
    backends = model().backends
    assert len(counts) == len(counted.counts) > 20
    assert {query: (told, shown) for query, told, shown in counts} == {
        f"differs:{backends[one].id},{backends[other].id}": (count, count)
        for (one, other), count in counted.counts.items()
    }
    assert page.wrong == []


def test_back_leads_to_what_was_asked_before(opened: Any) -> None:
    page = opened("?q=failed:*#differences")
    before = page.evaluate(NAMES)
    page.evaluate("window.kept = true")
    page.locator("#pairs ~ details summary").first.click()
    for link in page.locator(".two a").all()[:2]:
        link.click()
    assert page.evaluate(NAMES) != before
    assert page.evaluate("window.kept")
    page.go_back()
    page.go_back()

    page.wait_for_function("document.querySelector('#tools input').value === 'failed:*'")
    assert page.evaluate(NAMES) == before


def test_without_scripts_a_number_leads_to_the_whole_matrix(opened: Any) -> None:
    page = opened("#pairs", java_script_enabled=False)
    page.locator("#pairs ~ details summary").first.click()
    page.locator(".two a").first.click()

    assert page.url.endswith("#matrix")
    assert page.locator(".matrix tr[data-w]:visible").count() == len(model().rows)
    assert page.locator("button:visible").count() == 0


def test_what_keys_do_visible_controls_do_too(opened: Any) -> None:
    focused = "document.activeElement.textContent"
    page = opened()
    found = [row.name for row in model().rows if row.differs or row.concerns]
    for name in found[:2]:
        page.get_by_role("button", name="Next differing row").click()
        assert page.evaluate(focused) == name
    page.keyboard.press("n")
    assert page.evaluate(focused) == found[2]
    page.get_by_role("button", name="Previous differing row").click()
    assert page.evaluate(focused) == found[1]

    page.set_viewport_size({"width": 320, "height": 900})
    page.locator(".near[data-do=after]").click()
    assert page.evaluate(focused) == found[2]
    page.keyboard.press("d")
    assert (
        page.get_by_role("button", name="differing", exact=True).get_attribute("aria-pressed")
        == "true"
    )
