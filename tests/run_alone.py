"""Runs scripts one after the other, each in a process forked from this one; for `run_repro`.

It takes a line of JSON for each: `script`, the file `said` for what it prints, and `url` for
DATABASE_URL. It answers with a line: the exit code, negative where it had to be ended.
SQLAlchemy is imported but once, which takes longer than most scripts.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys

import sqlalchemy.ext.asyncio
import sqlalchemy.orm  # noqa: F401

# Seconds that a script may take.
LIMIT = 120


def child(order: dict[str, str]) -> None:
    """Run a script in this process, and end it as the interpreter would."""
    signal.alarm(LIMIT)
    said = os.open(order["said"], os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.pop("DATABASE_URL", None)
    if order["url"]:
        os.environ["DATABASE_URL"] = order["url"]
    sys.argv = [order["script"]]
    code = 70
    try:
        runpy.run_path(order["script"], run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 70
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


for line in sys.stdin:
    number = os.fork()
    if number == 0:
        child(json.loads(line))
    _, status = os.waitpid(number, 0)
    sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
    sys.stdout.flush()
