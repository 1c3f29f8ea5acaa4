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


#: No probe takes a second, and all of them take few; a driver that hangs hangs in most of them.
LIMIT, ALL = 5.0, 20.0


def try_capabilities(
    file: Path, url: URL, cases: Sequence[str] = ("capabilities",), limit: float = LIMIT
) -> Results:
    """Run the chapter of capabilities on the backend of a file, in a process of its own.

    Args:
        file: the backend's file.
        url: where it is.
        cases: which of the chapter's.
        limit: seconds after which a probe is given up.

    Returns:
        what was found; incomplete where it took too long.

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
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "session_conformance", *words],
            env={**os.environ, variable: url.render_as_string(hide_password=False)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with child:
            try:
                out_text, error_text = child.communicate(timeout=ALL)
            except subprocess.TimeoutExpired:
                # It ends as after an interrupt, and leaves nothing behind; what it found counts.
                child.terminate()
                out_text, error_text = child.communicate()
        files = sorted(Path(out).glob("2*/results.jsonl"))
        secrets = Secrets([str(url.password)] if url.password else [])
        if not files:
            said = (error_text.strip() or out_text.strip()).removeprefix("session-conformance: ")
            raise UsageError(secrets.cut(said))
        results = read(files[0])
    if results.complete and results.backends[0].reached and not results.results:
        raise UnreachableError(
            "No probe could be run: " + secrets.cut(error_text.strip().splitlines()[-1])
        )
    return results
