"""`session-conformance differences`: what will bite whoever moves from one database to another."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from session_conformance.commands.pages import results_file
from session_conformance.render.differences import choose, text
from session_conformance.render.differences import differences as between
from session_conformance.results import read

LATEST = Path("reports/out/latest/results.jsonl")


@click.command()
@click.argument("one", metavar="ONE")
@click.argument("other", metavar="OTHER")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=LATEST,
    show_default=True,
    help="A results.jsonl, or the folder of a run that had both.",
)
def differences(one: str, other: str, results: Path) -> None:
    """Show in what two backends of a run differ, those differences first that hurt most.

    ONE and OTHER are databases (sqlite, postgresql) or backends (mysql-pymysql); each is looked at
    at its default isolation level.
    """
    found = read(results_file(results))
    left, right = choose(found, one), choose(found, other)
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(text(between(found, left, right), left, right, width=min(width, 110)), nl=False)
