"""Options that commands share."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

from .. import shipped
from ..run import LIMIT


def words(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """Take repeated options and lists with commas or spaces alike."""
    return [word for value in values for word in value.replace(",", " ").split()]


def version(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Take a version of the suite."""
    if value is not None and not re.fullmatch(r"\d+(\.\d+)*", value):
        raise click.BadParameter("write a version of the suite, such as 0.1.")
    return value


class Cases(click.Path):
    """A path, or the name of an entry point that leads to one."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of what is there, else the folder that a package brings by this name."""
        if not Path(value).exists() and (folder := shipped.cases().get(str(value))):
            return folder
        return super().convert(value, param, ctx)


CASE = click.option(
    "--case",
    "cases",
    multiple=True,
    callback=words,
    metavar="PATTERN",
    help="A case, a chapter or a pattern such as “*.close*”; “case/variant” for one variant, "
    "“case@backend” for one backend.",
)
CASES = click.option(
    "--cases",
    "roots",
    multiple=True,
    type=Cases(),
    metavar="PATH",
    help="Take the cases of this folder or file instead of the suite's; also the name under which "
    "an installed package brings some.",
)
SERVERS = click.option(
    "--servers",
    type=click.Choice(["auto", "url", "docker", "local"]),
    default="auto",
    show_default=True,
    help="How servers without a URL are had.",
)
JOBS = click.option(
    "--jobs",
    "-n",
    type=click.IntRange(1, 64),
    default=min(4, os.cpu_count() or 2),
    show_default="one a core, 4 at most",
    help="Worker processes.",
)
SEED = click.option("--seed", type=int, help="Shuffle the cells by this number.")
BASELINE = click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results of an earlier run, or a baseline made from them, to compare with.",
)
MOST = click.option(
    "--limit",
    type=click.FloatRange(0.1),
    default=LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="The most a cell may take.",
)
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports/out"),
    show_default=True,
    help="Folder for the reports.",
)
AS_OF = click.option(
    "--as-of",
    metavar="VERSION",
    callback=version,
    help="Take the cases that this version of the suite had: newer ones are named and left out.",
)
VERBOSE = click.option(
    "--verbose", "-v", is_flag=True, help="Show the traceback of whatever failed."
)
