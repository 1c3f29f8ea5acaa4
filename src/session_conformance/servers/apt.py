"""apt with a state and a cache of its own: the machine's configuration is read, never changed."""

from __future__ import annotations

import fnmatch
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .command import run_to_end
from .server import ServerError

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

_KEYRINGS = tuple(
    Path("/usr/share/keyrings") / f"debian-archive-keyring.{ending}" for ending in ("gpg", "pgp")
)
_NEEDED = ("apt-get", "apt-cache", "apt-config", "dpkg-deb")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A package that can be had, and from which suites."""

    name: str
    version: str
    origin: str


def missing_program() -> str | None:
    """Return the first program of apt that this machine lacks, None if it has all."""
    return next((name for name in _NEEDED if shutil.which(name) is None), None)


def is_debian() -> bool:
    """Tell whether this machine runs Debian itself, not a distribution made from it."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def mirror() -> str | None:
    """Return the Debian archive this machine installs from; None where it runs something else."""
    if is_debian() and shutil.which("apt-get"):
        told = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in told.stdout.splitlines():
            uri, release, component = (*line.split(), "", "")[:3]
            # The plain release, not its updates or security fixes: these have other suites.
            if component == "main" and "-" not in release and re.match(r"https?://", uri):
                return uri.rstrip("/")
    return None


def keyring() -> Path:
    """Return the keys that Debian's archive is signed with.

    Raises:
        ServerError: they are not installed.

    """
    for path in _KEYRINGS:
        if path.exists():
            return path
    raise ServerError(
        "The keys of Debian's archive are not installed, so nothing from it could be verified.",
        "Install them with: apt install debian-archive-keyring",
    )


def acquire_settings() -> str:
    """Return how this machine reaches its mirror (proxy, certificates, dates) as apt settings."""
    if shutil.which("apt-config") is None:
        return ""
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    wanted = re.compile(r"Acquire::(Check-|https?::|Retries|ForceIPv)")
    return "".join(f"{line}\n" for line in told.stdout.splitlines() if wanted.match(line))


class PrivateApt:
    """apt in a folder. With `suites` it knows these of Debian's archive, else the machine's own."""

    def __init__(self, folder: Path, suites: Sequence[str], *, abandoned: threading.Event) -> None:
        self._folder = folder
        self._abandoned = abandoned
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        lines = [
            f'Dir::State "{folder}/state";',
            f'Dir::State::status "{folder}/status";',
            f'Dir::Cache "{folder}/cache";',
            'Dir::Etc::preferences "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";',
            'APT::Install-Recommends "false";',
            # Images of Debian switch these off, which makes each call read all lists anew.
            'Dir::Cache::pkgcache "packages.bin";',
            'Dir::Cache::srcpkgcache "sources.bin";',
            'Acquire::GzipIndexes "false";',
            'Acquire::Languages "none";',
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear DPkg::Post-Invoke;",
        ]
        archive = mirror() if suites else None
        if suites and archive is None:
            raise ServerError(
                "apt knows no archive of Debian here.", "Name one in /etc/apt/sources.list."
            )
        if suites:
            source = folder / "debian.sources"
            source.write_text(
                f"Types: deb\nURIs: {archive}\nSuites: {' '.join(suites)}\nComponents: main\n"
                f"Signed-By: {keyring()}\n",
                encoding="utf-8",
            )
            lines += [f'Dir::Etc::sourcelist "{source}";', 'Dir::Etc::sourceparts "/dev/null";']
        (folder / "apt.conf").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _run(self, program: str, *arguments: str, seconds: float = 60) -> str:
        environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
        return run_to_end(
            [program, "-c", str(self._folder / "apt.conf"), *arguments],
            seconds=seconds,
            abandoned=self._abandoned,
            cwd=self._folder,
            env=environment,
        )

    def update(self) -> None:
        """Fetch and verify the lists of packages.

        Raises:
            ServerError: the mirror cannot be reached or is not signed with the right keys.

        """
        self._run("apt-get", "update", "-o", "APT::Update::Error-Mode=any", seconds=300)

    def candidate(self, patterns: Sequence[str]) -> Candidate | None:
        """Return the first package whose name fits one of the patterns, most wanted first."""
        for pattern in patterns:
            stem = pattern.partition("*")[0]
            names = self._run("apt-cache", "pkgnames", stem).split()
            for name in sorted(fnmatch.filter(names, pattern), reverse=True):
                told = self._run("apt-cache", "madison", name)
                for line in told.splitlines():
                    _, version, origin = (part.strip() for part in line.split("|"))
                    return Candidate(name, version, origin.split()[1].partition("/")[0])
        return None

    def download(self, name: str) -> list[Path]:
        """Download a package and everything it depends on; return the archives.

        Raises:
            ServerError: not everything can be had.

        """
        self._run("apt-get", "install", "--yes", "--download-only", name, seconds=600)
        return sorted((self._folder / "cache/archives").glob("*.deb"))
