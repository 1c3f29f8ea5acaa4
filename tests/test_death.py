"""What is read of an interpreter that died."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from session_conformance import death

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import ctypes, os, sys, threading
from pathlib import Path
from session_conformance import death

death.listen(Path(sys.argv[1]))
threading.Thread(target=threading.Event().wait, daemon=True).start()

def innermost():
    END

innermost()
"""


def died(path: Path, end: str) -> death.Death | None:
    """Let an interpreter die in a function, and read what it left."""
    subprocess.run([sys.executable, "-c", CODE.replace("END", end), str(path)], check=False)
    return death.of(path)


@pytest.mark.parametrize(
    ("end", "cause"), [("ctypes.string_at(0)", "Segmentation fault"), ("os.abort()", "Aborted")]
)
def test_signal_and_place_are_known(tmp_path: Path, end: str, cause: str) -> None:
    found = died(tmp_path / "dead.txt", end)

    assert found is not None
    assert found.cause == cause
    assert "innermost (<string>:" in "".join(map(str, map(death.place, found.frames)))
    assert not any("wait" in frame for frame in found.frames)


def test_one_that_was_killed_says_nothing(tmp_path: Path) -> None:
    assert died(tmp_path / "dead.txt", "os.kill(os.getpid(), 9)") is None
    assert death.of(tmp_path / "nothing.txt") is None
