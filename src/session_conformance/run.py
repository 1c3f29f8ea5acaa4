"""One run, from the choice of backends to the exit code."""

from __future__ import annotations

import os
import platform
import secrets
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from sqlalchemy.engine import URL

from .backend import BackendError, choose
from .cases import discover, suite_hash
from .content import content
from .controller import Controller
from .engines import engine_under_test
from .exits import Exit, highest
from .output import Output
from .progress import Progress
from .reach import Reached, UnreachableError, WrongUrlError, parse, reach
from .redact import Secrets
from .results import BackendRecord, Run, Writer
from .selection import Selection
from .servers import Server, ServerError, find
from .storage import RefusedError
from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from .backend import Backend

LIMIT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person asked for; fields as the options of `session-conformance run`."""

    backends: Sequence[str] = ()
    cases: Sequence[str] = ()
    urls: Sequence[str] = ()
    servers: str = "auto"
    require: Sequence[str] = ()
    allow_missing: bool = False
    jobs: int = 2
    seed: int | None = None
    limit: float = LIMIT
    out: Path = Path("reports/out")
    roots: Sequence[Path] = ()
    verbose: bool = False
    argv: Sequence[str] = field(default_factory=lambda: sys.argv[1:])


class UsageError(Exception):
    """What was asked for makes no sense; one sentence that says what to write."""


def run(options: Options) -> Exit:
    """Run the chosen cases on the chosen backends and write the reports.

    Raises:
        UsageError: an unknown backend or case, or a URL that is none.
        BackendError: as `UsageError`, for backends.

    """
    backends = choose(list(options.backends))
    required = _required(options, backends)
    roots = list(options.roots)
    _check_cases(options, roots)
    urls = _urls(options, backends)
    progress = Progress()
    with _terminated_as_interrupted(), ExitStack() as stack:
        run_id = secrets.token_hex(4)
        reached, records = _reach_all(options, backends, urls, run_id, progress, stack)
        for item in reached:
            stack.callback(item.hold.release)
        output = Output(options.out)
        return _run_cells(options, roots, run_id, required, reached, records, output, progress)


def _run_cells(
    options: Options,
    roots: list[Path],
    run_id: str,
    required: set[str],
    reached: list[Reached],
    records: list[BackendRecord],
    output: Output,
    progress: Progress,
) -> Exit:
    jobs = 1 if any(item.place.borrowed for item in reached) else options.jobs
    if jobs != options.jobs:
        progress.say("One job only: the user of a URL may make no database, so there is only one.")
    with tempfile.TemporaryDirectory(prefix="session-conformance-plan-") as directory:
        plan = {
            "backends": {item.place.backend.id: None for item in reached},
            "places": {item.place.backend.id: item.place.pack() for item in reached},
            "cases": list(options.cases),
            "seed": options.seed,
            "limit": options.limit,
            "directory": directory,
        }
        with output.results.open("w", encoding="utf-8") as file:
            writer = Writer(file)
            writer.write(_head(options, run_id, jobs, reached))
            for record in records:
                writer.write(record)
            backends = {item.place.backend.id: item.place.backend for item in reached}
            log = output.folder / "pytest.log"
            controller = Controller(plan, backends, writer, progress, log)
            status = 0
            if reached:
                status = _pytest(roots, jobs, controller)
                progress.end()
            code = _judge(status, controller, required, records)
            controller.finish(int(code), _reason(status, controller))
    if controller.trouble:
        for text in controller.trouble:
            sys.stderr.write(text + "\n")
    output.render(verbose=options.verbose)
    return code


def _pytest(roots: list[Path], jobs: int, controller: Controller) -> int:
    suite = content("suite")
    # A caller's own pytest settings and plugins must not change what a case does.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_THEME"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        *(str(root) for root in roots or [suite]),
        "-c", str(suite / "pytest.ini"),
        "--rootdir", str(suite),
        "-p", "no:cacheprovider",
        "-p", "session_conformance.plugin",
        "-p", "xdist.plugin",
        "-n", str(jobs),
        "--dist", "worksteal",
        "--max-worker-restart", "100000",
        "--color", "no",
    ]  # fmt: skip
    return int(pytest.main(arguments, plugins=[controller]))


def _judge(
    status: int, controller: Controller, required: set[str], records: list[BackendRecord]
) -> Exit:
    codes = [Exit.GOOD]
    if status == pytest.ExitCode.INTERRUPTED and not controller.trouble:
        codes.append(Exit.INTERRUPTED)
    elif status == pytest.ExitCode.INTERNAL_ERROR or controller.trouble:
        codes.append(Exit.INTERNAL)
    elif status == pytest.ExitCode.USAGE_ERROR:
        codes.append(Exit.INTERNAL)
    elif controller.collected is not None and controller.done < controller.total:
        codes.append(Exit.INTERNAL)
    missing = {record.id for record in records if not record.reached}
    if missing & required:
        codes.append(Exit.UNREACHED)
    if not controller.total and len(missing) < len(records):
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


def _head(options: Options, run_id: str, jobs: int, reached: list[Reached]) -> Run:
    hidden = Secrets(
        str(item.place.url.password) for item in reached if item.place.url.password
    )
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
    )


def _required(options: Options, backends: list[Backend]) -> set[str]:
    if options.require:
        required = {backend.id for backend in choose(list(options.require))}
        left_out = required - {backend.id for backend in backends}
        if left_out and not options.backends:
            raise UsageError(f"{', '.join(sorted(left_out))} is required but not chosen.")
        return required & {backend.id for backend in backends}
    return set() if options.allow_missing else {backend.id for backend in backends}


def _check_cases(options: Options, roots: list[Path]) -> None:
    found = discover(roots or None)
    selection = Selection([word.partition("/")[0] for word in options.cases])
    unknown = selection.unmatched([(case, None) for case in found])
    if unknown:
        import difflib

        chapters = {case.partition(".")[0] for case in found}
        near = difflib.get_close_matches(unknown[0], [*found, *sorted(chapters)], 1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise UsageError(
            f"No case or chapter is called “{unknown[0]}”.{hint} "
            "“session-conformance list” shows them all."
        )


def _urls(options: Options, backends: list[Backend]) -> dict[str, tuple[URL, str]]:
    """Resolve URLs from the command line and the environment: backend id to URL and its origin."""
    given: dict[str, str] = {}
    for item in options.urls:
        name, separator, value = item.partition("=")
        if not separator or "://" in name:
            raise UsageError("Write --url BACKEND=URL, with a backend's or a database's name.")
        if not any(name in (backend.id, backend.family.id) for backend in backends):
            choose([name])
            raise UsageError(f"A URL was given for {name}, which is not among the chosen backends.")
        given[name] = value
    found = {}
    for backend in backends:
        for name in (backend.id, backend.family.id):
            variable = "SESSION_CONFORMANCE_URL_" + name.upper().replace("-", "_")
            origin = f"--url {name}" if name in given else f"environment variable {variable}"
            value = given.get(name) or os.environ.get(variable)
            if value:
                found[backend.id] = (parse(backend, value), origin)
                break
    return found


def _reach_all(
    options: Options,
    backends: list[Backend],
    urls: dict[str, tuple[URL, str]],
    run_id: str,
    progress: Progress,
    stack: ExitStack,
) -> tuple[list[Reached], list[BackendRecord]]:
    probes: dict[str, Any] = {}
    for backend in backends:
        service = backend.family.service
        if service and backend.id not in urls and service not in probes:
            probes[service] = _probe(backend)
    servers: dict[str, Server | ServerError] = {}
    if probes and options.servers != "url":
        servers = stack.enter_context(find(probes, ways=options.servers, say=progress.say))

    def one(backend: Backend) -> Reached | str | RefusedError:
        return _reach_one(backend, urls, servers, run_id, progress)

    with ThreadPoolExecutor(max(1, len(backends))) as pool:
        answers = list(pool.map(one, backends))
    reached: list[Reached] = []
    records: list[BackendRecord] = []
    refused: list[str] = []
    for backend, answer in zip(backends, answers, strict=True):
        if isinstance(answer, Reached):
            reached.append(answer)
            records.append(answer.record)
            version = f" · {backend.distribution} {backend.driver_version}" if backend.distribution else ""
            progress.say(
                f"  {backend.id:<24} {backend.family.title} {answer.record.server_version}{version}"
                f" · {answer.record.way}: {answer.record.detail}"
            )
        elif isinstance(answer, RefusedError):
            refused.append(f"{backend.id}: {answer}")
        else:
            records.append(_missing(backend, answer))
            progress.say(f"  {backend.id:<24} unreachable: {answer}")
    if refused:
        for item in reached:
            item.hold.release()
        raise UsageError("\n".join(refused))
    return reached, records


def _reach_one(
    backend: Backend,
    urls: dict[str, tuple[URL, str]],
    servers: dict[str, Server | ServerError],
    run_id: str,
    progress: Progress,
) -> Reached | str | RefusedError:
    url: URL | None = None
    way = detail = None
    if backend.id in urls:
        url, detail = urls[backend.id]
        way = "url"
    elif backend.family.service:
        server = servers.get(backend.family.service)
        if server is None:
            variable = "SESSION_CONFORMANCE_URL_" + backend.id.upper().replace("-", "_")
            return f"No URL was given. Set {variable}, or pass --url {backend.id}=URL."
        if isinstance(server, ServerError):
            return " ".join(str(server).split())
        url, way, detail = server_url(backend, server), server.way, server.detail
    try:
        return reach(backend, url, run_id, way=way, detail=detail, say=progress.say)
    except UnreachableError as error:
        return str(error)
    except RefusedError as error:
        return error


def server_url(backend: Backend, server: Server) -> URL:
    """Return the URL of a server through a backend's driver."""
    return URL.create(
        backend.drivername,
        username=server.username,
        password=server.password,
        host=server.host,
        port=server.port,
        database=server.database or backend.family.maintenance,
    )


def _probe(backend: Backend) -> Any:
    def probe(server: Server) -> str:
        engine = engine_under_test(backend, server_url(backend, server))
        try:
            with engine.connect() as connection:
                version = connection.dialect.server_version_info or ()  # type: ignore[attr-defined]
                return ".".join(str(part) for part in version)
        finally:
            engine.dispose()

    return probe


def _missing(backend: Backend, reason: str) -> BackendRecord:
    return BackendRecord(
        id=backend.id, title=backend.title, database=backend.family.id,
        database_title=backend.family.title, driver=backend.drivername.partition("+")[2],
        reached=False, is_async=backend.is_async, reason=reason,
        driver_version=backend.driver_version, capabilities=dict(backend.capabilities),
        source=backend.source,
    )  # fmt: skip


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


__all__ = ["BackendError", "Options", "UsageError", "WrongUrlError", "run"]
