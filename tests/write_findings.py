"""Writes docs/findings.md from what backends declare: `python -m tests.write_findings`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from session_conformance.backend import known
from session_conformance.differs import CAUSES

from .faulty.command import ROOT

FILE = ROOT / "docs" / "findings.md"

HEAD = """# Findings

Written by `python -m tests.write_findings` from the differences that the files in `backends/`
declare: where a released driver, a database or SQLAlchemy itself departs from what SQLAlchemy's
documentation promises of a Session. Each run of the suite holds them to it: a difference that
nobody declared fails, and so does a declared one that no longer happens. A script needs SQLAlchemy
and the driver, at most, and exits 1 where the difference shows.

"""

TITLES = {
    "driver": "Drivers and dialects",
    "database": "Databases",
    "sqlalchemy": "SQLAlchemy",
}


@dataclass(slots=True)
class Finding:
    """One cause, wherever it shows."""

    cause: str
    why: str
    source: str
    script: str | None
    outcomes: set[str] = field(default_factory=set)
    backends: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)


def findings() -> list[Finding]:
    """Gather what the backends declare, by cause."""
    found: dict[tuple[str, str, str], Finding] = {}
    for backend in known().values():
        for case, declared in backend.differs.items():
            key = (declared.cause, declared.why, declared.source)
            one = found.setdefault(
                key, Finding(declared.cause, declared.why, declared.source, declared.script)
            )
            one.outcomes.add(declared.outcome)
            if backend.id not in one.backends:
                one.backends.append(backend.id)
            if case not in one.cases:
                one.cases.append(case)
    return sorted(found.values(), key=lambda one: (CAUSES.index(one.cause), one.backends))


def seen_with(script: str | None) -> str | None:
    """Return what a script's docstring says of the versions it was seen with."""
    if script is None:
        return None
    text = " ".join(
        (ast.get_docstring(ast.parse((ROOT / script).read_text("utf-8"))) or "").split()
    )
    _, found, versions = text.partition("Seen with ")
    return versions if found else None


def text() -> str:
    """Return the page."""
    lines = [HEAD.rstrip("\n")]
    title = None
    for one in findings():
        if TITLES[one.cause] != title:
            title = TITLES[one.cause]
            lines += ["", f"## {title}"]
        lines += ["", f"### {', '.join(one.backends)}", "", one.why, ""]
        lines += [f"- source: {one.source}"]
        if one.script:
            place = one.script.removeprefix("docs/")
            lines += [f"- script: [{place}]({place})"]
        versions = seen_with(one.script)
        if versions:
            lines += [f"- seen with {versions}"]
        cases = ", ".join(f"`{case}`" for case in one.cases)
        lines += [f"- {' or '.join(sorted(one.outcomes))}: {cases}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
