"""`session-conformance baseline`: what later runs are compared with, small enough to commit."""

from __future__ import annotations

from pathlib import Path

import click

from session_conformance.baseline import slim_text
from session_conformance.commands.pages import results_file
from session_conformance.render.marks import plural
from session_conformance.results import read


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    "out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it.",
)
def baseline(results: Path, out: Path) -> None:
    """Write what later runs are compared with.

    RESULTS is a results.jsonl or the folder of a run. It is a baseline itself; what is written here
    says the same without traces, code and details: a line a result, in the order of their names, so
    that a repository shows what changed. “run --baseline” and “compare” read either.
    """
    found = read(results_file(results))
    try:
        out.write_text(slim_text(found), encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    size = out.stat().st_size / 1024
    click.echo(f"{plural(len(found.results), 'result')}, {size:,.0f} KiB: {out}")
    if not found.complete:
        click.echo("The run is incomplete: what it did not come to is not compared.", err=True)
