"""The page about doing a transaction again shows the code that the suite runs."""

from __future__ import annotations

import re

from .faulty.command import ROOT

PAGE = (ROOT / "docs" / "retrying.md").read_text(encoding="utf-8")
MODULE = (ROOT / "suite" / "concurrency" / "test_retrying.py").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")

IMPORTS, CODE, EXAMPLE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

#: Of the error contract, what the code is to know; it leaves lost connections alone.
AGAIN = ("deadlock", "serialization-failure", "lock-timeout")


def contract() -> list[tuple[str, str, str]]:
    """Return trouble, number and SQLSTATE of each row."""
    rows = [[cell.strip() for cell in line.split("|")] for line in CONTRACT.splitlines()]
    return [
        (row[1].split()[0], row[3], row[4])
        for row in rows
        if len(row) == 10 and row[1] not in ("trouble", "---")
    ]


def test_the_page_shows_the_code_as_it_is_run() -> None:
    from_here = MODULE.index("AGAIN = {")
    assert MODULE[from_here:].startswith(CODE)
    assert MODULE[from_here + len(CODE) :].lstrip().startswith("# From here on")


def test_the_code_of_the_page_stands_alone() -> None:
    space: dict[str, object] = {}
    exec(compile(f"{IMPORTS}\n{CODE}", "page", "exec"), space)  # noqa: S102
    assert callable(space["retry"])
    compile(EXAMPLE, "example", "exec")


def test_the_code_agrees_with_the_error_contract() -> None:
    listed = CODE[: CODE.index("}")]
    known = set(re.findall(r'^    "?([\w ]+)"?,', listed, re.MULTILINE))
    for trouble, number, state in contract():
        if number or state:
            assert bool({number, state} & known) == (trouble in AGAIN), (trouble, number, state)
