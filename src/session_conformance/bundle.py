"""A run as one file to hand on: its results, its report, and what they are of."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from . import render
from .archive import pack
from .content import content
from .render.environment import environment
from .render.when import moment_of
from .results import RESULTS

if TYPE_CHECKING:
    from .render.changes import Changes
    from .results import BackendRecord, Results


def file_name(results: Results) -> str:
    """Return what the bundle of a run is called: `session-conformance-ID.zip`."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", results.run.id).strip("-.")[:80]
    return f"session-conformance-{safe or 'run'}.zip"


def bundle(
    results: Results, text: bytes, changed: Changes | None = None, *, split: bool | None = None
) -> bytes:
    """Return the bundle of a run, as the bytes of a zip; the same run gives the same bytes.

    A backend's file is in it where it is still where the run found it.

    Args:
        results: of the run.
        text: the results file.
        changed: since the run's baseline, for the report.
        split: whether the report's cases are files of their own; None where they are if it is
            large.

    """
    pages = render.documents(results, changed, split=split)
    files = {
        RESULTS: text,
        **{name: page.encode() for name, page in pages.items()},
        "summary.md": render.markdown(results, changed).encode(),
        "versions.json": (
            json.dumps(environment(results), indent=2, ensure_ascii=False) + "\n"
        ).encode(),
    }
    for backend in results.backends:
        found = _own_file(backend)
        if found is not None:
            files[f"backends/{backend.id}.toml"] = found
    return pack(files, moment_of(results.run.started))


def _own_file(backend: BackendRecord) -> bytes | None:
    """Return a backend's file, None where it is gone.

    Results may come from anybody, so no other file is taken than one that is called as the backend
    is and reads as a backend's.
    """
    name = f"{backend.id}.toml"
    found = Path(backend.source or "")
    if found.name != name or not re.fullmatch(r"[\w.-]+", backend.id):
        return None
    suites = backend.source == f"backends/{name}"
    for path in [content("backends") / name, found] if suites else [found]:
        try:
            text = path.read_bytes()
            if "drivername" in tomllib.loads(text.decode()):
                return text
        except (OSError, ValueError):
            continue
    return None
