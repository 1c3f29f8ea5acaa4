"""What a database answers to questions by its own documentation: `backends/answers/NAME.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from .keys import unknown_key
from .versions import fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEYS = {"source", "versions", "varies", "answers"}


class ExpectationError(Exception):
    """A file of expectations that is wrong; the message names it, the question and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One expected answer.

    `variants` are patterns as of a shell, `versions` a version specifier such as `>=11.6`, and
    `source` names page and section of the database's own documentation. `varies` says why a
    database answers now this, now that: each of the answers that fit is expected then.
    """

    answer: str
    source: str
    varies: str | None = None
    variants: tuple[str, ...]
    versions: SpecifierSet

    def fits(self, variant: str | None, version: str | None) -> bool:
        """Tell whether it speaks of a variant, on a server of this version."""
        if not any(fnmatchcase(variant or "", pattern) for pattern in self.variants):
            return False
        return fits(self.versions, version)


@dataclass(frozen=True, slots=True)
class Expectations:
    """Every expectation of a database: question to what is expected of it."""

    by_case: Mapping[str, Sequence[Expectation]] = field(default_factory=dict)

    def of(self, case: str, variant: str | None, version: str | None) -> list[Expectation]:
        """Return what is expected of a cell: one answer, or several where the database varies.

        Nothing is expected where nobody wrote anything down.
        """
        found = [one for one in self.by_case.get(case, ()) if one.fits(variant, version)]
        return found if found and found[0].varies else found[:1]


def read(path: Path) -> Expectations:
    """Read a file of expectations; where there is none, nothing is expected.

    Its tables are named after questions. Each has a `source`, and `answers`: name of the answer to
    the list of the variants that give it, as patterns of a shell. A list of tables is for answers
    that changed with a version: each then has its `versions`. `varies` says why a variant may stand
    with several answers.

    Raises:
        ExpectationError: it is no TOML, or a key is unknown or missing.

    """
    if not path.is_file():
        return Expectations()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExpectationError(f"{path} is not valid TOML: {error}.") from error
    return Expectations(
        {
            case: [
                one
                for table in (tables if isinstance(tables, list) else [tables])
                for one in _expectations(table, f'{path} ["{case}"]')
            ]
            for case, tables in data.items()
        }
    )


def _expectations(table: Mapping[str, Any], where: str) -> list[Expectation]:
    if wrong := unknown_key(table, KEYS):
        raise ExpectationError(f"{where}: {wrong}")
    for key in ("source", "answers"):
        if key not in table:
            raise ExpectationError(f"{where}: the key “{key}” is missing.")
    try:
        versions = SpecifierSet(table.get("versions", ""))
    except InvalidSpecifier as error:
        raise ExpectationError(f"{where}: versions reads like “>=11.6”: {error}.") from error
    return [
        Expectation(
            answer=answer,
            source=table["source"],
            varies=table.get("varies"),
            variants=tuple(variants),
            versions=versions,
        )
        for answer, variants in table["answers"].items()
    ]
