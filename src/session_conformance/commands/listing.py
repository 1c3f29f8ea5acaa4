"""`session-conformance list`: the cases, what they promise and what they need."""

from __future__ import annotations

import json
import textwrap

import click

from ..cases import discover
from ..levels import level_of
from ..selection import Selection


@click.command("list")
@click.argument("patterns", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def listing(patterns: tuple[str, ...], form: str) -> None:
    """List the cases: id, sentence, needs. PATTERNS choose as `run --case` does."""
    selection = Selection(list(patterns))
    found = [(case, place) for case, place in discover().values() if selection.takes(case.id)]
    if form == "json":
        rows = [
            {
                "id": case.id,
                "what": case.what,
                "chapter": case.chapter,
                "level": level_of(case.chapter),
                "since": case.since,
                "text": case.text,
                "docs": case.docs,
                "needs": list(case.needs),
                "answers": dict(case.answers),
                "source": place,
            }
            for case, place in found
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    chapter = ""
    for case, _ in found:
        if case.chapter != chapter:
            chapter = case.chapter
            click.echo(f"\n{chapter}")
        needs = f"   needs {', '.join(case.needs)}" if case.needs else ""
        click.echo(f"  {case.id}{needs}")
        click.echo(textwrap.fill(case.text, 96, initial_indent="    ", subsequent_indent="    "))
    click.echo(f"\n{len(found)} cases")
