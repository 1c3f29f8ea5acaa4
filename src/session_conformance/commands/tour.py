"""`session-conformance tour`: the ladder of patterns, alive on a database."""

from __future__ import annotations

import difflib
import os
import shutil
import sys

import click

from ..exits import Exit, UsageError
from ..patterns import PATTERNS
from ..tour import choose_one, climb, visit
from ..tour_text import NARROWEST, WIDEST, Page


@click.command()
@click.option(
    "--backend",
    metavar="NAME",
    help="A backend or a database; without it SQLite in memory, which leaves no file.",
)
@click.option("--url", metavar="URL", help="Where the backend is.")
@click.option(
    "--servers",
    type=click.Choice(["auto", "url", "docker", "local"]),
    default="auto",
    show_default=True,
    help="How a server without a URL is had.",
)
@click.option("--pattern", metavar="NAME", help=f"One rung only: {', '.join(PATTERNS)}.")
@click.option("--pause", is_flag=True, help="Wait for Enter between rungs, on a terminal.")
@click.option("--verbose", "-v", is_flag=True, help="Show the traceback of whatever failed.")
def tour(
    backend: str | None,
    url: str | None,
    servers: str,
    pattern: str | None,
    pause: bool,
    verbose: bool,
) -> None:
    """Walk up the ladder of patterns and see what each does.

    Shows the code of each pattern, runs it, and shows the SQL and the transaction events, what is
    expired and stored afterwards, and what becomes of an exception. The code shown is the code run.

    \b
    Exit codes: 0 each pattern did what it should · 1 one did not · 2 interrupted ·
    3 internal error · 4 wrong usage · 10 the backend was not reached
    """  # noqa: D301
    del verbose  # read by whoever reports an error
    chosen = [PATTERNS[_known(pattern)]] if pattern else list(PATTERNS.values())
    where = choose_one(backend, url)
    page = _page()
    waiting = pause and sys.stdin.isatty() and sys.stdout.isatty()
    rungs = []
    with visit(where, url, servers) as stop:
        _say(page, page.opening(stop, len(chosen)))
        for number, each in enumerate(chosen, 1):
            if waiting:
                click.prompt(f"Enter: {each.id}", default="", show_default=False, prompt_suffix=" ")
            rung = climb(stop.database, each)
            rungs.append(rung)
            _say(page, page.rung(rung, number, len(chosen)))
    _say(page, page.closing(rungs))
    sys.exit(Exit.UNDECLARED if any(rung.surprises for rung in rungs) else Exit.GOOD)


def _known(name: str) -> str:
    if name in PATTERNS:
        return name
    near = difflib.get_close_matches(name, PATTERNS, 1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    raise UsageError(f"No pattern is called “{name}”.{hint} Known: {', '.join(PATTERNS)}.")


def _page() -> Page:
    color = (sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get(
        "NO_COLOR"
    )
    width = max(NARROWEST, min(shutil.get_terminal_size((80, 24)).columns, WIDEST))
    return Page(width=width, color=color)


def _say(page: Page, text: str) -> None:
    click.echo(text, color=page.color)
