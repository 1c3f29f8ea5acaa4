"""Which versions a run was of, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Results


def environment(results: Results) -> dict[str, Any]:
    """Return the versions of suite, SQLAlchemy, Python, servers and drivers, ready for JSON.

    What is unknown is left out. No URL is in it.
    """
    run = results.run
    found = {
        "suite": run.suite,
        "suite_hash": run.suite_hash,
        "sqlalchemy": run.sqlalchemy,
        "python": run.python,
        "platform": run.platform,
    }
    return {name: clean(value) for name, value in found.items()} | {
        "backends": {clean(backend.id): _backend(backend) for backend in results.backends}
    }


def _backend(backend: BackendRecord) -> dict[str, Any]:
    words = {
        "database": backend.database,
        "server_version": backend.server_version,
        "driver": backend.driver,
        "driver_version": backend.driver_version,
    }
    known = {name: clean(value) for name, value in words.items() if value}
    return {**known, "reached": backend.reached}
