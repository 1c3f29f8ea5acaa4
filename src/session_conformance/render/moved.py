"""What else than a result may explain that two runs differ: versions first of all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.render.marks import listing, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from session_conformance.results import BackendRecord, Results, Run

#: What is compared of each backend, and whether it is the driver's or the server's.
OF_BACKENDS: tuple[tuple[str, Callable[[BackendRecord], tuple[str, str | None]]], ...] = (
    ("server", lambda one: (one.database_title, one.server_version)),
    ("driver", lambda one: (one.driver or one.title, one.driver_version)),
    ("level", lambda one: (f"{one.database_title}'s default level", one.default_isolation_level)),
)
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that is not what it was; `backends` are ids, empty for what all share.

    `whole` says that all backends of the database, or of the driver, moved alike.
    """

    name: str
    old: str
    new: str
    backends: tuple[str, ...] = ()
    whole: bool = True

    def __str__(self) -> str:
        """Return it as a line: `asyncpg 0.30.0 → 0.31.0`."""
        where = "" if self.whole else f" ({', '.join(self.backends)})"
        return f"{self.name} {self.old} → {self.new}{where}"


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved between two runs, and in a phrase each what did not."""

    moves: list[Move]
    same: list[str]

    @property
    def text(self) -> str:
        """What did not move, as a sentence; empty where everything did."""
        return f"The same in both: {listing(self.same)}." if self.same else ""

    def behind(self, backends: list[BackendRecord]) -> list[Move]:
        """Return the moves of drivers and servers that all of these backends share."""
        ids = {backend.id for backend in backends}
        return [move for move in self.moves if move.backends and ids <= set(move.backends)]


def moved(old: Results, new: Results) -> Moved:
    """Return what moved between two runs; of backends only what both reached."""
    moves, same = _of_runs(old.run, new.run)
    before = {backend.id: backend for backend in old.backends if backend.reached}
    pairs = [
        (before[backend.id], backend)
        for backend in new.backends
        if backend.reached and backend.id in before
    ]
    for what, of in OF_BACKENDS:
        found = _of_backends(pairs, of)
        moves += found
        told = {one for move in found for one in move.backends}
        rest = len(pairs) - len(told)
        if rest and what != "level":
            count = "every" if not told else plural(rest, f"other {what}").partition(" ")[0]
            noun = what if not told else f"other {what}{'' if rest == 1 else 's'}"
            same.append(f"{count} {noun}")
    return Moved(moves, same)


def _of_runs(old: Run, new: Run) -> tuple[list[Move], list[str]]:
    moves, same = [], []
    hashes = [f"{run.suite} ({run.suite_hash[:8]})" for run in (old, new)]
    suites = [old.suite, new.suite] if old.suite_hash == new.suite_hash else hashes
    for name, before, now in (
        ("SQLAlchemy", old.sqlalchemy, new.sqlalchemy),
        ("Python", old.python, new.python),
        ("suite", *suites),
        ("platform", old.platform, new.platform),
    ):
        if before != now:
            moves.append(Move(name, before, now))
        elif name != "platform":
            same.append(f"{name} {now}")
    if old.seed != new.seed:
        seeds = ["none" if run.seed is None else str(run.seed) for run in (old, new)]
        moves.append(Move("seed", seeds[0], seeds[1]))
    return moves, same


def _of_backends(
    pairs: list[tuple[BackendRecord, BackendRecord]],
    of: Callable[[BackendRecord], tuple[str, str | None]],
) -> list[Move]:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    every: dict[str, int] = defaultdict(int)
    for before, now in pairs:
        name, new = of(now)
        _, old = of(before)
        every[name] += 1
        if old != new:
            found[name, old or UNKNOWN, new or UNKNOWN].append(now.id)
    return [
        Move(name, old, new, tuple(ids), whole=len(ids) == every[name])
        for (name, old, new), ids in found.items()
    ]
