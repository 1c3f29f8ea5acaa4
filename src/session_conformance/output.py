"""The files of a run: `reports/out/<run>/` and `reports/out/latest`."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from . import render
from .results import RESULTS, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from .baseline import Baseline
    from .render.changes import Changes
    from .results import Results


class Closing(Protocol):
    """What makes the text that a command ends with."""

    def __call__(self, results: Results, *, color: bool, width: int) -> str:
        """Return it; `width` is in columns of the terminal."""


class OutputError(Exception):
    """A folder that cannot be written to."""


#: What each form of a report is called beside the results; `badges` is a folder.
FILES = {
    "html": render.FRONT,
    "markdown": "summary.md",
    "junit": "junit.xml",
    "ctrf": "ctrf.json",
    "badges": "badges",
}


#: In so many characters a file of cases has said that it is one.
HEAD = 4096


def write_reports(
    results: Results,
    folder: Path,
    changed: Changes | None = None,
    forms: Collection[str] = tuple(FILES),
    split: bool | None = None,
) -> list[Path]:
    """Write the reports of a run into `folder` and return their paths, in the order of `FILES`.

    Where the HTML report is split, the folder of its cases follows it. What a former report had
    there is removed.

    Args:
        results: of the run.
        folder: made where it is missing.
        changed: since the run's baseline.
        forms: which of `FILES` to write.
        split: whether the HTML report is; None where it is if it is large.

    Raises:
        OSError: the folder cannot be written.

    """
    texts: dict[str, Callable[[], str]] = {
        "markdown": lambda: render.markdown(results, changed),
        "junit": lambda: render.junit(results),
        "ctrf": lambda: render.ctrf(results),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for form, name in FILES.items():
        if form not in forms:
            continue
        if form == "html":
            written += _write_html(folder, render.documents(results, changed, split=split))
            continue
        if form in texts:
            _write(folder / name, texts[form]())
        else:
            (folder / name).mkdir(exist_ok=True)
            for badge, text in render.badges(results).items():
                _write(folder / name / badge, text)
        written.append(folder / name)
    return written


def split_by_size(written: Collection[Path], split: bool | None) -> str:
    """Return the line that says so where a report was split since it is large; else nothing."""
    if split is not None or not any(path.name == render.FOLDER for path in written):
        return ""
    return f"The report is large: its cases are in {render.FOLDER}, which goes where it goes.\n"


def _write_html(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    cases = folder / render.FOLDER
    for old in cases.glob("*.html"):
        with old.open(encoding="utf-8", errors="replace") as file:
            known = render.ours(file.read(HEAD))
        if known:
            old.unlink()
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _write(path, text)
    if len(texts) > 1:
        return [folder / FILES["html"], cases]
    if cases.is_dir() and not any(cases.iterdir()):
        cases.rmdir()
    return [folder / FILES["html"]]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


class Output:
    """The folder of one run, made when this is."""

    def __init__(self, base: Path) -> None:
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        try:
            base.mkdir(parents=True, exist_ok=True)
            folder = base / name
            number = 1
            while folder.exists():
                number += 1
                folder = base / f"{name}-{number}"
            folder.mkdir()
        except OSError as error:
            raise OutputError(
                f"Reports cannot be written to {base}: {error.strerror}. "
                "Name another folder with --out."
            ) from error
        self.base = base
        self.folder = folder

    @property
    def results(self) -> Path:
        """The results file."""
        return self.folder / RESULTS

    def render(
        self,
        closing: Closing = render.terminal,
        *,
        verbose: bool = False,
        baseline: Baseline | None = None,
    ) -> None:
        """Write every report from the results file and print what `closing` makes of it."""
        found = read(self.results)
        changed = None
        if baseline is not None:
            changed = baseline.changes(found)
            baseline.keep(self.folder)
        written = write_reports(found, self.folder, changed)
        self._point_latest()
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        color = color or bool(os.environ.get("FORCE_COLOR"))
        width = shutil.get_terminal_size((110, 40)).columns
        sys.stdout.write("\n" + closing(found, color=color, width=width).rstrip() + "\n")
        if verbose:
            for result in found.results:
                if result.verdict != "expected" and result.detail and result.detail.traceback:
                    sys.stdout.write(f"\n{result.case} on {result.backend}\n")
                    sys.stdout.write(result.detail.traceback + "\n")
        if changed is not None:
            sys.stdout.write("\n" + render.brief(changed, width=min(width, 110)))
        split = split_by_size(written, None)
        sys.stdout.write(f"\n{split}" if split else "")
        sys.stdout.write(f"\n report   {self.folder / render.FRONT}\n results  {self.results}\n")
        sys.stdout.flush()

    def _point_latest(self) -> None:
        latest = self.base / "latest"
        try:
            if latest.is_symlink() or latest.is_file():
                latest.unlink()
            latest.symlink_to(self.folder.name)
        except OSError:
            latest.write_text(self.folder.name + "\n", encoding="utf-8")
