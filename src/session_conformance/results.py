"""The results file: what a run found, one JSON object a line, written as it happens.

Shapes are fixed by `reports/results.schema.json`. Without its `end` line a run is incomplete.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Literal

from .archive import ArchiveError, is_archive, member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SCHEMA = 1

#: The name of a results file in the folder of a run, and in a bundle.
RESULTS = "results.jsonl"

Outcome = Literal[
    "passed",
    "failed",
    "answered",
    "unsupported",
    "error",
    "timeout",
    "crashed",
    "unreachable",
    "not run",
]

Verdict = Literal["expected", "undeclared", "stale"]


class ResultsError(Exception):
    """A results file that cannot be read; the message names file, line and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The head of a results file.

    `as_of` is the version of the suite to which the cases were pinned, `newer` the cases that were
    left out for being newer. `shard` is `2/5` where the run was the second of five parts, `excerpt`
    says how much is left where somebody chose from the results afterwards.
    """

    id: str
    started: str
    suite: str
    suite_hash: str
    sqlalchemy: str
    python: str
    platform: str
    argv: list[str]
    jobs: int
    seed: int | None = None
    baseline: str | None = None
    as_of: str | None = None
    newer: list[str] = field(default_factory=list)
    shard: str | None = None
    excerpt: str | None = None
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendRecord:
    """One backend of the run, reached or not; `url` has its password cut out.

    `settings` are those of the server that decide answers, as a connection of the run sees them.
    """

    id: str
    title: str
    database: str
    database_title: str
    driver: str
    reached: bool
    is_async: bool = False
    way: str | None = None
    detail: str | None = None
    reason: str | None = None
    url: str | None = None
    server_version: str | None = None
    driver_version: str | None = None
    default_isolation_level: str | None = None
    isolation_levels: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    capabilities: dict[str, bool] = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """One case; `source` is `path:line` below the suite's root, `code` its text.

    `since` is the version of the suite that had it first, `level` how far a driver is that keeps it
    (see `levels.py`).
    """

    id: str
    what: Literal["promise", "question"]
    chapter: str
    text: str
    docs: str
    source: str
    code: str
    needs: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    variants: list[str] = field(default_factory=list)
    since: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """What a cell did: `events` are rows of [session, kind, text, parameters, rowcount, error].

    `session` names the concurrent session (`main` where there is one only, `observer` never
    appears). `kind` is one of `sql`, `begin`, `commit`, `rollback`, `savepoint`,
    `release savepoint`, `rollback to savepoint`, `connect`, `check-out`, `check-in`, `reset`,
    `invalidate`, `close`, `note`. `text` is the SQL as the driver got it, else a phrase or null.
    `parameters` is text (cut at 200 characters) or null; `rowcount` an integer or null; `error` the
    driver's exception as `Class: message` or null.
    """

    id: str
    events: list[list[Any]]
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A line of a backend file that names this difference."""

    outcome: str
    cause: Literal["driver", "database", "sqlalchemy"]
    why: str
    source: str
    answer: str | None = None
    script: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Why a cell is not `passed`: for people, without passwords.

    `kind` is `assertion`, `exception`, `vacuous`, `timeout`, `crash` or `capability`. `line` is the
    text of the case's line that broke, `where` its `path:line`. `traceback` is pytest's, as text.
    """

    kind: str
    message: str
    where: str | None = None
    line: str | None = None
    explanation: list[str] = field(default_factory=list)
    exception: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One cell: case x variant x backend; `facts` are what the case told beside its answer."""

    case: str
    backend: str
    outcome: Outcome
    verdict: Verdict
    variant: str | None = None
    answer: str | None = None
    expected_answer: str | None = None
    answer_source: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    declared: Declared | None = None
    detail: Detail | None = None
    needs: str | None = None
    trace: str | None = None
    seconds: float = 0.0
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The last line of a results file; its absence means an incomplete run.

    `left` names what should have been gone by then: threads, connections, databases, files.
    """

    results: int
    complete: bool
    seconds: float
    exit_code: int
    reason: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


Record = Run | BackendRecord | CaseRecord | TraceRecord | Result | End

KINDS: dict[str, type[Record]] = {
    "run": Run,
    "backend": BackendRecord,
    "case": CaseRecord,
    "trace": TraceRecord,
    "result": Result,
    "end": End,
}
NAMES = {record: kind for kind, record in KINDS.items()}
FIELDS = {record: frozenset(item.name for item in dataclasses.fields(record)) for record in NAMES}


def _plain(record: Record) -> dict[str, Any]:
    """Return `record` as a dict, which shares what it holds: `asdict` would copy whole traces."""
    values = {name: getattr(record, name) for name in FIELDS[type(record)]}
    return {
        name: dataclasses.asdict(value) if isinstance(value, Declared | Detail) else value
        for name, value in values.items()
    }


def dump(record: Record) -> str:
    """Return `record` as one line of JSON: `kind` first, the other keys sorted."""
    body = json.dumps(_plain(record), sort_keys=True, ensure_ascii=False)
    return f'{{"kind": "{NAMES[type(record)]}", {body[1:]}'


def load(line: str) -> Record | None:
    """Return the record of one line, or None for a kind this version does not know."""
    data = json.loads(line)
    record = KINDS.get(data.pop("kind"))
    if record is None:
        return None
    known = FIELDS[record]
    data = {key: value for key, value in data.items() if key in known}
    if record is Result:
        if data.get("declared"):
            data["declared"] = Declared(**data["declared"])
        if data.get("detail"):
            data["detail"] = Detail(**data["detail"])
    return record(**data)


class Writer:
    """Appends records to a results file; every line is on disk before the next one begins."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, record: Record) -> None:
        """Append one record."""
        self.write_line(dump(record))

    def write_line(self, line: str) -> None:
        """Append a record that `dump` made a line of."""
        self._file.write(line + "\n")
        self._file.flush()


@dataclass(slots=True)
class Results:
    """A results file in memory, in the order of the file."""

    run: Run
    backends: list[BackendRecord] = field(default_factory=list)
    cases: list[CaseRecord] = field(default_factory=list)
    traces: dict[str, TraceRecord] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    end: End | None = None

    @property
    def complete(self) -> bool:
        """True where the run came to its end."""
        return self.end is not None and self.end.complete

    def records(self) -> Iterator[Record]:
        """Yield the records of the file that reads as these results."""
        yield self.run
        yield from self.backends
        yield from self.cases
        yield from self.traces.values()
        yield from self.results
        if self.end is not None:
            yield self.end

    @classmethod
    def of(cls, records: Iterable[Record]) -> Results:
        """Gather `records`; the first one must be the `run`."""
        iterator = iter(records)
        head = next(iterator, None)
        if not isinstance(head, Run):
            raise ResultsError("A results file begins with a line of kind “run”.")
        found = cls(run=head)
        for record in iterator:
            match record:
                case BackendRecord():
                    found.backends.append(record)
                case CaseRecord():
                    found.cases.append(record)
                case TraceRecord():
                    found.traces[record.id] = record
                case Result():
                    found.results.append(record)
                case End():
                    found.end = record
                case Run():
                    raise ResultsError("A results file holds one line of kind “run”, this has two.")
        return found


def text_of(path: Path) -> bytes:
    """Return the bytes of a results file, which may lie in a bundle.

    Raises:
        ResultsError: the file cannot be read, or is a zip without results.

    """
    try:
        return member(path, RESULTS) if is_archive(path) else path.read_bytes()
    except ArchiveError as error:
        raise ResultsError(f"{path} is no bundle of a run: {error}.") from error
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error


def read(path: Path) -> Results:
    """Read a results file or a bundle; a last line that a killed run cut off is left out.

    Raises:
        ResultsError: the file is missing, empty or no results file.

    """
    try:
        lines = text_of(path).decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            record = load(line)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if number == len(lines):
                break
            raise ResultsError(f"{path}:{number} is no line of a results file: {error}") from error
        if record is not None:
            records.append(record)
    try:
        return Results.of(records)
    except ResultsError as error:
        raise ResultsError(f"{path}: {error}") from error
