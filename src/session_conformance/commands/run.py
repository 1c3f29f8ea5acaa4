"""`session-conformance run`: the chosen cases on the chosen backends."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..run import Options
from ..run import run as carry_out
from ..shard import Shard
from . import options
from .options import words


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
@options.CASE
@options.CASES
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="NAME=URL",
    help="Where a backend or a database is; else SESSION_CONFORMANCE_URL_NAME says so.",
)
@options.SERVERS
@click.option(
    "--require",
    multiple=True,
    callback=words,
    metavar="NAME",
    help="Backends that must be reached; the others may be missing.",
)
@click.option("--allow-missing", is_flag=True, help="Let any backend be missing.")
@options.JOBS
@options.SEED
@click.option(
    "--shard",
    metavar="N/OF",
    help="Run this share of the cases, such as 2/5; “session-conformance merge” joins them all.",
)
@options.BASELINE
@options.MOST
@options.OUT
@options.AS_OF
@options.VERBOSE
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
    through databases that the run makes for itself, and left as they were. Written are
    results.jsonl and, made from it, report.html, summary.md, junit.xml, ctrf.json and the folder
    badges.

    Exit codes: 0 everything as promised or declared, 1 something undeclared, 2 interrupted, 3
    internal error, 4 wrong usage, 5 nothing selected, 10 a backend was not reached, 11 worse than
    the baseline, 12 a baseline that cannot be read.
    """
    chosen = Options(
        backends=backends, cases=cases, urls=urls, servers=servers, require=require,
        allow_missing=allow_missing, jobs=jobs, seed=seed, limit=limit, out=out,
        roots=[root.resolve() for root in roots], verbose=verbose,
        as_of=as_of,
        backend_files=[path.resolve() for path in backend_files],
        shard=Shard.parse(shard) if shard else None, baseline=baseline,
    )  # fmt: skip
    sys.exit(carry_out(chosen))
