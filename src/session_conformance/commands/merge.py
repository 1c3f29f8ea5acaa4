"""`session-conformance merge`: the shards of a run, or several machines' columns, as one run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from session_conformance import render
from session_conformance.baseline import beside
from session_conformance.commands.pages import results_file
from session_conformance.exits import UsageError
from session_conformance.merge import merge as join
from session_conformance.output import split_by_size, write_reports
from session_conformance.results import RESULTS, dump, read


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--out",
    "-o",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results and their reports.",
)
def merge(files: tuple[Path, ...], out: Path) -> None:
    """Join results files into one run and write its reports.

    FILE is a results.jsonl, the folder of a run, or a bundle of one. Either all are shards of one
    run (run --shard), each there once, or they hold the same cases on the backends of several
    machines. Written are results.jsonl, report.html, summary.md, junit.xml, ctrf.json and the
    folder badges.

    Exit codes: those of the runs, the one of the highest concern; 12 a file cannot be read, or they
    do not belong together.
    """
    paths = [results_file(path) for path in files]
    target = out / RESULTS
    if target.resolve() in {path.resolve() for path in paths}:
        raise UsageError(f"{target} is one of the files to be merged: name another folder with -o.")
    parts = {str(path): read(path) for path in paths}
    if len(parts) < len(files):
        raise UsageError("A file is named twice.")
    results = join(parts)
    changed = beside(results, paths[0])
    try:
        out.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{dump(record)}\n" for record in results.records())
        changed.keep(out)
        written = write_reports(results, out, changed.changes(results))
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(render.verdict(results).text)
    for path in (target, *written):
        click.echo(f"  {path}")
    click.echo(split_by_size(written, None), nl=False)
    sys.exit(results.end.exit_code if results.end else 0)
