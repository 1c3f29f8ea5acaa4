"""Each case has a level, and says since which version of the suite it exists."""

from __future__ import annotations

from packaging.version import Version

from session_conformance import __version__
from session_conformance.cases import discover
from session_conformance.faults import LONG, TIMES, quick, signatures
from session_conformance.levels import levels
from session_conformance.versions import is_of

from .faulty.fault import FAULTS


def test_each_chapter_has_one_level() -> None:
    chapters = [chapter for level in levels() for chapter in level.chapters]

    assert len(chapters) == len(set(chapters))
    assert {case.chapter for case, _ in discover().values()} == set(chapters)


def test_no_case_is_of_the_future() -> None:
    late = [
        case.id
        for case, _ in discover().values()
        if Version(case.since).release[:2] > Version(__version__).release[:2]
    ]

    assert late == []


def test_a_version_has_the_cases_of_those_before_it() -> None:
    assert is_of("0.1", "0.1.0")
    assert is_of("0.1", "0.2")
    assert not is_of("0.2", "0.1.9")
    assert is_of("9.0", None)


def test_the_signatures_are_of_faults_and_cases_that_there_are() -> None:
    cases = discover()

    assert {one.fault for one in signatures()} <= set(FAULTS)
    assert {one.what for one in signatures()} <= {fault.what for fault in FAULTS.values()}
    assert set(quick()) <= set(cases)


def test_the_quick_cases_find_every_fault_twice_where_two_do() -> None:
    chosen = set(quick())

    for one in signatures():
        short = one.cases - LONG or one.cases
        assert len(short & chosen) >= min(TIMES, len(short))
    assert len(chosen) < len({case for one in signatures() for case in one.cases})


def test_a_long_case_is_quick_only_where_it_alone_finds_a_fault() -> None:
    alone = {case for one in signatures() if one.cases <= LONG for case in one.cases}

    assert set(discover()) >= LONG
    assert set(quick()) & LONG == alone
