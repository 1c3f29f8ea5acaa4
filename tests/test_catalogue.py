"""Each row of the catalogue is a case, has a reason why it is none, or is named as open."""

from __future__ import annotations

import csv

from session_conformance.cases import discover

from .faulty.command import ROOT

FOLDER = ROOT / "docs" / "catalogue"


def rows() -> list[dict[str, str]]:
    with (FOLDER / "rows.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def reasons() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.tsv")):
        if path.name in ("rows.tsv", "broken.tsv", "answers.tsv"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, reason = line.partition("\t")
            assert name.partition(".")[0] == path.stem, f"{name} stands in {path.name}"
            assert name not in found, f"{name} has two reasons"
            found[name] = reason
    return found


def test_each_row_is_a_case_or_has_a_reason_or_is_open() -> None:
    wanted = {row["id"] for row in rows()}
    waiting = set((FOLDER / "open.txt").read_text(encoding="utf-8").split())

    assert wanted - set(discover()) - set(reasons()) == waiting


def test_a_row_that_holds_everywhere_is_no_question() -> None:
    kinds = {row["id"]: row["kind"] for row in rows()}

    for name, (case, _) in discover().items():
        if case.what == "question":
            assert kinds.get(name) != "invariant", name


def test_no_case_has_a_reason_not_to_be_one() -> None:
    assert sorted(set(reasons()) & set(discover())) == []


def test_each_reason_is_one_and_of_a_row() -> None:
    known = {row["id"] for row in rows()}

    for name, reason in reasons().items():
        assert name in known, f"{name} is no row"
        assert reason.endswith("."), f"{name}: a reason is a sentence"
        assert len(reason) > 20, f"{name}: say why"


def test_each_answer_was_given_by_a_database_or_is_named_as_never_seen() -> None:
    asked = {(name, answer) for name, (case, _) in discover().items() for answer in case.answers}
    lines = (FOLDER / "answers.tsv").read_text(encoding="utf-8").splitlines()
    told = [tuple(line.split("\t")[:2]) for line in lines]

    assert set(told) == asked
    assert len(told) == len(asked)
