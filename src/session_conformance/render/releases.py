"""Runs of one backend with several releases of its driver, or on several of its server."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from session_conformance.results import BackendRecord, Results

#: What stands between a backend's id and its release.
SIGN = "@"


def told_apart(parts: Sequence[Results]) -> list[Results]:
    """Return `parts` with a column for each release: `postgresql-psycopg@3.1.17`.

    Backends that one part alone holds keep their ids, and so do those whose releases do not tell
    them apart.
    """
    held: dict[str, list[BackendRecord]] = defaultdict(list)
    for part in parts:
        for backend in part.backends:
            held[backend.id].append(backend)
    apart = {name: ways for name, same in held.items() if (ways := _apart(same))}
    return [_renamed(part, apart) for part in parts]


def _apart(same: Sequence[BackendRecord]) -> tuple[str, ...]:
    """Return the fields, driver's or server's release or both, by which records differ."""
    for fields in (("driver_version",), ("server_version",), ("driver_version", "server_version")):
        releases = {_release(backend, fields) for backend in same}
        if len(same) > 1 and len(releases) == len(same) and "" not in releases:
            return fields
    return ()


def _release(backend: BackendRecord, fields: Sequence[str]) -> str:
    return "+".join(getattr(backend, field) or "" for field in fields).strip("+")


def _renamed(part: Results, apart: dict[str, tuple[str, ...]]) -> Results:
    backends, names = [], {}
    for backend in part.backends:
        fields = apart.get(backend.id)
        if fields:
            release = _release(backend, fields)
            names[backend.id] = f"{backend.id}{SIGN}{release}"
            backend = dataclasses.replace(  # noqa: PLW2901  it is the same one
                backend, id=names[backend.id], title=f"{backend.title} {release}"
            )
        backends.append(backend)
    results = [
        dataclasses.replace(result, backend=names[result.backend])
        if result.backend in names
        else result
        for result in part.results
    ]
    return dataclasses.replace(part, backends=backends, results=results)


def plain(name: str) -> str:
    """Return the id of a backend without its release."""
    return name.partition(SIGN)[0]
