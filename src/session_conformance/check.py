"""Checking one driver: from a URL to a verdict, with no file to be written first."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .backend import beside_here, choose, load
from .cases import discover
from .content import content
from .exits import Exit, UsageError
from .faults import quick
from .output import OutputError
from .probing import LIMIT, try_capabilities
from .reach import read_url
from .recognise import Recognised, recognise
from .render.proof import proof
from .run import Options, run
from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.engine import URL

    from .results import Result

# Where a CI keeps its secrets, and no list of processes shows them.
VARIABLE = "SESSION_CONFORMANCE_URL"
# What a driver may do without although its database can do it; all else it has to hand on.
OPTIONAL = (
    "two_phase",
    "server_side_cursor",
    "arrays",
    "json",
    "upsert",
    "insert_returning_many",
    "session_time_zone",
    "statement_timeout",
    "idle_timeout",
)
# How a driver or a dialect says that it does not offer something.
REFUSALS = re.compile(
    r"(^|\.)(NotImplementedError|NotSupportedError|CompileError|UnsupportedCompilationError)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a check was asked for: a URL, a backend's name or a backend's file; one of them."""

    target: str | None
    file: Path | None
    is_quick: bool


def check(wanted: Wanted, options: Options, say: Callable[[str], None]) -> Exit:
    """Check one driver and write the reports.

    Args:
        wanted: what to check.
        options: of the run, without backends, files and URLs.
        say: prints a line.

    Raises:
        UsageError: what was asked for makes no sense.
        WrongUrlError: the URL leads to no dialect.
        UnreachableError: nothing answers at the URL.

    """
    if wanted.is_quick:
        takes = Selection(list(options.cases)).takes
        cases = [case for case in quick() if takes(case)]
        if not cases:
            # No word at all would choose every case.
            raise UsageError(
                f"None of the cases of a quick check is one of {', '.join(options.cases)}: "
                "leave --quick off."
            )
        options = dataclasses.replace(options, cases=cases)
    # Whoever shuffles wants no order.
    first = quick() if options.seed is None else ()
    options = dataclasses.replace(options, first=first, closing=proof)
    return run(_of(wanted, options, say))


def _of(wanted: Wanted, options: Options, say: Callable[[str], None]) -> Options:
    """Return the options with the backend that is to be checked."""
    target = wanted.target or os.environ.get(VARIABLE)
    if target is not None and "://" not in target:
        backend = choose([target], [load(wanted.file)] if wanted.file else [])
        if len(backend) > 1:
            raise UsageError(
                f"“{target}” means {len(backend)} backends: name one of "
                f"{', '.join(one.id for one in backend)}."
            )
        files = [wanted.file] if wanted.file else []
        return dataclasses.replace(options, backends=[backend[0].id], backend_files=files)
    if wanted.file is not None:
        backend = [load(wanted.file)]
        urls = [f"{backend[0].id}={target}"] if target else []
        return dataclasses.replace(
            options, backends=[backend[0].id], backend_files=[wanted.file], urls=urls
        )
    if target is None:
        raise UsageError(
            "Name what to check: a URL such as postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, "
            f"a backend of the suite, or --backend-file PATH. {VARIABLE} may hold the URL."
        )
    return _of_url(read_url(target), options, say)


def _of_url(url: URL, options: Options, say: Callable[[str], None]) -> Options:
    found = recognise(url)
    url = url.set(drivername=found.drivername)
    text = url.render_as_string(hide_password=False)
    if found.known_backend is not None:
        backend = found.known_backend.id
        return dataclasses.replace(options, backends=[backend], urls=[f"{backend}={text}"])
    if found.family is None:
        raise UsageError(
            f"The suite does not know the database behind {found.drivername}. "
            "“session-conformance new-backend NAME --url URL” writes files for it to fill in; "
            "pass the backend's with --backend-file."
        )
    name = re.sub(r"[^a-z0-9]+", "-", found.drivername.lower()).strip("-")
    # It stays beside the reports: what is declared goes there, and a script is written by it.
    file = options.out.resolve() / f"{name}.toml"
    _write(file, _toml(found))
    say(
        f"{found.drivername} is new to the suite: checked as a driver of {found.family}, "
        f"by {beside_here(file)}."
    )
    say("Trying what a driver may do without.")
    lacking = _not_offered(file, url, min(options.limit, LIMIT), say)
    if lacking:
        say(f"Not offered, by the driver's own word: {', '.join(lacking)}.")
        _write(file, _toml(found, lacking))
    return dataclasses.replace(
        options, backends=[name], backend_files=[file], urls=[f"{name}={text}"]
    )


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{file} cannot be written: {error.strerror}. Name another folder with --out."
        ) from error


def _toml(found: Recognised, lacking: Sequence[str] = ()) -> str:
    """Return a backend file with nothing in it but what was recognised."""
    lines = [
        f"title = {json.dumps(found.drivername.partition('+')[2] or found.drivername)}",
        f"database = {json.dumps(found.family)}",
        f"drivername = {json.dumps(found.drivername)}",
    ]
    if found.distribution:
        lines.append(f"distribution = {json.dumps(found.distribution)}")
    if found.is_async:
        lines.append("async = true")
    if found.like:
        lines.append(f"like = {json.dumps(found.like)}  # its dialect is derived from that one's")
    lines += ["", "[capabilities]", *(f"{name} = false" for name in lacking)]
    return "\n".join(lines) + "\n"


def _not_offered(file: Path, url: URL, limit: float, say: Callable[[str], None]) -> list[str]:
    """Ask which of the abilities that a driver may do without it says it does not have."""
    backend = load(file)
    wanted = [name for name in OPTIONAL if backend.can(name)]
    chapter = discover([content("suite") / "capabilities"]).values()
    cases = [case.id for case, _ in chapter if case.probes in wanted]
    if not cases:
        return []
    tried = try_capabilities(file, url, cases, limit)
    if not tried.complete:
        say("That takes too long: what it does not offer is left to the cases.")
    return [name for name in wanted if any(_refuses(name, one) for one in tried.results)]


def _refuses(capability: str, result: Result) -> bool:
    detail = result.detail
    if detail is None or not detail.message.startswith(f"Declared {capability} = true, but"):
        return False
    return bool(detail.exception and REFUSALS.search(detail.exception))
