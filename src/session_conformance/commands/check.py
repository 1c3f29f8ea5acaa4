"""`session-conformance check`: says whether a driver can carry a Session."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..check import Wanted
from ..check import check as carry_out
from ..run import Options
from . import options


@click.command()
@click.argument("target", required=False, metavar="[URL | NAME]")
@click.option(
    "--backend-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="A backend file of your own, for what a URL does not say.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Only the cases that find most faults: seconds instead of a minute.",
)
@options.CASE
@options.CASES
@options.AS_OF
@options.BASELINE
@options.SERVERS
@options.JOBS
@options.SEED
@options.MOST
@options.OUT
@options.VERBOSE
def check(
    target: str | None,
    backend_file: Path | None,
    quick: bool,
    cases: list[str],
    roots: tuple[Path, ...],
    as_of: str | None,
    baseline: Path | None,
    servers: str,
    jobs: int,
    seed: int | None,
    limit: float,
    out: Path,
    verbose: bool,
) -> None:
    """Check one driver, and say whether it can carry a Session.

    The database and what is known of it are found by the URL, which the environment variable
    SESSION_CONFORMANCE_URL may hold too. The suite works inside databases that it makes for itself
    and removes again; a user who may not make any names an empty one.

    \b
        session-conformance check postgresql+psycopg://USER:PASSWORD@HOST/
        session-conformance check mysql+mydriver://USER:PASSWORD@HOST/ --quick
        session-conformance check sqlite:////tmp/somewhere.db
        session-conformance check --backend-file mydriver.toml

    Failures that have one cause are shown as one, with the promise that was broken, the trace
    beside that of a healthy driver, and a command that writes a script for a bug report. Reports
    are written as by “run”.

    Exit codes: 0 it does, 1 it does not, 2 interrupted, 3 internal error, 4 wrong usage,
    5 nothing selected, 10 not reached, 11 worse than the baseline, 12 an unreadable baseline.
    """  # noqa: D301  click reads the letter, not the two signs
    chosen = Options(
        cases=cases, roots=[root.resolve() for root in roots], as_of=as_of, servers=servers,
        jobs=jobs, seed=seed, limit=limit, out=out, verbose=verbose, baseline=baseline,
    )  # fmt: skip
    wanted = Wanted(
        target=target,
        file=backend_file.resolve() if backend_file else None,
        is_quick=quick,
    )
    sys.exit(carry_out(wanted, chosen, click.echo))
