"""What changed between two runs, for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from session_conformance.render.marks import VERDICTS, clean, number, plural
from session_conformance.render.shared import named
from session_conformance.render.since import Since
from session_conformance.render.told import plainly
from session_conformance.render.when import when

if TYPE_CHECKING:
    from session_conformance.render.changes import Changes
    from session_conformance.render.model import Cell
    from session_conformance.render.shared import Shared
    from session_conformance.results import CaseRecord, Run

#: So many cases are named where only one of the runs has them.
FEW = 40


def text(found: Changes, *, width: int = 100, strict: bool = False) -> str:
    """Return the page for a terminal of `width` columns; every line ends with a newline.

    `strict` is as for `Changes.worse`.
    """
    since = Since(found, strict)
    lines = [
        *_head(found, width),
        "",
        *_wrapped(since.headline, width),
        *_wrapped(since.summary, width),
    ]
    for one in since.lists:
        lines += ["", f"{one.title.upper()}  {plural(one.count, 'result')}"]
        lines += _wrapped(one.meaning, width, "  ")
        for case, parts in one.cases:
            lines += ["", *_wrapped(case.text or case.id, width, "  ")]
            for part in parts:
                lines += _part(part, width)
            lines += [f"    {clean(case.id)}"]
    lines += _backends(since, width)
    lines += _cases("new cases", since.new_cases, width)
    lines += _cases("cases gone", since.gone_cases, width)
    lines += _gaps(since, width)
    if found.left:
        lines += ["", "LEFT BEHIND BY THE NEW RUN"]
        lines += [line for one in found.left for line in _wrapped(one, width, "  ")]
    return "\n".join(lines) + "\n"


def brief(found: Changes, *, width: int = 100) -> str:
    """Return what changed in a few lines, for the end of a run."""
    since = Since(found)
    run = found.old.results.run
    lines = _wrapped(f"Since the baseline, {_named(run)}: {since.headline} {since.summary}", width)
    for one in since.lists:
        if one.name not in ("failing", "fresh"):
            continue
        lines.append(f"  {one.title}:")
        for case, parts in one.cases[:FEW]:
            for part in parts:
                lines += _wrapped(
                    f"{case.id}{_variants(part)}: {change(part)}: {part.who}", width, "    "
                )
        if len(one.cases) > FEW:
            lines.append(f"    … and {plural(len(one.cases) - FEW, 'more case')}")
    return "\n".join(lines) + "\n"


def change(part: Shared) -> str:
    """Return what a result was and is: `✓ passed → ✗ failed, undeclared`."""
    return f"{_came(part.old)} → {_came(part.new)}" if part.old else _came(part.new)


def _came(cell: Cell) -> str:
    return f"{cell.sign} {cell.word}" + (f", {VERDICTS[cell.expected][0]}" if cell.expected else "")


def _named(run: Run) -> str:
    return f"run {run.id} of {when(run.started)}"


def _head(found: Changes, width: int) -> list[str]:
    lines = [f"old  {_named(found.old.results.run)}", f"new  {_named(found.new.results.run)}"]
    lines = [clean(line) for line in lines]
    if found.swapped:
        lines += _wrapped("The old run began after the new one: the older one comes first.", width)
    for model, word in ((found.old, "old"), (found.new, "new")):
        if not model.results.complete:
            lines += _wrapped(f"The {word} run is incomplete: it stopped before its end.", width)
    lines.append("")
    for move in found.moved.moves:
        lines += _wrapped(str(move), width, hanging="    ")
    return lines + (_wrapped(found.moved.text, width) if found.moved.text else [])


def _part(part: Shared, width: int) -> list[str]:
    lines = []
    if part.variants:
        lines += _wrapped(f"({named(part.variants)})", width, "    ")
    lines += _wrapped(f"{change(part)}: {part.who}", width, "    ")
    for move in part.moves:
        lines += _wrapped(f"{move.name} {move.old} → {move.new}", width, "      ")
    told = plainly(part.new) if part.new.concern or part.new.declared else ""
    return lines + (_wrapped(told, width, "      ") if told else [])


def _variants(part: Shared) -> str:
    if not part.variants:
        return ""
    more = f" and {len(part.variants) - 1} more" if len(part.variants) > 1 else ""
    return f"/{part.variants[0]}{more}"


def _backends(since: Since, width: int) -> list[str]:
    lines: list[str] = []
    for word, backend, came in since.columns:
        if not lines:
            lines += ["", "BACKENDS OF ONE RUN ONLY"]
        lines += _wrapped(f"{word}: {backend.id}: {came}", width, "  ", hanging="    ")
    return lines


def _cases(title: str, cases: list[tuple[CaseRecord, list[str], str]], width: int) -> list[str]:
    lines = ["", f"{title.upper()}  {len(cases)}"] if cases else []
    for case, variants, came in cases[:FEW]:
        which = f" ({named(variants)})" if variants else ""
        lines += _wrapped(f"{case.id}{which}: {came}", width, "  ", hanging="    ")
    if len(cases) > FEW:
        lines.append(f"  … and {number(len(cases) - FEW)} more")
    return lines


def _gaps(since: Since, width: int) -> list[str]:
    lines = ["", f"NOT COMPARABLE  {plural(since.missing, 'result')}"] if since.gaps else []
    for who, why, count in since.gaps:
        lines += _wrapped(f"{who}: {why}, {plural(count, 'result')}", width, "  ", hanging="    ")
    return lines


def _wrapped(said: str, width: int, indent: str = "", *, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        clean(said),
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
    )
