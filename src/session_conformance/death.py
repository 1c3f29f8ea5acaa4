"""What a worker's interpreter leaves behind when it dies: the signal, and where it was."""

from __future__ import annotations

import faulthandler
import re
from dataclasses import dataclass
from pathlib import Path

# Where the suite's own frames begin, below those of the cell.
_OURS = "session_conformance/plugin.py"


@dataclass(frozen=True, slots=True)
class Death:
    """How an interpreter died.

    `cause` is the interpreter's own word for it, such as “Segmentation fault”; `frames` are the
    lines of the cell's stack, the innermost first.
    """

    cause: str
    frames: tuple[str, ...]

    @property
    def place(self) -> str | None:
        """The innermost Python function: `do_execute (sqlalchemy/engine/default.py:1192)`."""
        return next((shown for line in self.frames if (shown := place(line))), None)


def listen(path: Path) -> None:
    """Have this interpreter write its last words to a file, and not between a run's own lines."""
    # Open until the end: it is written to when nothing can be opened any more.
    faulthandler.enable(path.open("w", encoding="utf-8"), all_threads=True)


def of(path: Path) -> Death | None:
    """Read what an interpreter left; None where it said nothing, as when it was killed."""
    try:
        said = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    if not said:
        return None
    cause = said[0].removeprefix("Fatal Python error: ").removeprefix("Windows fatal exception: ")
    frames: list[str] = []
    dying = False
    for line in said:
        if line.startswith(("Current thread", "Thread ")):
            dying = line.startswith("Current thread")
        elif dying and place(line):
            if _OURS in line.replace("\\", "/"):
                break
            frames.append(line)
    return Death(cause, tuple(frames))


def place(frame: str) -> str | None:
    """Return a frame's function and place in few words, None for a line that is no frame.

    Args:
        frame: a line as of a traceback, or of `faulthandler`.

    """
    found = re.match(r'\s*File "(?P<path>[^"]+)", line (?P<line>\d+),? in (?P<name>.+)', frame)
    if found is None:
        return None
    parts = Path(found["path"].replace("\\", "/")).parts
    return f"{found['name']} ({'/'.join(parts[-3:])}:{found['line']})"
