"""Results files as one run: the shards of a run, or the columns of several machines."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from .argv import without
from .render.combine import add_traces, combine, end, head
from .render.marks import listing, plural
from .results import Results, ResultsError
from .shard import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .results import BackendRecord, CaseRecord, Result

#: The chapter of the cases that try what a backend can do; each shard runs those it needs.
CAPABILITIES = "capabilities"


def merge(parts: Mapping[str, Results]) -> Results:
    """Return results files as those of one run.

    Args:
        parts: the results by the name of their file. Either all of them are shards, of which none
            may be missing, or none is: then they hold the same cases on other backends.

    Raises:
        ResultsError: they do not belong together; the message names what is missing.

    """
    of_run = [name for name, part in parts.items() if part.run.shard is None]
    if not of_run:
        return _shards(parts)
    shard = next((part.run.shard for part in parts.values() if part.run.shard), None)
    if shard is not None:
        raise ResultsError(
            f"Shard {shard} cannot be merged with {of_run[0]}, which is a whole run: merge the "
            "shards first, and what comes of it with the rest."
        )
    _same_cases(parts)
    return combine(list(parts.values()))


def _same_cases(parts: Mapping[str, Results]) -> None:
    """See that each file whose backends were reached holds the cases of all others."""
    cases = {
        name: {case.id for case in part.cases}
        for name, part in parts.items()
        if any(backend.reached for backend in part.backends)
    }
    every = set().union(*cases.values())
    for name, held in cases.items():
        missing = sorted(every - held)
        if missing:
            raise ResultsError(
                f"{name} lacks {plural(len(missing), 'case')} that another file has, such as "
                f"{missing[0]}: run the same cases on each machine."
            )


def _shards(parts: Mapping[str, Results]) -> Results:
    by_number = _all_there(parts)
    ordered = [by_number[number] for number in sorted(by_number)]
    run = head(ordered)
    whole = Results(run=dataclasses.replace(run, shard=None, argv=without(run.argv, "--shard")))
    whole.backends = _backends(ordered)
    whole.cases = _cases(ordered)
    found: dict[tuple[str, str | None, str], Result] = {}
    for number, part in enumerate(ordered):
        for result in add_traces(whole, part, number):
            key = result.case, result.variant, result.backend
            # What several shards tried fails if it failed in one of them.
            if key not in found or found[key].verdict == "expected" != result.verdict:
                found[key] = result
    whole.results = list(found.values())
    counts: Counter[str] = Counter(result.outcome for result in whole.results)
    for part in ordered:
        if part.end and "not run" in part.end.counts:
            counts["not run"] += part.end.counts["not run"]
    whole.end = dataclasses.replace(
        end(ordered),
        results=len(whole.results),
        counts=dict(sorted(counts.items())),
    )
    return whole


def _all_there(parts: Mapping[str, Results]) -> dict[int, Results]:
    """Return the shards by number; all belong to one division, and each is there once."""
    found: dict[int, tuple[str, Results]] = {}
    of: int | None = None
    for name, part in parts.items():
        shard = Shard.parse(part.run.shard or "")
        of = of or shard.of
        if shard.of != of:
            raise ResultsError(
                f"They are shards of different runs: {name} is {shard}, another is one of {of}."
            )
        if shard.number in found:
            raise ResultsError(f"{found[shard.number][0]} and {name} are both shard {shard}.")
        found[shard.number] = name, part
    missing = [f"{number}/{of}" for number in range(1, (of or 0) + 1) if number not in found]
    if missing:
        word, is_ = ("Shard", "is") if len(missing) == 1 else ("Shards", "are")
        raise ResultsError(f"{word} {listing(missing)} {is_} missing.")
    return {number: part for number, (_, part) in found.items()}


def _backends(parts: Sequence[Results]) -> list[BackendRecord]:
    """Return the backends, which all shards share; one that a shard did not reach says so."""
    every = [{backend.id: backend for backend in part.backends} for part in parts]
    names = list(dict.fromkeys(name for held in every for name in held))
    return [_one(name, parts, [held.get(name) for held in every]) for name in names]


def _one(
    name: str, parts: Sequence[Results], records: Sequence[BackendRecord | None]
) -> BackendRecord:
    reached: BackendRecord | None = None
    missed = []
    for part, record in zip(parts, records, strict=True):
        if record is None:
            raise ResultsError(
                f"Shard {part.run.shard} lacks {name}: run every shard on the same backends."
            )
        if not record.reached:
            missed.append(f"not reached in shard {part.run.shard}: {record.reason}")
        elif reached is None:
            reached = record
        else:
            _same_versions(reached, record, part)
    if reached is None:
        return next(record for record in records if record is not None)
    if missed:
        words = [reached.detail, *missed] if reached.detail else missed
        reached = dataclasses.replace(reached, detail="; ".join(words))
    return reached


def _same_versions(one: BackendRecord, other: BackendRecord, part: Results) -> None:
    for what in ("server_version", "driver_version", "default_isolation_level"):
        versions = getattr(one, what), getattr(other, what)
        if versions[0] != versions[1]:
            word = what.replace("_", " ")
            raise ResultsError(
                f"{one.id} is not the same in all shards: its {word} is {versions[0]} in one and "
                f"{versions[1]} in shard {part.run.shard}."
            )


def _cases(parts: Sequence[Results]) -> list[CaseRecord]:
    """Return the cases in the order of an undivided run; only what tries a capability is shared."""
    found: dict[str, tuple[CaseRecord, str | None]] = {}
    for part in parts:
        for case in part.cases:
            if case.id not in found:
                found[case.id] = case, part.run.shard
            elif case.chapter != CAPABILITIES:
                raise ResultsError(
                    f"Shards {found[case.id][1]} and {part.run.shard} both hold {case.id}, so they "
                    "are not of one run."
                )
    return sorted((case for case, _ in found.values()), key=_place)


def _place(case: CaseRecord) -> tuple[bool, str, int]:
    path, _, line = case.source.rpartition(":")
    return case.chapter != CAPABILITIES, path, int(line) if line.isdigit() else 0
