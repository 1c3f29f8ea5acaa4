"""`session-conformance compare`: what changed between two runs, result by result."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from session_conformance.commands.pages import results_file
from session_conformance.exits import Exit
from session_conformance.render.changes import changes
from session_conformance.render.changes_data import data
from session_conformance.render.changes_markdown import markdown
from session_conformance.render.changes_text import text
from session_conformance.render.since import NOTHING
from session_conformance.results import ResultsError, read


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--strict", is_flag=True, help="Take new cases and new backends that fail for worse too."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
@click.option("--markdown", "form", flag_value="markdown", help="As --format markdown.")
def compare(old: Path, new: Path, strict: bool, form: str) -> None:
    """Show what changed from one run to another, the worst first.

    OLD and NEW are results.jsonl files, folders of runs, bundles, or a baseline. Results are joined
    by case, variant and backend, so what only one of the two has makes neither look better.

    Exit codes: 0 nothing is worse, 11 something is, 12 a file cannot be read or the two have
    nothing in common.
    """
    found = changes(read(results_file(old)), read(results_file(new)))
    if form == "json":
        click.echo(json.dumps(data(found, strict=strict), indent=2, ensure_ascii=False))
    elif form == "markdown":
        click.echo(markdown(found, strict=strict), nl=False)
    elif found.joined:
        width = shutil.get_terminal_size((100, 24)).columns
        click.echo(text(found, width=min(width, 110), strict=strict), nl=False)
    if not found.joined:
        raise ResultsError(f"{NOTHING[:-1]}: is one of them of other cases or other backends?")
    sys.exit(Exit.WORSE if found.worse(strict=strict) else Exit.GOOD)
