"""One run, from the choice of backends to the exit code."""

from __future__ import annotations

import os
import platform
import re
import secrets
import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from . import render
from .backend import BackendError, choose, fits_python, installed, load
from .baseline import Baseline
from .cases import discover, files, suite_hash
from .content import content
from .controller import Controller
from .exits import Exit, UsageError, highest
from .gather import gather, resolve
from .lending import Lender
from .lint.case_file import fixtures
from .output import Output
from .progress import Progress
from .redact import Secrets
from .results import Run, Writer
from .selection import Selection
from .version import __version__
from .versions import is_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from .backend import Backend
    from .output import Closing
    from .reach import Reached
    from .results import BackendRecord
    from .shard import Shard

LIMIT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person asked for; fields as the options of `session-conformance run`.

    `first` are the cases to begin with, `closing` is what is printed at the end.
    """

    backends: Sequence[str] = ()
    backend_files: Sequence[Path] = ()
    cases: Sequence[str] = ()
    urls: Sequence[str] = ()
    servers: str = "auto"
    require: Sequence[str] = ()
    allow_missing: bool = False
    jobs: int = 2
    seed: int | None = None
    shard: Shard | None = None
    baseline: Path | None = None
    limit: float = LIMIT
    out: Path = Path("reports/out")
    roots: Sequence[Path] = ()
    verbose: bool = False
    as_of: str | None = None
    first: Sequence[str] = ()
    closing: Closing = render.terminal
    argv: Sequence[str] = field(default_factory=lambda: sys.argv[1:])


def run(options: Options) -> Exit:
    """Run the chosen cases on the chosen backends and write the reports.

    Raises:
        UsageError: an unknown backend or case, or a URL that is none.
        BackendError: as `UsageError`, for backends.

    """
    files = _files(options)
    chosen = [*options.backends, *(backend.id for backend in files)]
    backends = choose(chosen, files)
    progress = Progress()
    backends = _fitting(backends, chosen, progress)
    required = _required(options, backends, files)
    roots = _roots(options, backends)
    urls = resolve(options.urls, backends)
    baseline = Baseline(options.baseline)
    output = Output(options.out)
    with _terminated_as_interrupted(), ExitStack() as stack:
        run_id = secrets.token_hex(4)
        reached, records = gather(
            backends, urls, run_id, servers_by=options.servers, say=progress.say, stack=stack
        )
        lender = stack.enter_context(Lender(reached, progress.say))
        return _run_cells(
            options, roots, run_id, required, reached, records, output, progress, lender, baseline
        )


def _run_cells(
    options: Options,
    roots: list[Path],
    run_id: str,
    required: set[str],
    reached: list[Reached],
    records: list[BackendRecord],
    output: Output,
    progress: Progress,
    lender: Lender,
    baseline: Baseline,
) -> Exit:
    jobs = 1 if any(item.place.borrowed for item in reached) else options.jobs
    if jobs != options.jobs:
        progress.say("One job only: the user of a URL may make no database, so there is only one.")
    # Beside the results: a run that is killed leaves nothing elsewhere.
    with tempfile.TemporaryDirectory(prefix=".plan-", dir=output.folder) as directory:
        plan = {
            "backends": {item.place.backend.id: str(item.place.backend.path) for item in reached},
            "places": {item.place.backend.id: item.place.pack() for item in reached},
            "levels": {item.place.backend.id: item.record.isolation_levels for item in reached},
            "ways": {item.place.backend.id: item.record.way for item in reached},
            "lender": lender.address,
            "versions": {item.place.backend.id: item.record.server_version for item in reached},
            "cases": list(options.cases),
            "seed": options.seed,
            "shard": str(options.shard) if options.shard else None,
            "limit": options.limit,
            "as_of": options.as_of,
            "first": list(options.first),
            "directory": directory,
        }
        with output.results.open("w", encoding="utf-8") as file:
            writer = Writer(file)
            newer = _newer(options, progress)
            writer.write(_head(options, run_id, jobs, reached, baseline, newer))
            for record in records:
                writer.write(record)
            backends = {item.place.backend.id: item.place.backend for item in reached}
            log = output.folder / "pytest.log"
            controller = Controller(plan, backends, writer, progress, log)
            status = 0
            if reached:
                ours = all(record.way != "url" for record in records)
                status = _pytest(roots, jobs, controller, Path(directory), ours=ours)
                progress.end()
            left = _left(status, controller, reached)
            code = _judge(status, controller, required, records)
            if left:
                code = highest(code, Exit.UNDECLARED)
            code = highest(code, baseline.judge(output.results))
            controller.finish(int(code), _reason(status, controller), left)
    if controller.trouble:
        for text in controller.trouble:
            sys.stderr.write(text + "\n")
    output.render(options.closing, verbose=options.verbose, baseline=baseline)
    return code


def _pytest(
    roots: list[Path], jobs: int, controller: Controller, directory: Path, *, ours: bool
) -> int:
    suite = content("suite")
    if ours:
        # No authority vouches for a server that we started. To read all that there are, as some
        # drivers do for each connection, took a sixth of the time of a run.
        os.environ |= {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
    # A caller's own pytest settings and plugins must not change what a case does.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_THEME"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        *(str(root) for root in roots or [suite]),
        "-c", str(suite / "pytest.ini"),
        "--rootdir", str(suite),
        "--basetemp", str(directory / "pytest"),
        "-p", "no:cacheprovider",
        "-p", "no:faulthandler",
        # Costs each cell three times, and our results say nothing of logs.
        "-p", "no:logging",
        # Nor must the fixtures and hooks of the project that a run is started in.
        "--noconftest",
        "-p", "session_conformance.plugin",
        "-p", "xdist.plugin",
        "-n", str(jobs),
        "--dist", "worksteal",
        "--max-worker-restart", "100000",
        "--color", "no",
        # Our own results say more; pytest's tracebacks are for its log alone.
        "--tb", "native",
    ]  # fmt: skip
    return int(pytest.main(arguments, plugins=[controller]))


def _left(status: int, controller: Controller, reached: list[Reached]) -> list[str]:
    """Give the databases back; return what should have been gone by now, one phrase each."""
    left = controller.left()
    for item in reached:
        left += [f"{name}, of {item.place.backend.id}" for name in item.hold.release()]
    # A cell that took its process or its time leaves more than it can clear away.
    return left if controller.unhindered and status != pytest.ExitCode.INTERRUPTED else []


def _judge(
    status: int, controller: Controller, required: set[str], records: list[BackendRecord]
) -> Exit:
    codes = [Exit.GOOD]
    if status == pytest.ExitCode.INTERRUPTED and not controller.trouble:
        codes.append(Exit.INTERRUPTED)
    elif (
        status == pytest.ExitCode.INTERNAL_ERROR
        or controller.trouble
        or status == pytest.ExitCode.USAGE_ERROR
        or (controller.collected is not None and controller.done < controller.total)
    ):
        codes.append(Exit.INTERNAL)
    missing = {record.id for record in records if not record.reached}
    if missing & required:
        codes.append(Exit.UNREACHED)
    if not (controller.total or controller.chosen) and len(missing) < len(records):
        codes.append(Exit.NOTHING)
    if controller.verdicts["undeclared"] or controller.verdicts["stale"]:
        codes.append(Exit.UNDECLARED)
    return highest(*codes)


def _reason(status: int, controller: Controller) -> str | None:
    if status == pytest.ExitCode.INTERRUPTED:
        return "interrupted"
    if controller.trouble:
        return "a case file could not be imported"
    return None


def _newer(options: Options, progress: Progress) -> list[str]:
    """Return the cases that are newer than the version to which the run is pinned."""
    if options.as_of is None:
        return []
    takes = Selection(list(options.cases)).takes
    found = discover(options.roots or None).values()
    newer = [case.id for case, _ in found if not is_of(case.since, options.as_of)]
    newer = [case for case in newer if takes(case)]
    if newer:
        progress.say(f"Newer than {options.as_of} and left out: {', '.join(newer)}.")
    return newer


def _head(
    options: Options,
    run_id: str,
    jobs: int,
    reached: list[Reached],
    baseline: Baseline,
    newer: list[str],
) -> Run:
    hidden = Secrets(str(item.place.url.password) for item in reached if item.place.url.password)
    return Run(
        id=run_id,
        started=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        suite=__version__,
        suite_hash=suite_hash(),
        sqlalchemy=sqlalchemy.__version__,
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        argv=[hidden.cut(argument) for argument in options.argv],
        jobs=jobs,
        seed=options.seed,
        as_of=options.as_of,
        newer=newer,
        shard=str(options.shard) if options.shard else None,
        baseline=baseline.id,
    )


def _fitting(backends: list[Backend], chosen: list[str], progress: Progress) -> list[Backend]:
    """Leave out what this Python is too old for, unless it was named."""
    found = []
    for backend in backends:
        if _wanted(backend, chosen):
            found.append(backend)
        else:
            progress.say(f"  {backend.id} left out: {installed(backend)}")
    return found


def _wanted(backend: Backend, named: Sequence[str]) -> bool:
    """Tell whether a backend is to run: what this Python is too old for only if it was named."""
    return fits_python(backend) or backend.id in named


def _files(options: Options) -> list[Backend]:
    """Read the backend files from elsewhere."""
    found: dict[str, Backend] = {}
    for path in options.backend_files:
        backend = load(path)
        if backend.id in found:
            raise BackendError(f"{found[backend.id].path} and {path} have one name: rename one.")
        found[backend.id] = backend
    return list(found.values())


def _required(options: Options, backends: list[Backend], files: list[Backend]) -> set[str]:
    if options.require:
        wanted = choose(list(options.require), files)
        required = {backend.id for backend in wanted if _wanted(backend, options.require)}
        left_out = required - {backend.id for backend in backends}
        if left_out and not (options.backends or files):
            raise UsageError(f"{', '.join(sorted(left_out))} is required but not chosen.")
        return required & {backend.id for backend in backends}
    if options.allow_missing:
        return set()
    # Whoever names a backend wants it; nobody needs every driver there is.
    return {
        backend.id
        for backend in backends
        if backend.core or set(options.backends) - {"all"} or installed(backend) is None
    }


def _roots(options: Options, backends: list[Backend]) -> list[Path]:
    """Return where the chosen cases are: the files that hold them, or all there are.

    Raises:
        UsageError: a word chooses no case, or a backend that is not among the chosen ones.

    """
    theirs = files(options.roots) if options.roots else []
    asked = [found for path in theirs for found in fixtures(path)]
    if asked:
        raise UsageError("\n".join(found.text() for found in asked))
    if not options.cases:
        # Each case file takes its time to import, and the workers will do it anyway.
        return list(options.roots)
    found = discover(options.roots or None)
    ids = [backend.id for backend in backends]
    unknown = Selection(list(options.cases)).unmatched(found, ids)
    if unknown:
        raise unknown_case(unknown[0], found, ids)
    # Which variants a case has is known where it is collected.
    selection = Selection([re.sub("/[^@]*", "", word) for word in options.cases])
    chosen = {case for case in found if selection.takes(case)}
    needed = {need for case in chosen for need in found[case][0].needs}
    return sorted(
        {
            Path(place.rpartition(":")[0])
            for case, place in found.values()
            if case.id in chosen or case.probes in needed
        }
    )


def unknown_case(word: str, found: Iterable[str], backends: list[str]) -> UsageError:
    """Return the error for a word that chooses no case, with the nearest one that would."""
    case, _, place = word.partition("@")
    if place and not Selection([case]).unmatched(found, backends):
        return UsageError(f"“{word}” names a backend that is not among the chosen ones.")
    import difflib

    case = case.partition("/")[0]
    chapters = {case.partition(".")[0] for case in found}
    near = difflib.get_close_matches(case, [*found, *sorted(chapters)], 1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    return UsageError(
        f"No case or chapter is called “{case}”.{hint} “session-conformance list” shows them all."
    )


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Clean up on SIGTERM as on Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
