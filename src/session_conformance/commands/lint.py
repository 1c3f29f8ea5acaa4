"""`session-conformance lint`: what is wrong with backend files and cases, all of it at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..exits import Exit
from ..lint import lint as examine
from ..render.marks import plural


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def lint(paths: tuple[Path, ...], form: str) -> None:
    """Examine backend files and cases without running any.

    PATHS are files or folders of your own; without any, the suite's own are examined. Each problem
    is a line: file, line, column, what to do, and the name of the rule. A case may break a rule
    where the line says so, and why: “# lint: allow sleep -- the server's clock ticks in seconds”.

    Exit codes: 0 nothing is wrong, though warnings may have been given, 1 something is, 4 there is
    nothing to examine.
    """
    problems, files = examine(paths)
    errors = sum(problem.level == "error" for problem in problems)
    if form == "json":
        click.echo(json.dumps([one.pack() for one in problems], indent=2, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(problem.text())
        warnings = len(problems) - errors
        click.echo(
            f"{plural(files, 'file')} examined: "
            + (plural(errors, "problem") if errors else "nothing is wrong")
            + (f", {plural(warnings, 'warning')}" if warnings else "")
            + ".",
            err=True,
        )
    sys.exit(Exit.UNDECLARED if errors else Exit.GOOD)
