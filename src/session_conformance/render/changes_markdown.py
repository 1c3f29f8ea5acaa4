"""What changed between two runs, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.changes_text import FEW, change
from session_conformance.render.marks import plural
from session_conformance.render.paper import Paper, code, escape
from session_conformance.render.shared import named
from session_conformance.render.since import Since
from session_conformance.render.told import plainly
from session_conformance.render.when import when

if TYPE_CHECKING:
    from session_conformance.render.changes import Changes
    from session_conformance.render.shared import Shared
    from session_conformance.results import CaseRecord

LIMIT = 900 * 1024


def markdown(found: Changes, *, strict: bool = False) -> str:
    """Return the page of changes, at most `LIMIT` bytes of UTF-8, cut between lines.

    `strict` is as for `Changes.worse`.
    """
    paper = Paper(LIMIT)
    paper.text("## What changed")
    write(paper, found, strict=strict)
    return paper.read()


def write(paper: Paper, found: Changes, *, strict: bool = False) -> None:
    """Write what changed on a page that may hold other things."""
    since = Since(found, strict)
    old, new = found.old.results.run, found.new.results.run
    paper.text(f"**{escape(since.headline)}** {escape(since.summary)}")
    paper.text(
        f"From run {code(old.id)} of {escape(when(old.started))} "
        f"to run {code(new.id)} of {escape(when(new.started))}."
    )
    moves = [f"- {escape(str(move))}" for move in found.moved.moves]
    if moves:
        paper.rows([], moves, len(moves))
    if found.moved.text:
        paper.text(escape(found.moved.text))
    for one in since.lists:
        paper.text(f"### {escape(one.title.capitalize())} ({one.count})")
        paper.text(escape(one.meaning))
        parts = [_part(case, part) for case, shared in one.cases for part in shared]
        paper.rows([], parts, len(parts))
    backends = [
        f"- {word}: {code(backend.id)}: {escape(came)}" for word, backend, came in since.columns
    ]
    _list(paper, "Backends of one run only", backends)
    _list(paper, "New cases", _cases(since.new_cases))
    _list(paper, "Cases gone", _cases(since.gone_cases))
    gaps = [
        f"- {escape(who)}: {escape(why)}, {plural(count, 'result')}"
        for who, why, count in since.gaps
    ]
    _list(paper, "Not comparable", gaps)
    _list(paper, "Left behind by the new run", [f"- {escape(one)}" for one in found.left])


def _list(paper: Paper, title: str, lines: list[str]) -> None:
    if lines:
        paper.text(f"### {title} ({len(lines)})")
        paper.rows([], lines[:FEW], len(lines))


def _part(case: CaseRecord, part: Shared) -> str:
    moves = f" ({escape('; '.join(str(move) for move in part.moves))})" if part.moves else ""
    told = plainly(part.new) if part.new.concern or part.new.declared else ""
    why = f" *{escape(told[:300])}*" if told else ""
    named = f"{code(case.id)}{_variants(part.variants)}"
    return f"- {named}: {escape(change(part))}: {escape(part.who)}{moves}{why}"


def _cases(cases: list[tuple[CaseRecord, list[str], str]]) -> list[str]:
    return [
        f"- {code(case.id)}{_variants(variants)}: {escape(came)}" for case, variants, came in cases
    ]


def _variants(names: list[str]) -> str:
    return f" ({escape(named(names))})" if names else ""
