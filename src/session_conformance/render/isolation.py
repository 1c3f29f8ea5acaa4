"""The isolation page as Markdown: levels down, phenomena across, one block for each database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.marks import plural
from session_conformance.render.phenomena import WORDS, phenomena

if TYPE_CHECKING:
    from session_conformance.render.phenomena import Block, Level, Phenomenon
    from session_conformance.results import Results


def _legend() -> str:
    found = []
    for name, (word, meaning) in WORDS.items():
        shown = f"**{word}**" if name == "allowed" else word
        found.append(f"- {shown}: {meaning[0].lower()}{meaning[1:]}")
    return "\n".join(found)


HEAD = f"""# What transactions do to each other

Written by `session-conformance isolation`, from a run on real servers: each phenomenon was tried at
each isolation level that the database offers, through each driver. A cell says what became of it:

{_legend()}

Where two answers stand in a cell, the first is for UPDATE, INSERT and DELETE statements, the second
for objects that a Session loads, changes and flushes.
"""


def isolation(results: Results) -> str:
    """Return the page as Markdown: a table for each database, and for drivers that differ in it."""
    page = phenomena(results)
    lines = [HEAD]
    for block in page.blocks:
        first = block.backends[0]
        through = ", ".join(f"`{backend.id}`" for backend in block.backends)
        version = first.server_version or ""
        lines += [f"## {first.database_title} {version}".rstrip(), "", f"Through {through}.", ""]
        lines += _table(block, page.asked(block))
        lines += [""]
    lines += ["## The phenomena", ""]
    lines += [f"- {one.name}: {one.case.text} (`{one.case.id}`)" for one in page.columns]
    if not page.columns:
        lines += ["No question about a phenomenon was asked in this run."]
    return "\n".join(lines).rstrip() + "\n"


def _table(block: Block, asked: list[Phenomenon]) -> list[str]:
    heads = ["level", *(one.name for one in asked)]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for level in block.levels:
        title = level.condition + (" (default)" if block.default(level) else "")
        cells = [_cell(level, one) for one in asked]
        lines += ["| " + " | ".join([title, *cells]) + " |"]
    return lines


def _cell(level: Level, phenomenon: Phenomenon) -> str:
    return " / ".join(
        f"**{answer.word}**" if answer.name == "allowed" else answer.word
        for answer in level.answers(phenomenon.case)
    )


def told(results: Results) -> str:
    """Return one line on what the page is made from."""
    answers = sum(result.answer is not None for result in results.results)
    return f"{plural(answers, 'answer')} of {plural(len(results.backends), 'backend')}"
