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
and the driver, at most, and exits 1 where the difference shows. The worst come first.

"""

TITLES = {
    "driver": "Drivers and dialects",
    "sqlalchemy": "SQLAlchemy",
    "database": "Databases",
}

#: How bad a finding is, as its script says it; the worst first.
HARMS = (
    "data are wrong or lost, and nothing is raised",
    "a process, a connection or a lock is lost",
    "the error is of another kind than promised, so that a program handles it wrongly",
    "what should work raises an error",
    "a detail differs that few programs see",
)


@dataclass(slots=True)
class Finding:
    """One defect or one property, wherever it shows: what one script shows, or one reason says."""

    cause: str
    script: str | None
    whys: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)
    backends: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """What the script's docstring says, in one line; empty where there is no script."""
        if self.script is None:
            return ""
        tree = ast.parse((ROOT / self.script).read_text("utf-8"))
        return " ".join((ast.get_docstring(tree) or "").split())

    @property
    def title(self) -> str:
        """The first sentence of the script, else of the reason."""
        if self.script is None:
            return self.whys[0].partition(": ")[0].rstrip(".")
        tree = ast.parse((ROOT / self.script).read_text("utf-8"))
        return (ast.get_docstring(tree) or "").splitlines()[0].rstrip(".")

    def said(self, words: str, end: str = "") -> str | None:
        """Return what the script says after `words`, to its end or to `end`."""
        _, found, rest = self.told.partition(words)
        return (rest.partition(end)[0] if end else rest) if found else None

    @property
    def harm(self) -> str | None:
        """How bad it is; None where no script says it."""
        return self.said("How bad: ", ".")

    @property
    def place(self) -> tuple[int, int, list[str]]:
        """Where it stands on the page."""
        worst = HARMS.index(self.harm) if self.harm in HARMS else len(HARMS)
        return list(TITLES).index(self.cause), worst, self.backends


def _add(found: list[str], value: str) -> None:
    if value not in found:
        found.append(value)


def findings() -> list[Finding]:
    """Gather what the backends declare: one finding for each script, or reason without a script."""
    found: dict[tuple[str, str], Finding] = {}
    for backend in known().values():
        for case, declared in backend.differs.items():
            one = found.setdefault(
                (declared.cause, declared.script or declared.why),
                Finding(declared.cause, declared.script),
            )
            one.outcomes.add(declared.outcome)
            _add(one.whys, declared.why)
            _add(one.sources, declared.source)
            _add(one.backends, backend.id)
            _add(one.cases, case)
    assert set(TITLES) == set(CAUSES)
    return sorted(found.values(), key=lambda one: one.place)


def text() -> str:
    """Return the page."""
    lines = [HEAD.rstrip("\n")]
    cause = None
    for one in findings():
        if one.cause != cause:
            cause = one.cause
            lines += ["", f"## {TITLES[cause]}"]
        lines += ["", f"### {one.title}", ""]
        lines += [f"{why}\n" for why in one.whys]
        lines += [f"- where: {', '.join(one.backends)}"]
        if one.harm:
            lines += [f"- how bad: {one.harm}"]
        lines += [f"- source: {source}" for source in one.sources]
        if one.script:
            place = one.script.removeprefix("docs/")
            lines += [f"- script: [{place}]({place})", f"- seen with {one.said('Seen with ')}"]
        cases = ", ".join(f"`{case}`" for case in one.cases)
        lines += [f"- {' or '.join(sorted(one.outcomes))}: {cases}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
