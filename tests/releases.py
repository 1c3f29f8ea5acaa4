"""Runs the suite on releases with a known defect, and on those that mended it.

`python -m tests.releases [NAME…]` takes the defects of `releases.toml`. For each it makes two
environments that differ in one release, runs the cases that must notice in both, and exits 1 where
one is not noticed, or where its mended release is not clean of it.
`python -m tests.releases --write-docs` writes docs/old-releases.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import click

from session_conformance.results import ResultsError, read

from .faulty.command import ROOT, results_file

LIST = ROOT / "tests" / "releases.toml"
FILE = ROOT / "docs" / "old-releases.md"

HEAD = """# Defects of old releases

Does the suite notice what really went wrong? Each defect below was in a release of a driver or of
SQLAlchemy, was told in its changelog or tracker, and is mended since. The cases named fail on the
release that had it and pass on the one that mended it, everything else in the environment equal.

    python -m tests.releases                      # all of them, a minute or two each
    python -m tests.releases {first}

This makes both environments of each defect, runs the cases in them and says whether each came out
as it stands here. It takes Python {python} and the package index that pip is set up with; servers
are found as `session-conformance run --servers` finds them.

"""
TAIL = """
Written by `python -m tests.releases --write-docs` from `tests/releases.toml`.
"""

#: The Python that the pinned releases have wheels for.
PYTHON = (3, 11)


class ReleasesError(Exception):
    """An environment or a run that could not be had; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One defect that a release had: how to have it back, and which cases must notice.

    `bad` and `mended` are what pip installs in the one environment and in the other, `beside` in
    both. `cases` are ids as `run --case` takes them.
    """

    name: str
    what: str
    defect: str
    source: str
    backend: str
    bad: list[str]
    mended: list[str]
    cases: list[str]
    beside: list[str] = field(default_factory=list)

    @property
    def releases(self) -> str:
        """The defect's two releases in words, such as “psycopg 3.1 → 3.2”."""
        before, after = self.bad[0].partition("==")[2], self.mended[0].partition("==")[2]
        return f"{self.what} {before} → {after}"


def defects() -> list[Defect]:
    """Read the list.

    Raises:
        ReleasesError: a table has a key too many or too few.

    """
    keys = {each.name for each in fields(Defect)} - {"name"}
    found = []
    for name, table in tomllib.loads(LIST.read_text(encoding="utf-8")).items():
        wrong = (set(table) - keys) | (keys - {"beside"} - set(table))
        if wrong:
            raise ReleasesError(f"{LIST.name}: [{name}] has or lacks {', '.join(sorted(wrong))}.")
        found.append(Defect(name=name, **table))
    return found


def text() -> str:
    """Return the page."""
    known = defects()
    head = HEAD.format(first=known[0].name, python=".".join(map(str, PYTHON)))
    lines = ["| bad → mended | backend | what was wrong | cases that notice |", "|---|---|---|---|"]
    for each in known:
        cases = ", ".join(f"`{case}`" for case in each.cases)
        told = f"{each.defect} ([source]({each.source}))"
        lines.append(f"| {each.releases} (`{each.name}`) | {each.backend} | {told} | {cases} |")
    return head + "\n".join(lines) + "\n" + TAIL


def suite_requirements() -> list[str]:
    """Return what the suite itself and its servers from containers take, as pip spells it."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["docker"]]


def environment(folder: Path, requirements: list[str]) -> Path:
    """Make a virtual environment, or take the one that an earlier call made with the same words.

    Returns:
        its interpreter.

    Raises:
        ReleasesError: pip could not install what is asked for.

    """
    python = folder / "bin" / "python"
    made, wanted = folder / "requirements.txt", "\n".join(requirements) + "\n"
    if made.exists() and made.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(folder, clear=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    done = subprocess.run(
        [*pip, "--quiet", "--disable-pip-version-check", "--no-compile", *requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleasesError(f"pip could not install {' '.join(requirements)}:\n{done.stderr}")
    made.write_text(wanted, encoding="utf-8")
    return python


def outcomes(python: Path, defect: Defect, out: Path, servers: str) -> dict[str, list[str]]:
    """Run a defect's cases in an environment.

    Returns:
        by case: what each of its cells was that is not as promised or declared, such as “failed”,
        and “passed” for each that was. A case without a cell is missing.

    Raises:
        ReleasesError: the run left no results.

    """
    cases = [word for case in defect.cases for word in ("--case", case)]
    command = [str(python), "-m", "session_conformance", "run", "--backend", defect.backend, *cases]
    with tempfile.TemporaryDirectory(dir=out) as reports:
        done = subprocess.run(
            [*command, "--servers", servers, "--jobs", "1", "--out", reports],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        try:
            results = read(results_file(Path(reports), done.stdout)).results
        except (AssertionError, ResultsError) as error:
            raise ReleasesError(f"{defect.name}: the run left no results: {error}") from None
    found: dict[str, list[str]] = {}
    for case in defect.cases:
        name, _, variant = case.partition("/")
        for cell in results:
            if cell.case == name and variant in ("", cell.variant):
                expected = cell.verdict == "expected"
                found.setdefault(case, []).append("passed" if expected else cell.outcome)
    return found


def seen(defect: Defect, found: dict[str, list[str]], *, bad: bool) -> tuple[str, bool]:
    """Say what one environment's run showed, and whether that is as the list says."""
    told, right = [], True
    for case in defect.cases:
        cells = found.get(case, ["not run"])
        wrong = sorted(set(cells) - {"passed"})
        right &= bool(set(wrong) & {"failed", "error", "timeout"}) if bad else not wrong
        told.append(" and ".join(wrong) or "passed")
    words = ", ".join(dict.fromkeys(told))
    if bad:
        return (f"{words} as expected" if right else f"{words}, but all should fail"), right
    return (words if right else f"{words}, but all should pass"), right


def prove(defect: Defect, folder: Path, servers: str) -> tuple[list[str], bool]:
    """Run one defect's cases on both releases; return its row of the table, and if all is right."""
    row, right = [defect.name], True
    for kind, pins in (("bad", defect.bad), ("mended", defect.mended)):
        click.echo(f"{defect.name}: installing {' '.join(pins)}", err=True)
        place = folder / f"{defect.name}-{kind}"
        wanted = [*suite_requirements(), *defect.beside, *pins]
        try:
            python = environment(place, wanted)
            click.echo(f"{defect.name}: running {len(defect.cases)} cases on it", err=True)
            told, good = seen(defect, outcomes(python, defect, place, servers), bad=kind == "bad")
        except ReleasesError as error:
            click.echo(str(error), err=True)
            told, good = "not to be had", False
        row.append(told)
        right &= good
    return row, right


def table(rows: list[list[str]]) -> str:
    """Lay rows out in columns."""
    rows = [["name", "bad release", "mended release"], *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


@click.command(help=re.sub(r"`", "", (__doc__ or "").partition("\n\n")[2]))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--servers",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "url", "docker", "local"]),
    help="How servers are had, as of session-conformance run.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the environments are made, and kept for the next time; else they are thrown away.",
)
@click.option("--write-docs", is_flag=True, help="Write docs/old-releases.md and run nothing.")
def main(names: tuple[str, ...], servers: str, folder: Path | None, write_docs: bool) -> None:
    """Run what is asked for, and end with its exit code."""
    if write_docs:
        FILE.write_text(text(), encoding="utf-8")
        return
    known = {each.name: each for each in defects()}
    strangers = [name for name in names if name not in known]
    if strangers:
        raise click.UsageError(f"{strangers[0]} is no defect; there are {', '.join(known)}.")
    if sys.version_info[:2] != PYTHON:
        python = ".".join(map(str, PYTHON))
        raise click.UsageError(f"The releases are pinned for Python {python}; run this by it.")
    with tempfile.TemporaryDirectory(prefix="releases-") as temporary:
        place = (folder or Path(temporary)).resolve()
        proofs = [prove(known[name], place, servers) for name in names or known]
    click.echo(table([row for row, _ in proofs]))
    wrong = sum(not right for _, right in proofs)
    click.echo(f"{len(proofs) - wrong} of {len(proofs)} defects as the list says.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
