"""A question's variant taken apart: the way it is asked, and under which condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.condition import NO_LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from session_conformance.results import Results

ONLY = "only level"

#: Levels from the weakest.
ORDER = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE")


@dataclass(frozen=True, slots=True)
class Variant:
    """`dml-REPEATABLE READ, no-snapshot-isolation`: way, level, configuration.

    `way` is the whole variant where it names no level; `level` is `ONLY` where the database has
    none to choose.
    """

    way: str
    level: str | None = None
    configuration: str | None = None

    @property
    def condition(self) -> str:
        """The level with its configuration, empty where there is no level."""
        return ", ".join(word for word in (self.level, self.configuration) if word)


def levels(results: Results) -> frozenset[str]:
    """Return the isolation levels that a run's backends offer, and what stands for having none."""
    offered = {level for backend in results.backends for level in backend.isolation_levels}
    return frozenset(offered - NO_LEVELS | {ONLY})


def apart(variant: str | None, known: Collection[str]) -> Variant:
    """Take a variant apart; what comes before a level of those `known` is the way."""
    whole = variant or ""
    head, _, configuration = whole.partition(", ")
    for level in known:
        if head == level or head.endswith(f"-{level}"):
            return Variant(head[: -len(level)].rstrip("-"), level, configuration or None)
    return Variant(whole)


def strength(condition: str) -> tuple[int, str]:
    """Order conditions by level from the weakest, each level before its configurations."""
    name = condition.partition(",")[0]
    return (ORDER.index(name) if name in ORDER else len(ORDER), condition)


def in_order(variants: Iterable[str | None], known: Collection[str]) -> list[str | None]:
    """Return a case's variants as they are listed, those that name a level by its strength."""
    listed = list(variants)
    found = {variant: apart(variant, known) for variant in listed}
    if any(one.level is None for one in found.values()):
        return listed
    return sorted(listed, key=lambda one: (strength(found[one].condition), found[one].way))
