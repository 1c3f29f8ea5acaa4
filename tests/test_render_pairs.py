"""How many rows two backends answer differently, and the terms that find them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from hypothesis import HealthCheck, given, settings

from session_conformance import render
from session_conformance.render.model import arrange
from session_conformance.render.pairs import pairs
from session_conformance.render.terms import called, differs, terms
from session_conformance.render.views import Views

from .page_parts import page
from .sample_questions import questions
from .sample_results import sample
from .valid_results import valid_results

if TYPE_CHECKING:
    from session_conformance.results import Results

MISSING = ("unsupported", "unreachable", "not run")


def brute(results: Results) -> dict[tuple[int, int], int]:
    """Return the counts as one would by hand: each two columns, row by row."""
    model = arrange(results)
    found = {}
    for one, other in combinations(range(len(model.backends)), 2):
        rows = [(row.cells[one], row.cells[other]) for row in model.rows]
        count = sum(
            left.outcome not in MISSING
            and right.outcome not in MISSING
            and (left.outcome, left.answer) != (right.outcome, right.answer)
            for left, right in rows
        )
        if count:
            found[one, other] = count
    return found


@given(valid_results())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_columns_are_counted_as_one_would_by_hand(results: Results) -> None:
    counted = pairs(arrange(results))

    assert counted.counts == brute(results)
    for (one, other), count in counted.counts.items():
        assert counted.count(one, other) == counted.count(other, one) == count


def test_the_samples_have_pairs_of_promises_and_of_questions() -> None:
    for results in (sample(24, drivers=3), questions()):
        assert len(pairs(arrange(results)).counts) > 3
        assert pairs(arrange(results)).counts == brute(results)


def test_each_number_of_the_table_leads_to_its_rows() -> None:
    results = sample(24, drivers=3)
    model = arrange(results)
    counted = pairs(model)
    links = [link for link in page(render.html(results)).links if link.startswith("?q=")]

    asked = {parse_qs(urlsplit(link).query)["q"][0] for link in links}
    assert asked == {
        f"differs:{model.backends[one].id},{model.backends[other].id}"
        for one, other in counted.counts
    }
    assert len(links) == len(counted.counts)
    assert all(link.endswith("#matrix") for link in links)


def test_the_table_is_folded_where_there_are_many_columns_and_left_out_where_none_differ() -> None:
    few, many, none = (
        render.html(one).partition("id=pairs")[2].partition("</section>")[0]
        for one in (sample(24, drivers=2), sample(24, drivers=3), sample(1))
    )

    assert "<table" in few
    assert "<details>" not in few
    assert many.index("<details>") < many.index("<table")
    assert none == ""


def test_a_name_of_several_words_is_one_word_of_a_term() -> None:
    backend = sample(1, drivers=1).backends[0]
    odd = type(backend)(
        id="a b", title="a, b", database="a", database_title="A", driver="b", reached=True
    )

    assert called(backend) == "pysqlite"
    assert called(odd) == '"a b"'
    assert differs(odd, backend) == "?q=differs:%22a%20b%22,sqlite-pysqlite#matrix"


def test_terms_are_told_in_the_words_of_the_report() -> None:
    told = [
        example for term in terms(Views(arrange(questions())), None) for example in term.examples
    ]

    assert "answer:allowed" in told
    assert "answer:allowed@sqlite" in told
    assert "differs:sqlite,postgresql" in told
    assert "is:question" in told
    assert "changed" not in told
    assert not [one for one in told if one.startswith("failed:")]
