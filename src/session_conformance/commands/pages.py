"""What the commands share that make a page from the results of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.combine import combine
from session_conformance.results import Results, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_all(files: Sequence[Path]) -> Results:
    """Read results files, or the folders of runs, as one.

    Raises:
        ResultsError: a file cannot be read, or the files cannot be combined.

    """
    return combine([read(results_file(path)) for path in files])


def results_file(path: Path) -> Path:
    """Return the results file that is meant by its own path or by the folder of its run."""
    return path / "results.jsonl" if path.is_dir() else path
