"""A run as one zip: what is in it, and that it is read like results; the forms of `report`."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from session_conformance.archive import MOST, pack
from session_conformance.backend import known
from session_conformance.bundle import file_name
from session_conformance.cli import main
from session_conformance.commands.compare import compare
from session_conformance.commands.report import report
from session_conformance.output import FILES
from session_conformance.results import Results, ResultsError, read

from .sample_results import sample, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result as Called

NAME = "session-conformance-2026-11-22T12-10-47Z.zip"
CONTENT = ["results.jsonl", "report.html", "summary.md", "versions.json"]


def write(folder: Path, results: Results, name: str = "results.jsonl") -> Path:
    """Write a results file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text_of(results), encoding="utf-8", newline="\n")
    return path


def call(*words: object) -> Called:
    return CliRunner().invoke(report, [str(word) for word in words])


def bundled(folder: Path, results: Results) -> Path:
    """Return the bundle of `results`, made by the command."""
    done = call(write(folder, results), "--bundle")
    assert done.exit_code == 0, done.output
    (found,) = folder.glob("*.zip")
    return found


def within(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# Which forms are written.


@pytest.mark.parametrize("form", list(FILES))
def test_one_form_alone_can_be_written(tmp_path: Path, form: str) -> None:
    done = call(write(tmp_path, sample(3)), "--out", tmp_path / "out", "--format", form)

    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == [FILES[form]]


def test_forms_can_be_named_together(tmp_path: Path) -> None:
    call(write(tmp_path, sample(3)), "--format", "ctrf", "--format", "badges")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "badges", "ctrf.json", "results.jsonl"
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "badges").iterdir()} == {
        f"{name}.{ending}"
        for name in ("all", *(backend.id for backend in sample(3).backends))
        for ending in ("svg", "json")
    }


def test_a_form_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    assert call(write(tmp_path, sample(1)), "--format", "pdf").exit_code == 2
    assert len(list(tmp_path.iterdir())) == 1


# What a bundle holds.


def test_a_bundle_holds_the_run_and_nothing_else_is_written(tmp_path: Path) -> None:
    path = bundled(tmp_path, sample(3))
    held = within(path)

    assert path.name == NAME
    assert sorted(found.name for found in tmp_path.iterdir()) == ["results.jsonl", NAME]
    assert list(held)[:4] == CONTENT
    assert held["results.jsonl"] == (tmp_path / "results.jsonl").read_bytes()
    assert b"<title>" in held["report.html"]
    assert held["summary.md"].startswith(b"## Session conformance")
    versions = json.loads(held["versions.json"])
    assert versions["sqlalchemy"] == "2.1.0"
    assert versions["backends"]["mysql-pymysql"]["server_version"] == "9.7.0"


def test_other_forms_are_written_besides_where_they_are_named(tmp_path: Path) -> None:
    call(write(tmp_path, sample(1)), "--bundle", "--format", "junit")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "results.jsonl", NAME]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bundled(tmp_path / "one", sample(3))
    os.utime(tmp_path / "one" / "results.jsonl", (0, 0))
    monkeypatch.setattr("sys.platform", "win32")
    call(tmp_path / "one", "--bundle", "--out", tmp_path / "other")

    assert one.read_bytes() == (tmp_path / "other" / NAME).read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 22, 12, 10, 46)}
        assert {info.create_system for info in archive.infolist()} == {3}


@pytest.mark.parametrize(
    "moment", [None, datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]
)
def test_a_time_that_no_zip_can_hold_is_the_first_that_it_can(moment: datetime | None) -> None:
    with zipfile.ZipFile(io.BytesIO(pack({"a": b"b"}, moment))) as archive:
        assert archive.getinfo("a").date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.read("a") == b"b"


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("86008ed8", "session-conformance-86008ed8.zip"),
        ("../a + b", "session-conformance-a-b.zip"),
        ("", "session-conformance-run.zip"),
        ("x" * 300, f"session-conformance-{'x' * 80}.zip"),
    ],
)
def test_the_name_is_that_of_the_run_as_far_as_it_is_safe(run: str, name: str) -> None:
    results = sample(1)
    results.run = dataclasses.replace(results.run, id=run)

    assert file_name(results) == name


def sourced(results: Results, backend: str, source: str) -> Results:
    """Return `results` of which only the first backend names a file, which is `source`."""
    old = results.backends[0]
    results.backends = [dataclasses.replace(one, source=None) for one in results.backends]
    results.backends[0] = dataclasses.replace(old, id=backend, source=source)
    results.results = [
        dataclasses.replace(one, backend=backend) if one.backend == old.id else one
        for one in results.results
    ]
    return results


def test_a_file_of_the_suite_is_in_the_bundle(tmp_path: Path) -> None:
    name = "sqlite-pysqlite"
    held = within(bundled(tmp_path, sourced(sample(1), name, f"backends/{name}.toml")))
    path = known()[name].path
    assert path is not None

    assert list(held) == [*CONTENT, f"backends/{name}.toml"]
    assert held[f"backends/{name}.toml"] == path.read_bytes()


def test_a_file_of_ones_own_is_in_the_bundle_while_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "mydb-mine.toml"
    file.write_text('drivername = "mydb+mine"\n', encoding="utf-8")
    results = sourced(sample(1), "mydb-mine", str(file))

    held = within(bundled(tmp_path / "one", results))
    file.unlink()
    later = within(bundled(tmp_path / "two", results))

    assert held["backends/mydb-mine.toml"] == b'drivername = "mydb+mine"\n'
    assert list(later) == CONTENT


@pytest.mark.parametrize(
    ("backend", "name", "text"),
    [
        ("mydb-mine", "secret.toml", 'drivername = "x"'),
        ("mydb-mine", "mydb-mine.toml", 'password = "hidden"'),
        ("mydb-mine", "mydb-mine.toml", "no TOML at all: drivername"),
        (r"..\..\mine", r"..\..\mine.toml", 'drivername = "x"'),
    ],
)
def test_no_other_file_is_taken_because_results_name_it(
    tmp_path: Path, backend: str, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    held = within(bundled(tmp_path / "run", sourced(sample(1), backend, str(tmp_path / name))))

    assert list(held) == CONTENT


# A bundle is read like results.


def test_reports_are_made_again_from_a_bundle(tmp_path: Path) -> None:
    path = bundled(tmp_path / "from", sample(3))
    call(tmp_path / "from", "--out", tmp_path / "direct")

    done = call(path, "--out", tmp_path / "again")

    assert done.exit_code == 0, done.output
    for name in ("report.html", "summary.md", "junit.xml", "ctrf.json"):
        again, direct = tmp_path / "again" / name, tmp_path / "direct" / name
        assert again.read_bytes() == direct.read_bytes()


def test_a_bundle_has_a_folder_of_its_own_for_its_reports(tmp_path: Path) -> None:
    path = bundled(tmp_path, sample(1))
    (tmp_path / "results.jsonl").unlink()

    call(path)

    assert {found.name for found in tmp_path.iterdir()} == {NAME, NAME.removesuffix(".zip")}
    assert (path.with_suffix("") / "report.html").is_file()


def test_the_bundle_of_a_bundle_is_the_same(tmp_path: Path) -> None:
    path = bundled(tmp_path / "one", sample(3))
    call(path, "--bundle", "--out", tmp_path / "two")

    assert (tmp_path / "two" / NAME).read_bytes() == path.read_bytes()


def halves() -> list[Results]:
    found = []
    for place in (0, 2):
        part = sample(3)
        part.run = dataclasses.replace(part.run, id=f"half-{place}")
        part.backends = part.backends[place : place + 2]
        ids = {backend.id for backend in part.backends}
        part.results = [one for one in part.results if one.backend in ids]
        found.append(part)
    return found


def test_bundles_of_several_machines_make_one_bundle(tmp_path: Path) -> None:
    paths = [bundled(tmp_path / part.run.id, part) for part in halves()]

    done = call(*paths, "--bundle", "--out", tmp_path / "out")
    whole = tmp_path / "out" / "session-conformance-half-0-half-2.zip"

    assert done.exit_code == 0, done.output
    assert len(read(whole).backends) == 4
    assert read(whole).results == [one for path in paths for one in read(path).results]


def test_a_bundle_is_compared_with_results(tmp_path: Path) -> None:
    path = bundled(tmp_path, sample(9))
    worse = sample(9)
    place = next(n for n, one in enumerate(worse.results) if one.outcome == "passed")
    worse.results[place] = dataclasses.replace(
        worse.results[place], outcome="failed", verdict="undeclared"
    )

    same = CliRunner().invoke(compare, [str(path), str(tmp_path)])
    other = CliRunner().invoke(compare, [str(path), str(write(tmp_path / "worse", worse))])

    assert same.exit_code == 0, same.output
    assert other.exit_code == 11, other.output
    assert worse.results[place].case in other.output


def test_bundles_are_merged(tmp_path: Path) -> None:
    paths = [str(bundled(tmp_path / part.run.id, part)) for part in halves()]

    with pytest.raises(SystemExit) as ended:
        main(["merge", *paths, "-o", str(tmp_path / "out")])

    assert ended.value.code == 0
    assert len(read(tmp_path / "out" / "results.jsonl").backends) == 4


def test_an_incomplete_run_has_a_bundle_too(tmp_path: Path) -> None:
    path = write(tmp_path, sample(2))
    path.write_bytes(path.read_bytes()[:-40])

    done = call(path, "--bundle")

    assert done.exit_code == 2
    assert not read(tmp_path / NAME).complete
    assert within(tmp_path / NAME)["results.jsonl"] == path.read_bytes()


def test_the_command_takes_a_bundle_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = bundled(tmp_path, sample(1))
    done = subprocess.run(
        [sys.executable, "-m", "session_conformance", "report", str(path), "--format", "markdown"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Nothing undeclared.")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"other.txt": b"x"}, "there is no results.jsonl in it"),
        ({"results.jsonl": b"\xff\xfe"}, "cannot be read"),
        ({"results.jsonl": b"{}\n{}\n"}, "is no line of a results file"),
    ],
)
def test_a_zip_that_is_no_bundle_is_exit_code_12(
    tmp_path: Path, held: dict[str, bytes], said: str
) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(pack(held, None))

    done = call(path)

    assert done.exit_code == 12
    assert said in done.output
    assert [found.name for found in tmp_path.iterdir()] == ["other.zip"]


def test_a_damaged_bundle_is_exit_code_12(tmp_path: Path) -> None:
    whole = bundled(tmp_path, sample(3)).read_bytes()
    path = tmp_path / "damaged.zip"
    for text in (
        whole[: len(whole) // 2],
        whole.replace(whole[100:110], b"\x00" * 10),
        b"PK\x03\x04",
    ):
        path.write_bytes(text)

        done = call(path)

        assert done.exit_code == 12, done.output
        assert "is no bundle of a run" in done.output


def test_a_bundle_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    text = bytearray(pack({"results.jsonl": b"x"}, None))
    # The size stands in the list at the end, 24 bytes behind the sign of its first entry.
    place = text.index(b"PK\x01\x02") + 24
    text[place : place + 4] = (MOST + 1).to_bytes(4, "little")
    path.write_bytes(text)

    with pytest.raises(ResultsError, match="larger than 1024 MiB"):
        read(path)
