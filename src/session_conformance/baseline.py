"""What a run is compared with: an earlier one's results, whole or without their evidence."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from .exits import Exit
from .render.changes import Changes, changes
from .results import NAMES, RESULTS, Results, read

if TYPE_CHECKING:
    from pathlib import Path

    from .results import Record

#: The baseline of a run stands beside its results, so that its report can be made again.
BESIDE = "baseline.jsonl"


def slim(results: Results) -> Results:
    """Return results without what only their own report needs: code, traces, details, addresses.

    The order is that of the names, so that two of them in a repository differ in what changed.
    """
    return Results(
        run=dataclasses.replace(results.run, argv=[]),
        backends=[
            dataclasses.replace(backend, url=None, detail=None, source=None)
            for backend in results.backends
        ],
        cases=[dataclasses.replace(case, code="") for case in results.cases],
        results=[
            dataclasses.replace(
                result, detail=None, trace=None, facts={}, seconds=0.0, worker=None,
                answer_source=None,
            )
            for result in sorted(
                results.results, key=lambda one: (one.case, one.variant or "", one.backend)
            )
        ],
        end=results.end,
    )  # fmt: skip


def slim_text(results: Results) -> str:
    """Return the file that reads as `slim(results)`, a line a record, without empty keys."""
    return "".join(f"{_line(record)}\n" for record in slim(results).records())


def _line(record: Record) -> str:
    # A file tells its schema even where that is the one that is taken for granted.
    kept = {"schema"} | {
        item.name
        for item in dataclasses.fields(record)
        if getattr(record, item.name) != _default(item)
    }
    values = sorted(dataclasses.asdict(record).items())
    line = {"kind": NAMES[type(record)], **{key: value for key, value in values if key in kept}}
    return json.dumps(line, ensure_ascii=False)


def _default(item: dataclasses.Field[Any]) -> object:
    """Return what a field is where nobody says so; what nothing equals where it must be said."""
    if item.default_factory is not dataclasses.MISSING:
        return item.default_factory()
    return item.default


class Baseline:
    """The run that a run is compared with, if any."""

    def __init__(self, path: Path | None) -> None:
        """Read it, from a file or the folder of a run.

        Raises:
            ResultsError: it cannot be read.

        """
        file = path / RESULTS if path and path.is_dir() else path
        self._old = read(file) if file else None

    @property
    def id(self) -> str | None:
        """The id of the run that it is of."""
        return self._old.run.id if self._old else None

    def changes(self, new: Results) -> Changes | None:
        """Return what changed since, None without a baseline."""
        return changes(self._old, new) if self._old else None

    def judge(self, results: Path) -> Exit:
        """Return the exit code that a run deserves by what got worse."""
        found = self.changes(read(results)) if self._old else None
        return Exit.WORSE if found and found.worse() else Exit.GOOD

    def keep(self, folder: Path) -> None:
        """Write it beside the results of the run that is compared with it."""
        if self._old is not None:
            (folder / BESIDE).write_text(slim_text(self._old), encoding="utf-8", newline="\n")


def beside(results: Results, path: Path) -> Baseline:
    """Return the baseline that a run was compared with, as it was kept beside its results.

    Args:
        results: of the run.
        path: where they were read from.

    """
    kept = path.parent / BESIDE
    if results.run.baseline is None or not kept.is_file():
        return Baseline(None)
    found = Baseline(kept)
    return found if found.id == results.run.baseline else Baseline(None)
