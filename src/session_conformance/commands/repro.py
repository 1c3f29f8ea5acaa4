"""`session-conformance repro`: a cell as one file that needs SQLAlchemy and the driver alone."""

from __future__ import annotations

from pathlib import Path

import click

from ..backend import BackendError, choose, known, load
from ..exits import UsageError
from ..repro import Finder, script
from . import options


@click.command()
@click.argument("case", metavar="CASE[/VARIANT]")
@click.argument("backend", metavar="BACKEND")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; to the terminal if unsaid.",
)
@click.option(
    "--backend-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="A backend file of your own, which has the BACKEND.",
)
@options.CASES
def repro(
    case: str,
    backend: str,
    output: Path | None,
    backend_file: Path | None,
    roots: tuple[Path, ...],
) -> None:
    """Write one case on one backend as a Python file that needs this suite no more.

    The file holds the case as it stands in the suite, and what it takes to run it with SQLAlchemy
    and the driver alone: for a bug report, or to try a patch. Run it with DATABASE_URL set to a
    server (SQLite and DuckDB need none). It works in a database of its own and removes it. It
    prints what was sent and what became of it, and exits with 0 where the promise is kept or the
    question answered, 1 where the promise is broken, 3 where it could not be carried out.
    """
    files = [load(backend_file.resolve())] if backend_file else []
    chosen = choose([backend], files)
    if backend not in {found.id for found in chosen}:
        ids = ", ".join(found.id for found in chosen if found.id in known()) or backend
        raise BackendError(f"“{backend}” is more than one backend: name one of {ids}.")
    found = next(one for one in chosen if one.id == backend)
    text = script(Finder(found, [root.resolve() for root in roots]).find(case))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(output)
