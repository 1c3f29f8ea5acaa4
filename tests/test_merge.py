"""Shards of a run, and several machines' columns, joined into one results file."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_conformance.cli import main
from session_conformance.exits import Exit, UsageError
from session_conformance.merge import merge
from session_conformance.render.changes import changes
from session_conformance.results import Results, ResultsError, read
from session_conformance.shard import Shard

from .faulty.command import run
from .sample_results import sample, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from .faulty.command import Ran

SOME = ["--backend", "sqlite-pysqlite,sqlite-aiosqlite", "--case", "commit,savepoints"]
OF = 3
IDS = st.text(min_size=1, max_size=30)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(SOME, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    return [
        run([*SOME, "--shard", f"{number}/{OF}"], tmp_path_factory.mktemp(f"shard-{number}"))
        for number in range(1, OF + 1)
    ]


def code(*words: object) -> int:
    """Return the exit code of the command, as a shell gets it."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def cells(results: Results) -> Counter[tuple[Any, ...]]:
    """Return what each cell came to, without its time."""
    return Counter(
        (one.case, one.variant, one.backend, one.outcome, one.answer, one.verdict, one.needs)
        for one in results.results
    )


def divided(results: Results, of: int) -> dict[str, Results]:
    """Return the shards of a run, as they would have been run."""
    found = {}
    for number in range(1, of + 1):
        shard = Shard(number, of)
        part = [one for one in results.results if shard.takes(one.case)]
        used = {one.trace for one in part}
        end = results.end
        counts: Counter[str] = Counter(one.outcome for one in part)
        found[f"part-{number}"] = Results(
            run=dataclasses.replace(results.run, id=f"run-{number}", shard=str(shard)),
            backends=list(results.backends),
            cases=[case for case in results.cases if shard.takes(case.id)],
            traces={name: one for name, one in results.traces.items() if name in used},
            results=part,
            end=end and dataclasses.replace(end, results=len(part), counts=dict(counts)),
        )
    return found


def columns(results: Results) -> dict[str, Results]:
    """Return the same run as two machines would have run it, half of the backends each."""
    found = {}
    half = len(results.backends) // 2
    for name, backends in (("a", results.backends[:half]), ("b", results.backends[half:])):
        ids = {backend.id for backend in backends}
        found[name] = dataclasses.replace(
            results,
            run=dataclasses.replace(results.run, id=name),
            backends=backends,
            results=[one for one in results.results if one.backend in ids],
        )
    return found


def refused(parts: dict[str, Results]) -> str:
    with pytest.raises(ResultsError) as error:
        merge(parts)
    return str(error.value)


# Shards as the command runs them.


def test_all_shards_together_are_the_undivided_run(
    whole: Ran, shards: list[Ran], tmp_path: Path
) -> None:
    assert whole.code == Exit.GOOD, whole.said

    ended = code("merge", *(shard.out / "latest" for shard in shards), "-o", tmp_path / "out")

    merged = read(tmp_path / "out" / "results.jsonl")
    assert ended == whole.code
    assert cells(merged) == cells(whole.results)
    assert [case.id for case in merged.cases] == [case.id for case in whole.results.cases]
    assert merged.cases == whole.results.cases
    assert {one.id for one in merged.backends} == {one.id for one in whole.results.backends}
    assert merged.end is not None
    assert whole.results.end is not None
    assert merged.end.counts == whole.results.end.counts
    assert merged.end.results == len(merged.results)
    assert changes(whole.results, merged).changes == []
    assert all(one.trace in merged.traces for one in merged.results if one.trace)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "results.jsonl", "report.html", "summary.md", "junit.xml", "ctrf.json", "badges"
    }  # fmt: skip


def test_a_shard_says_that_it_is_one(shards: list[Ran]) -> None:
    assert [shard.results.run.shard for shard in shards] == ["1/3", "2/3", "3/3"]
    text = shards[1].file.with_name("report.html").read_text(encoding="utf-8")
    assert "This is shard 2/3, a part of the cases." in text
    assert "This is shard 2/3, a part of the cases." in shards[1].said


def test_a_case_is_in_one_shard_with_all_its_backends(whole: Ran, shards: list[Ran]) -> None:
    held: dict[str, list[int]] = {}
    for number, shard in enumerate(shards):
        for case in shard.results.cases:
            held.setdefault(case.id, []).append(number)

    own = {case: where for case, where in held.items() if not case.startswith("capabilities.")}
    assert all(len(where) == 1 for where in own.values())
    assert {number for where in own.values() for number in where} == {0, 1, 2}
    for name, where in own.items():
        results = shards[where[0]].results.results
        mine = [one for one in results if one.case == name]
        assert len(mine) == sum(one.case == name for one in whole.results.results)


def test_each_shard_tries_the_capabilities_that_its_cases_need(shards: list[Ran]) -> None:
    for shard in shards:
        results = shard.results
        needs = {need for case in results.cases for need in case.needs}
        tried = {case.id for case in results.cases if case.chapter == "capabilities"}
        assert {f"capabilities.{need.replace('_', '-')}" for need in needs} <= tried


def test_a_share_without_a_case_is_good(tmp_path: Path) -> None:
    case = "commit.expires-every-object"
    taken = next(number for number in (1, 2) if Shard(number, 2).takes(case))
    words = ["--backend", "sqlite-pysqlite", "--case", case, "--shard"]

    full = run([*words, f"{taken}/2"], tmp_path / "full")
    empty = run([*words, f"{3 - taken}/2"], tmp_path / "empty")

    assert (full.code, len(full.results.results)) == (Exit.GOOD, 1)
    assert (empty.code, empty.results.results) == (Exit.GOOD, [])
    assert code("merge", full.file, empty.file, "-o", tmp_path / "out") == Exit.GOOD


def test_a_shard_is_compared_with_its_share_of_a_baseline(whole: Ran, shards: list[Ran]) -> None:
    found = changes(whole.results, shards[0].results)

    assert (found.changes, found.gone_rows) == ([], [])
    assert {gap.why for gap in found.gaps} == {"left to another shard"}


@pytest.mark.parametrize("word", ["0/3", "4/3", "3", "1/0", "a/b", "-1/2", "1/2/3", ""])
def test_a_shard_that_is_none_is_wrong_usage(word: str, tmp_path: Path) -> None:
    if word:
        assert code("run", "--shard", word, "--out", tmp_path / "out") == Exit.USAGE
    with pytest.raises(UsageError, match="is no shard: write 2/5 for the second of five"):
        Shard.parse(word)


@given(st.lists(IDS, max_size=20), st.integers(1, 60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_case_is_in_exactly_one_shard(ids: list[str], of: int) -> None:
    for name in ids:
        assert sum(Shard(number, of).takes(name) for number in range(1, of + 1)) == 1


@given(st.integers(1, 30), st.integers(1, 3), st.integers(1, 9), st.integers(0, 50), st.randoms())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_shards_of_any_run_make_it_again(
    size: int, drivers: int, of: int, seed: int, chance: Any
) -> None:
    whole = sample(size, drivers, seed)
    parts = list(divided(whole, of).items())
    chance.shuffle(parts)

    merged = merge(dict(parts))

    def by_name(results: Results) -> list[Any]:
        return sorted(results.results, key=lambda one: (one.case, one.variant or "", one.backend))

    assert by_name(merged) == by_name(whole)
    assert merged.backends == whole.backends
    assert sorted(case.id for case in merged.cases) == sorted(case.id for case in whole.cases)
    assert merged.traces == whole.traces
    assert merged.run.shard is None
    assert merged.end is not None
    assert whole.end is not None
    assert merged.end.exit_code == whole.end.exit_code


# What does not belong together.


def test_a_shard_that_is_missing_is_named() -> None:
    parts = divided(sample(9), 4)
    del parts["part-2"]
    assert refused(parts) == "Shard 2/4 is missing."

    del parts["part-4"]
    assert refused(parts) == "Shards 2/4 and 4/4 are missing."


def test_a_shard_that_is_there_twice_is_named() -> None:
    parts = divided(sample(9), 2)
    parts["again"] = parts["part-1"]

    assert refused(parts) == "part-1 and again are both shard 1/2."


def test_shards_of_different_divisions_are_not_merged() -> None:
    parts = divided(sample(9), 2)
    parts["other"] = divided(sample(9), 3)["part-3"]

    assert "other is 3/3, another is one of 2" in refused(parts)


@pytest.mark.parametrize("what", ["suite", "suite_hash", "sqlalchemy"])
def test_shards_of_different_suites_are_not_merged(what: str) -> None:
    parts = divided(sample(9), 2)
    other: dict[str, Any] = {what: "another"}
    parts["part-2"].run = dataclasses.replace(parts["part-2"].run, **other)

    assert f"{what.replace('_', ' ')} is" in refused(parts)


def test_a_whole_run_is_not_merged_with_shards() -> None:
    parts = divided(sample(9), 2)
    parts["machine-b"] = sample(9)

    assert refused(parts) == (
        "Shard 1/2 cannot be merged with machine-b, which is a whole run: merge the shards first, "
        "and what comes of it with the rest."
    )


def test_shards_on_different_backends_are_not_merged() -> None:
    parts = divided(sample(9), 2)
    parts["part-2"].backends.pop()

    assert refused(parts) == (
        "Shard 2/2 lacks mariadb-pymysql: run every shard on the same backends."
    )


def test_shards_on_different_servers_are_not_merged() -> None:
    parts = divided(sample(9), 2)
    backends = parts["part-2"].backends
    backends[1] = dataclasses.replace(backends[1], server_version="17.6")

    assert "its server version is 18.1 in one and 17.6 in shard 2/2" in refused(parts)


def test_a_backend_that_one_shard_did_not_reach_says_so() -> None:
    whole = sample(9)
    parts = divided(whole, 2)
    part = parts["part-2"]
    lost = part.backends[1].id
    part.backends[1] = dataclasses.replace(part.backends[1], reached=False, reason="no route")
    part.results = [one for one in part.results if one.backend != lost]

    merged = merge(parts)

    record = merged.backends[1]
    assert record.reached
    assert record.detail == "postgresql in a container; not reached in shard 2/2: no route"
    assert cells(merged) == Counter(
        {cell: count for cell, count in cells(whole).items()
         if cell[2] != lost or Shard(1, 2).takes(cell[0])}
    )  # fmt: skip


def test_what_one_shard_left_undone_makes_the_whole_incomplete() -> None:
    parts = divided(sample(9), 2)
    parts["part-2"] = dataclasses.replace(parts["part-2"], end=None)

    merged = merge(parts)

    assert not merged.complete
    assert merged.end is not None
    assert merged.end.exit_code == Exit.INTERRUPTED


def test_what_two_shards_tried_fails_if_it_failed_in_one() -> None:
    whole = sample(9)
    whole.cases[0] = dataclasses.replace(whole.cases[0], chapter="capabilities")
    probe = whole.cases[0].id
    parts = divided(whole, 2)
    owner = "part-1" if Shard(1, 2).takes(probe) else "part-2"
    other = "part-2" if owner == "part-1" else "part-1"
    tried = [one for one in parts[owner].results if one.case == probe]
    failed = dataclasses.replace(tried[0], outcome="failed", verdict="undeclared")
    parts[other].cases.append(whole.cases[0])
    parts[other].results += [failed, *tried[1:]]

    merged = merge(parts)

    found = [one for one in merged.results if one.case == probe]
    assert len(found) == len(tried)
    assert [one.outcome for one in found].count("failed") == 1


def test_a_case_that_two_shards_hold_shows_that_they_are_not_of_one_run() -> None:
    parts = divided(sample(9), 2)
    case = parts["part-1"].cases[0]
    parts["part-2"].cases.append(case)

    assert refused(parts) == (
        f"Shards 1/2 and 2/2 both hold {case.id}, so they are not of one run."
    )


# Columns.


def test_columns_of_two_machines_are_the_whole_run() -> None:
    whole = sample(12, drivers=2)

    merged = merge(columns(whole))

    assert cells(merged) == cells(whole)
    assert merged.backends == whole.backends
    assert merged.run.id == "a + b"


def test_a_machine_that_lacks_a_case_is_named() -> None:
    parts = columns(sample(9))
    gone = parts["b"].cases[2].id
    parts["b"] = dataclasses.replace(
        parts["b"],
        cases=[case for case in parts["b"].cases if case.id != gone],
        results=[one for one in parts["b"].results if one.case != gone],
    )

    assert refused(parts) == (
        f"b lacks 1 case that another file has, such as {gone}: run the same cases on each machine."
    )


def test_a_machine_that_reached_nothing_has_no_cases_and_is_merged() -> None:
    parts = columns(sample(9))
    backends = [
        dataclasses.replace(one, reached=False, reason="no route") for one in parts["b"].backends
    ]
    parts["b"] = dataclasses.replace(parts["b"], backends=backends, cases=[], results=[])

    assert [one.reached for one in merge(parts).backends] == [True, True, False, False]


def test_two_machines_with_one_backend_are_not_merged() -> None:
    assert "two of them hold" in refused({"a": sample(3), "b": sample(3)})


# The command.


def saved(folder: Path, parts: dict[str, Results]) -> list[Path]:
    for name, part in parts.items():
        (folder / name).write_text(text_of(part), encoding="utf-8")
    return [folder / name for name in parts]


def test_an_undeclared_result_of_one_shard_is_exit_code_1(tmp_path: Path) -> None:
    whole = sample(9)
    assert any(one.verdict == "undeclared" for one in whole.results)
    parts = divided(whole, 3)
    for part in parts.values():
        undeclared = any(one.verdict == "undeclared" for one in part.results)
        assert part.end is not None
        part.end = dataclasses.replace(part.end, exit_code=int(undeclared))

    assert code("merge", *saved(tmp_path, parts), "-o", tmp_path / "out") == Exit.UNDECLARED


def test_what_cannot_be_merged_is_12_and_writes_nothing(tmp_path: Path, capsys: Any) -> None:
    files = saved(tmp_path, divided(sample(9), 3))

    assert code("merge", *files[1:], "-o", tmp_path / "out") == Exit.UNREADABLE
    assert capsys.readouterr().err == "session-conformance: Shard 1/3 is missing.\n"
    assert not (tmp_path / "out").exists()


def test_a_file_is_neither_named_twice_nor_written_over(tmp_path: Path) -> None:
    files = saved(tmp_path, divided(sample(9), 2))
    results = tmp_path / "results.jsonl"
    files[0].rename(results)
    before = results.read_bytes()

    assert code("merge", results, results, "-o", tmp_path / "out") == Exit.USAGE
    assert code("merge", results, files[1], "-o", tmp_path) == Exit.USAGE
    assert results.read_bytes() == before


def test_a_report_of_shards_says_that_they_are_to_be_merged(tmp_path: Path, capsys: Any) -> None:
    files = saved(tmp_path, divided(sample(9), 2))

    assert code("report", *files, "--out", tmp_path / "out") == Exit.UNREADABLE
    assert "“session-conformance merge” joins shards" in capsys.readouterr().err


def test_a_merged_run_names_the_command_without_its_shard(shards: list[Ran]) -> None:
    merged = merge({str(number): shard.results for number, shard in enumerate(shards)})

    assert merged.run.argv[:5] == ["run", *SOME]
    assert "--shard" not in merged.run.argv
