"""Several results files as one, so that many machines make one report."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from session_conformance.render.marks import plural
from session_conformance.render.releases import told_apart
from session_conformance.results import End, Results, ResultsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from session_conformance.results import Result, Run

# Highest concern first.
EXIT_CODES = (3, 4, 2, 1, 10, 11, 5, 0)


def combine(parts: Sequence[Results]) -> Results:
    """Return the results of `parts` as those of one run; their order does not matter.

    A backend that several parts hold gets a column for each release of its driver or server.

    Raises:
        ResultsError: they come from different suites or SQLAlchemy releases, or two of them hold
            the same backend in the same release.

    """
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda part: (part.run.started, part.run.id, _names(part)))
    whole = Results(run=head(parts))
    for number, part in enumerate(told_apart(parts)):
        _add(whole, part, number)
    whole.end = end(parts)
    return whole


def head(parts: Sequence[Results]) -> Run:
    """Return the head of the run that `parts` are together.

    Raises:
        ResultsError: they come from different suites or SQLAlchemy releases.

    """
    for what in ("schema", "suite_hash", "suite", "sqlalchemy"):
        found = sorted({str(getattr(part.run, what)) for part in parts})
        if len(found) > 1:
            name = what.replace("_", " ")
            raise ResultsError(
                f"They cannot be combined: {name} is {' in one and '.join(found)} in another."
            )
    first = parts[0]
    baselines = {part.run.baseline for part in parts}
    return dataclasses.replace(
        first.run,
        id=" + ".join(part.run.id for part in parts),
        python=" / ".join(dict.fromkeys(part.run.python for part in parts)),
        platform=" / ".join(dict.fromkeys(part.run.platform for part in parts)),
        jobs=max(part.run.jobs for part in parts),
        baseline=first.run.baseline if len(baselines) == 1 else None,
    )


def _names(part: Results) -> list[str]:
    return [backend.id for backend in part.backends]


def _add(whole: Results, part: Results, number: int) -> None:
    twice = set(_names(whole)) & set(_names(part))
    if twice:
        shards = "; “session-conformance merge” joins shards" if part.run.shard else ""
        raise ResultsError(
            f"They cannot be combined: two of them hold {', '.join(sorted(twice))}, "
            f"in the same release{shards}."
        )
    whole.backends += part.backends
    known = {case.id for case in whole.cases}
    whole.cases += [case for case in part.cases if case.id not in known]
    whole.results += add_traces(whole, part, number)


def add_traces(whole: Results, part: Results, number: int) -> list[Result]:
    """Add the traces of the part of this number; return its results, which name them as added."""
    renamed: dict[str, str] = {}
    for trace in part.traces.values():
        name = trace.id
        if name in whole.traces and whole.traces[name] != trace:
            name = f"{trace.id}+{number}"
        renamed[trace.id] = name
        whole.traces[name] = dataclasses.replace(trace, id=name)
    return [
        dataclasses.replace(result, trace=renamed.get(result.trace, result.trace))
        if result.trace
        else result
        for result in part.results
    ]


def end(parts: Sequence[Results]) -> End:
    """Return the last line of the run that `parts` are together."""
    ends = [part.end for part in parts if part.end is not None]
    lacking = [part.run.id for part in parts if not part.complete]
    codes = {end.exit_code for end in ends} | ({2} if lacking else set())
    counts: dict[str, int] = {}
    for end in ends:
        for word, count in end.counts.items():
            counts[word] = counts.get(word, 0) + count
    return End(
        results=sum(len(part.results) for part in parts),
        complete=not lacking,
        seconds=max((end.seconds for end in ends), default=0.0),
        exit_code=next((code for code in EXIT_CODES if code in codes), max(codes, default=0)),
        reason=f"{plural(len(lacking), 'part')} incomplete: {', '.join(lacking)}"
        if lacking
        else None,
        counts=counts,
        left=[one for end in ends for one in end.left],
    )
