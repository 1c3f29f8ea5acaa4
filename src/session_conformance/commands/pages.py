"""What the commands share that make a page from the results of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.archive import is_archive
from session_conformance.render.combine import combine
from session_conformance.results import RESULTS, Results, dump, read, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_all(files: Sequence[Path]) -> Results:
    """Read results files, the folders of runs, or bundles, as one.

    Raises:
        ResultsError: a file cannot be read, or the files cannot be combined.

    """
    return combine([read(results_file(path)) for path in files])


def results_file(path: Path) -> Path:
    """Return the results file, or the bundle, that is meant by its path or by the run's folder."""
    return path / RESULTS if path.is_dir() else path


def own_folder(path: Path) -> Path:
    """Return where the reports of a run go if nobody says so.

    That is beside its results; a bundle, which may lie among others, has a folder of its name.
    """
    file = results_file(path)
    return file.with_suffix("") if file.is_file() and is_archive(file) else file.parent


def text_of_all(files: Sequence[Path], results: Results) -> bytes:
    """Return the results file of what was read from `files`: as it is where it is one only."""
    if len(files) == 1:
        return text_of(results_file(files[0]))
    return "".join(f"{dump(record)}\n" for record in results.records()).encode()
