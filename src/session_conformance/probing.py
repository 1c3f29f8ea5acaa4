"""Trying what a backend can do before anything is written down of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import UsageError
from .reach import UnreachableError
from .redact import Secrets
from .results import Results, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL


#: No probe takes a second; a driver that hangs hangs in most of them.
LIMIT = 5.0


def try_capabilities(
    file: Path, url: URL, cases: Sequence[str] = ("capabilities",), limit: float = LIMIT
) -> Results:
    """Run the chapter of capabilities on the backend of a file, in a process of its own.

    Args:
        file: the backend's file.
        url: where it is.
        cases: which of the chapter's.
        limit: seconds after which a probe is given up.

    Raises:
        UsageError: the run did not begin; the message is what it said.
        UnreachableError: it began, and no probe could be run.

    """
    with tempfile.TemporaryDirectory(prefix="session-conformance-probes-") as out:
        variable = "SESSION_CONFORMANCE_URL_" + file.stem.upper().replace("-", "_")
        words = [
            "run", "--backend-file", str(file), "--case", ",".join(cases), "--servers", "url",
            "--jobs", "1", "--limit", str(limit), "--out", out,
        ]  # fmt: skip
        # A process's words can be read by others on its machine, its environment cannot.
        done = subprocess.run(
            [sys.executable, "-P", "-m", "session_conformance", *words],
            env={**os.environ, variable: url.render_as_string(hide_password=False)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        files = sorted(Path(out).glob("2*/results.jsonl"))
        secrets = Secrets([str(url.password)] if url.password else [])
        if not files:
            said = (done.stderr.strip() or done.stdout.strip()).removeprefix(
                "session-conformance: "
            )
            raise UsageError(secrets.cut(said))
        results = read(files[0])
    if results.backends[0].reached and not results.results:
        raise UnreachableError(
            "No probe could be run: " + secrets.cut(done.stderr.strip().splitlines()[-1])
        )
    return results
