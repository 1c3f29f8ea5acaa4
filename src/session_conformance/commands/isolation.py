"""`session-conformance isolation`: the table of phenomena by level, from the results of a run."""

from __future__ import annotations

from pathlib import Path

import click

from session_conformance.commands.pages import read_all
from session_conformance.exits import Exit
from session_conformance.render.isolation import isolation as page
from session_conformance.render.isolation import told


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; to the terminal if unsaid.",
)
@click.pass_context
def isolation(context: click.Context, files: tuple[Path, ...], out: Path | None) -> None:
    """Show which phenomena each isolation level allows, as Markdown.

    FILE is a results.jsonl or the folder of a run that asked the questions of the chapter
    isolation. Exit code 5 says that none was asked.
    """
    results = read_all(files)
    text = page(results)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"{out}: {told(results)}")
    if not any(result.answer for result in results.results):
        context.exit(Exit.NOTHING)
