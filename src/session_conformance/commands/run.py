"""`session-conformance run`: the chosen cases on the chosen backends."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from .. import shipped
from ..run import LIMIT, Options
from ..run import run as carry_out
from ..shard import Shard


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


@click.command()
@click.option(
    "--backend",
    "backends",
    multiple=True,
    callback=words,
    metavar="NAME",
    help="A backend, a database, “core” or “all”; repeat it or use commas.",
)
@click.option(
    "--backend-file",
    "backend_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="A backend file of your own; without --backend the run is on these alone.",
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    callback=words,
    metavar="PATTERN",
    help="A case, a chapter or a pattern such as “*.close*”; “case/variant” for one variant, "
    "“case@backend” for one backend.",
)
@click.option(
    "--cases",
    "roots",
    multiple=True,
    type=Cases(),
    metavar="PATH",
    help="Take the cases of this folder or file instead of the suite's; also the name under which "
    "an installed package brings some.",
)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="NAME=URL",
    help="Where a backend or a database is; else SESSION_CONFORMANCE_URL_NAME says so.",
)
@click.option(
    "--servers",
    type=click.Choice(["auto", "url", "docker", "local"]),
    default="auto",
    show_default=True,
    help="How servers without a URL are had.",
)
@click.option(
    "--require",
    multiple=True,
    callback=words,
    metavar="NAME",
    help="Backends that must be reached; the others may be missing.",
)
@click.option("--allow-missing", is_flag=True, help="Let any backend be missing.")
@click.option(
    "--jobs",
    "-n",
    type=click.IntRange(1, 64),
    default=min(4, os.cpu_count() or 2),
    show_default="one a core, 4 at most",
    help="Worker processes.",
)
@click.option("--seed", type=int, help="Shuffle the cells by this number.")
@click.option(
    "--shard",
    metavar="N/OF",
    help="Run this share of the cases, such as 2/5; “session-conformance merge” joins them all.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results of an earlier run, or a baseline made from them, to compare with.",
)
@click.option(
    "--limit",
    type=click.FloatRange(0.1),
    default=LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="The most a cell may take.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports/out"),
    show_default=True,
    help="Folder for the reports.",
)
@click.option(
    "--as-of",
    metavar="VERSION",
    callback=version,
    help="Take the cases that this version of the suite had: newer ones are named and left out.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show the traceback of whatever failed.")
def run(
    backends: list[str],
    backend_files: tuple[Path, ...],
    cases: list[str],
    roots: tuple[Path, ...],
    urls: tuple[str, ...],
    servers: str,
    require: list[str],
    allow_missing: bool,
    jobs: int,
    seed: int | None,
    shard: str | None,
    baseline: Path | None,
    limit: float,
    out: Path,
    as_of: str | None,
    verbose: bool,
) -> None:
    """Run cases on backends and write the reports.

    Without options: every case on every backend the suite knows. Servers are found or started, used
    through databases that the run makes for itself, and left as they were.

    Exit codes: 0 everything as promised or declared, 1 something undeclared, 2 interrupted, 3
    internal error, 4 wrong usage, 5 nothing selected, 10 a backend was not reached, 11 worse than
    the baseline, 12 a baseline that cannot be read.
    """
    options = Options(
        backends=backends, cases=cases, urls=urls, servers=servers, require=require,
        allow_missing=allow_missing, jobs=jobs, seed=seed, limit=limit, out=out,
        roots=[root.resolve() for root in roots], verbose=verbose,
        as_of=as_of,
        backend_files=[path.resolve() for path in backend_files],
        shard=Shard.parse(shard) if shard else None, baseline=baseline,
    )  # fmt: skip
    sys.exit(carry_out(options))
