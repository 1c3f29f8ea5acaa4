"""The command line: what every subcommand shares."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

import click

from .advice import AdviceError
from .backend import BackendError
from .content import ContentError
from .declare import CaseError
from .exits import Exit, UsageError
from .output import OutputError
from .reach import UnreachableError, WrongUrlError
from .results import ResultsError
from .servers import ServerError
from .storage import RefusedError
from .version import __version__

CODES: dict[type[Exception], Exit] = {
    AdviceError: Exit.USAGE,
    BackendError: Exit.USAGE,
    CaseError: Exit.USAGE,
    ContentError: Exit.INTERNAL,
    OutputError: Exit.USAGE,
    RefusedError: Exit.USAGE,
    ResultsError: Exit.UNREADABLE,
    ServerError: Exit.UNREACHED,
    UnreachableError: Exit.UNREACHED,
    UsageError: Exit.USAGE,
    WrongUrlError: Exit.USAGE,
}

# Subcommands by name: imported when called, so that `--help` needs no database driver.
COMMANDS = {
    "check": "check:check",
    "run": "run:run",
    "list": "listing:listing",
    "backends": "backends:backends",
    "servers": "servers:servers",
    "images": "images:images",
    "tour": "tour:tour",
    "report": "report:report",
    "isolation": "isolation:isolation",
    "errors": "errors:errors",
    "differences": "differences:differences",
    "repro": "repro:repro",
    "compare": "compare:compare",
    "baseline": "baseline:baseline",
    "merge": "merge:merge",
    "bench": "bench:bench",
    "lint": "lint:lint",
    "new-backend": "new_backend:new_backend",
}


class Commands(click.Group):
    """A group whose subcommands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand of this name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(f"session_conformance.commands.{module}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="session-conformance")
def cli() -> None:
    """The conformance suite for the SQLAlchemy ORM Session."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit; an expected error is one sentence, never a traceback."""
    try:
        status = cli.main(args=arguments, prog_name="session-conformance", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.GOOD)
    except tuple(CODES) as error:
        click.echo(f"session-conformance: {error}", err=True)
        if "-v" in sys.argv or "--verbose" in sys.argv:
            traceback.print_exc()
        sys.exit(next(code for kind, code in CODES.items() if isinstance(error, kind)))
    except Exception as error:
        click.echo(
            f"session-conformance: internal error: {type(error).__name__}: {error}\n"
            "This is a defect of the suite; -v shows the traceback.",
            err=True,
        )
        if "-v" in sys.argv or "--verbose" in sys.argv:
            traceback.print_exc()
        sys.exit(Exit.INTERNAL)
