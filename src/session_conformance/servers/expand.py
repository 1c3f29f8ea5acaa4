"""Fills the placeholders of a recipe, such as {data} and {port}."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from .command import plain_environment
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .account import Account
    from .programs import Programs


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each {name} replaced by its value.

    Raises:
        ServerError: there is no value of that name.

    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            known = ", ".join(sorted(values))
            raise ServerError(f"The placeholder {{{found[1]}}} has no value here; known: {known}.")
        return values[found[1]]

    return re.sub(r"\{(\w+)\}", value, text)


def command_of(
    programs: Programs, arguments: Iterable[str], values: Mapping[str, str]
) -> list[str]:
    """Return a command line, with the loader in front where programs need one."""
    return [*programs.loader, *(expand(argument, values) for argument in arguments)]


def environment_of(
    wanted: Mapping[str, str], values: Mapping[str, str], run: Path
) -> dict[str, str]:
    """Return a plain environment with the variables that a recipe adds."""
    added = {name: expand(text, values) for name, text in wanted.items()}
    return plain_environment(run) | added


def program_values(programs: Programs, run: Path) -> dict[str, str]:
    """Return the values that depend on the programs and the server's directory only."""
    values = {
        "server": str(programs.server),
        "bin": str(programs.server.parent),
        "prefix": str(programs.server.parent.parent),
        "run": str(run),
        "data": str(run / "data"),
    }
    if programs.share is not None:
        values["share"] = str(programs.share)
    return values


def write_files(
    files: Mapping[str, str], values: Mapping[str, str], folder: Path, account: Account | None
) -> None:
    """Write the files of a recipe into `folder`, readable by the server's user alone."""
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(expand(text, values), encoding="utf-8")
        if account is not None:
            account.own(path)


def input_of(entries: Iterable[str], values: Mapping[str, str]) -> bytes:
    """Return what goes to a program's standard input; `@pattern` is the first file that fits.

    Raises:
        ServerError: no file fits.

    """
    parts: list[bytes] = []
    for entry in entries:
        filled = expand(entry, values)
        if not filled.startswith("@"):
            parts.append(filled.encode())
            continue
        pattern = filled[1:]
        found = sorted(Path("/").glob(pattern.removeprefix("/")))
        if not found:
            raise ServerError(f"No file fits {pattern}: the server's package is not complete.")
        parts.append(found[0].read_bytes())
    return b"\n".join((*parts, b""))
