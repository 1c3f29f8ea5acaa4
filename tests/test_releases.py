"""The list of old releases names what there is, and its page is what it says."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from session_conformance.backend import known
from session_conformance.cases import discover

from .releases import FILE, Defect, defects, seen, text

LISTED = defects()
SEEN, SWITCH = "commit.visible-elsewhere", "flush.row-switch"
DEFECT = Defect(
    name="loses-rows",
    what="driver",
    defect="It loses rows.",
    source="https://example.org",
    backend="sqlite-pysqlite",
    bad=["driver==1"],
    mended=["driver==2"],
    cases=[SEEN, SWITCH],
)


def test_the_page_is_what_is_listed() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("defect", LISTED, ids=lambda defect: defect.name)
def test_a_defect_names_cases_and_a_backend_that_exist(defect: Defect) -> None:
    cases = {case.partition("/")[0] for case in defect.cases}

    assert cases
    assert cases <= set(discover())
    assert defect.backend in known()


@pytest.mark.parametrize("defect", LISTED, ids=lambda defect: defect.name)
def test_the_two_environments_differ_in_pinned_releases_alone(defect: Defect) -> None:
    bad, mended = ([Requirement(pin) for pin in pins] for pins in (defect.bad, defect.mended))

    assert [pin.name for pin in bad] == [pin.name for pin in mended]
    assert all(str(pin.specifier).startswith("==") for pin in bad + mended)
    assert [pin.specifier for pin in bad] != [pin.specifier for pin in mended]
    assert defect.source.startswith("https://")
    assert defect.defect.endswith(".")


@pytest.mark.parametrize(
    ("outcomes", "bad", "right"),
    [
        (
            {SEEN: ["failed"], SWITCH: ["passed", "error"]},
            True,
            True,
        ),
        ({SEEN: ["failed"], SWITCH: ["passed"]}, True, False),
        ({SEEN: ["failed"]}, True, False),
        ({SEEN: ["passed"], SWITCH: ["passed"]}, False, True),
        ({SEEN: ["passed"], SWITCH: ["failed"]}, False, False),
        ({SEEN: ["passed"]}, False, False),
    ],
)
def test_a_defect_is_proven_by_all_its_cases(
    outcomes: dict[str, list[str]], bad: bool, right: bool
) -> None:
    assert seen(DEFECT, outcomes, bad=bad)[1] is right
