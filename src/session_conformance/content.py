"""Where the suite's own files are: inside the package when installed, else beside `src/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path


class ContentError(Exception):
    """A folder of the suite is in neither of its two places."""


@cache
def content(name: str) -> Path:
    """Return the path of `suite`, `backends`, `reports` or `docker-compose.yml`.

    Raises:
        ContentError: it is neither inside the package nor in a checkout around it.

    """
    package = Path(__file__).resolve().parent
    installed = package / name
    if installed.exists():
        return installed
    root = package.parent.parent
    checkout = root / name
    if checkout.exists() and (root / "pyproject.toml").is_file():
        return checkout
    raise ContentError(f"“{name}” is missing: it is neither at {installed} nor at {checkout}.")
