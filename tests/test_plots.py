"""What plots are drawn from: times on their axis, statements and round trips."""

from __future__ import annotations

import dataclasses
import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_conformance import render
from session_conformance.proxy import Proxy
from session_conformance.render import costs, durations
from session_conformance.render.column import Column
from session_conformance.render.model import Model, arrange

from .page_parts import page
from .sample_results import sample

if TYPE_CHECKING:
    from session_conformance.results import Results

DOT = re.compile(r"M(\d+) 6z")


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(0.001, 0), (0.01, 60), (0.1, 120), (1, 180), (10, 240), (0.0001, 0), (0, 0), (500, 240)],
)
def test_a_tenfold_time_is_a_decade_further_and_the_axis_ends(seconds: float, place: int) -> None:
    assert durations.place(seconds) == place


@given(st.lists(st.floats(0.001, 10), min_size=1))
def test_every_time_has_a_dot_that_is_less_than_a_dot_away(times: list[float]) -> None:
    found = [int(place) for place in DOT.findall(durations.dots(times))]

    assert found == sorted(set(found))
    for value in times:
        assert any(0 <= durations.place(value) - place < durations.DOT for place in found)


def timed(**seconds: float) -> Results:
    """Return results in which the first case took so long on backends of these names."""
    results = sample(6, 2)
    first = next(case for case in results.cases if case.what == "promise" and not case.variants)
    changed = [
        dataclasses.replace(
            result, seconds=seconds.get(result.backend.replace("-", "_"), 0.01), outcome="passed"
        )
        if result.case == first.id
        else result
        for result in results.results
    ]
    cases = [first, *(case for case in results.cases if case is not first)]
    return dataclasses.replace(results, results=changed, cases=cases)


def first_rows(results: Results) -> Model:
    model = arrange(results)
    model.rows = [row for row in model.rows if row.case.id == results.cases[0].id]
    return model


def test_a_case_has_a_line_for_each_database_with_its_drivers_times() -> None:
    rows = first_rows(timed(mysql_pymysql=0.8)).rows
    lines = {line.name: line for line in durations.of_case(rows)}

    assert sorted(lines["MySQL"].times) == [0.01, 0.8]
    assert lines["MySQL"].words == "10 ms to 800 ms"
    assert lines["SQLite"].words == "10 ms"
    assert durations.together(list(lines.values())) == "10 ms to 800 ms"


@pytest.mark.parametrize(
    ("seconds", "seen"), [(0.8, True), (0.12, True), (0.09, False), (0.01, False)]
)
def test_a_plot_is_drawn_where_there_is_something_to_see(seconds: float, seen: bool) -> None:
    results = timed(mysql_pymysql=seconds)
    case = results.cases[0].id
    shown = render.html(results).partition(f"id=case/{case}>")[2].partition("</section>")[0]

    assert ("Time of this case" in shown) is seen


def test_a_backend_has_a_line_for_each_chapter_beside_its_siblings_median() -> None:
    model = first_rows(timed(mysql_pymysql=0.8))
    place = next(n for n, backend in enumerate(model.backends) if backend.id == "mysql-pymysql")
    column = Column(model.backends[place], [(row, row.cells[place]) for row in model.rows])
    (line,) = durations.of_backend(column)

    assert line.name == model.rows[0].case.chapter
    assert line.times == [0.8]
    assert line.usual == 0.01
    assert line.mark == "M60 1v10"
    assert line.longest is model.rows[0]


def test_what_costs_the_same_stands_together_and_the_least_comes_first() -> None:
    results = timed()
    case = results.cases[0].id
    trips = {"mysql-pymysql": 8}
    results.results = [
        dataclasses.replace(
            result, facts={"statements": 5, "round_trips": trips.get(result.backend, 5)}
        )
        if result.case == case and not result.backend.startswith("sqlite")
        else result
        for result in results.results
    ]
    found = costs.of_case(first_rows(results).rows)

    assert [(cost.statements, cost.round_trips) for cost in found] == [(5, 5), (5, 8)]
    assert [cell.backend.id for cell in found[1].cells] == ["mysql-pymysql"]
    assert costs.most(found) == 8
    shown = page(render.html(results).partition(f"id=case/{case}>")[2].partition("</section>")[0])
    assert "Statements, and waits for the server's answer" in shown.text


def test_facts_that_are_no_numbers_are_no_costs() -> None:
    results = timed()
    results.results = [
        dataclasses.replace(result, facts={"statements": "five", "round_trips": True})
        for result in results.results
    ]

    assert costs.of_case(arrange(results).rows) == []


def test_a_round_trip_is_what_was_sent_until_the_first_of_its_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            # The line is cut at the end.
            with connection, suppress(ConnectionError):
                while word := connection.recv(1):
                    # Half a request has no answer; an answer may come in pieces.
                    if word == b"?":
                        connection.sendall(b"a")
                        connection.sendall(b"b")

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            Proxy(server.getsockname()) as proxy,
            socket.create_connection(("127.0.0.1", proxy.port)) as client,
        ):
            for number in range(1, 4):
                client.sendall(b"x")
                client.sendall(b"?")
                assert client.recv(1) + client.recv(1) == b"ab"
                assert proxy.trips == number
            client.sendall(b"never answered")
        assert proxy.trips == 3
        thread.join()
