"""The block of text printed for a cell that did not go as expected."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from session_conformance.render.address import again, script
from session_conformance.render.marks import UNDECLARED, VERDICTS, clean
from session_conformance.render.model import Cell, Row, arrange
from session_conformance.render.reference import beside, reference, shown
from session_conformance.render.traces import lines

if TYPE_CHECKING:
    from session_conformance.results import Result, Results, Run, TraceRecord

SHOWN = 24


def failure(results: Results, result: Result) -> str:
    """Return the block of `result`, without colour: promise, evidence, how to run it again alone.

    Lines end without a newline at the end of the block.
    """
    model = arrange(results)
    for row in model.rows:
        for cell in row.cells:
            if cell.result is result:
                return cell_block(cell, row, results.traces, results.run)
    raise ValueError(f"{result.case} on {result.backend} is none of these results.")


def cell_block(cell: Cell, row: Row, traces: dict[str, TraceRecord], run: Run) -> str:
    """Return the block of one cell of `row`."""
    word = VERDICTS[cell.expected][0].upper() if cell.expected else ""
    head = f"{cell.sign} {_one(cell.row)}  on  {_one(cell.backend.id)}"
    found = [f"{head:<72}  {word}".rstrip(), ""]
    found += _part("promise" if cell.case.what == "promise" else "question", [cell.case.text])
    if cell.case.docs:
        found += _part("", [f"docs: {cell.case.docs}"])
    found += _evidence(cell)
    found += _trace(cell, row, traces)
    found += _part("again", [again(cell.row, cell.backend, run)])
    found += _part("script", [script(cell.row, cell.backend)])
    found += _declare(cell)
    return clean("\n".join(found))


def _one(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _part(label: str, texts: list[str]) -> list[str]:
    if not texts:
        return []
    split = [piece for text in texts for piece in text.split("\n")]
    return [
        f"  {label if place == 0 else '':<8}  {text}".rstrip() for place, text in enumerate(split)
    ]


def _evidence(cell: Cell) -> list[str]:
    detail = cell.result.detail if cell.result else None
    if cell.outcome == "answered":
        expected = cell.result.expected_answer if cell.result else None
        by = cell.result.answer_source if cell.result else None
        unlike = [f"expected  {expected}" + (f" ({by})" if by else "")] if expected else []
        return _part("answer", [f"{cell.word}: {cell.case.answers.get(cell.word, '')}", *unlike])
    if detail is None:
        return _part(cell.outcome, ["no detail was recorded"])
    found = _part(cell.outcome, [f"at {detail.where}"] if detail.where else [])
    if detail.line:
        found += _part("", [f"    {detail.line.strip()}"])
    told = detail.explanation or [detail.message]
    found += _part("" if found else cell.outcome, told)
    if detail.exception and detail.exception not in "\n".join(told):
        found += _part("", [detail.exception])
    return found


def _trace(cell: Cell, row: Row, traces: dict[str, TraceRecord]) -> list[str]:
    record = traces.get(cell.result.trace) if cell.result and cell.result.trace else None
    if record is None:
        return []
    other = reference(cell, row, traces)
    several = len({item.session for item in lines(record)}) > 1
    texts: list[str] = []
    number = 0
    differed = None
    for step in beside(cell, other, traces):
        own = step.lines[0]
        first = other is not None and not step.same and differed is None
        if own is not None:
            number += 1
            sign = "≠" if first else " "
            texts.append(f"{sign}{number:>3}  {shown(own, several=several)}")
        if first and other is not None:
            differed = len(texts)
            theirs = step.lines[1]
            what = shown(theirs, several=several) if theirs else "nothing here"
            lead = " " if own is not None else "≠"
            texts.append(f"{lead}     {other.backend} ({other.word}):  {what}")
    return _part("trace", _cut(texts, differed or 0) or ["nothing reached the database"])


def _cut(texts: list[str], around: int) -> list[str]:
    """Return at most `SHOWN` lines: the first and those around the one that differs."""
    if len(texts) <= SHOWN:
        return texts
    half = SHOWN // 2
    start = min(max(around - half // 2, half), len(texts) - half)
    found = texts[:half]
    if start > half:
        found.append(f"      … {start - half} lines cut …")
    found += texts[start : start + half - 1]
    left = len(texts) - start - half + 1
    return [*found, f"      … {left} lines cut …"] if left else found


def _declare(cell: Cell) -> list[str]:
    file = _one(cell.backend.source or f"{cell.backend.id}.toml")
    table = f"[differs.{json.dumps(cell.row, ensure_ascii=False)}]"
    if cell.expected is None:
        return []
    if cell.expected != UNDECLARED:
        verb = "declared in" if cell.expected == "d" else "remove from"
        why = [f"  {cell.declared.cause}: {cell.declared.why}"] if cell.declared else []
        return _part("declare", [f"{verb} {file}:", f"  {table}", *why])
    message = cell.result.detail.message if cell.result and cell.result.detail else ""
    if probed := re.match(r"Declared (\w+) = (true|false), but", message):
        other = {"true": "false", "false": "true"}[probed[2]]
        return _part("declare", [f"in {file}:", "  [capabilities]", f"  {probed[1]} = {other}"])
    answer = f"answer  = {json.dumps(cell.answer, ensure_ascii=False)}" if cell.answer else ""
    return _part(
        "declare",
        [
            f"add to {file}:",
            f"  {table}",
            f'  outcome = "{cell.outcome}"',
            *([f"  {answer}"] if answer else []),
            '  cause   = "driver"    # or "database", "sqlalchemy"',
            '  why     = "…"',
            '  source  = "…"',
        ],
    )
