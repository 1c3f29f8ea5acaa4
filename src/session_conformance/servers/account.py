"""The unprivileged user that servers run as when we are root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .server import ServerError

if TYPE_CHECKING:
    from pathlib import Path

_PREFERRED = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    def own(self, *paths: Path) -> None:
        """Give files and folders, with everything in them, to this user."""
        for path in paths:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
            for inner in path.rglob("*"):
                os.chown(inner, self.uid, self.gid, follow_symlinks=False)


@cache
def server_account() -> Account | None:
    """Return the user to become for a server, None to stay who we are: we are not root.

    Raises:
        ServerError: we are root and there is no other user.

    """
    if os.geteuid() != 0:
        return None
    by_name = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in (*_PREFERRED, *by_name):
        if entry := by_name.get(name):
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "Database servers refuse to run as root and this machine has no other user.",
        "Add one with: useradd conformance",
    )


def as_account(account: Account | None) -> dict[str, Any]:
    """Return the arguments of `subprocess.Popen` that make a program run as this user."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
