"""What the rows of the matrix can be asked: filters of one click, and the terms of the search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from session_conformance.render.marks import DECLARED, MARKS, STALE, UNDECLARED, VERDICTS
from session_conformance.render.model import WHO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from session_conformance.render.model import Cell
    from session_conformance.render.since import Since
    from session_conformance.render.views import Views
    from session_conformance.results import BackendRecord

#: What is too common to be worth a button.
_USUAL = ("passed", "answered")
_WHO_DIFFERS = (
    "Who differs: two drivers of one database, the databases, both of these, those that lack a "
    "capability, or nobody."
)
_EXPECTED = {UNDECLARED: "undeclared", STALE: "stale", DECLARED: "declared:yes"}
_DIFFERING = ("driver", "database", "mixed", "capability")


@dataclass(frozen=True, slots=True)
class Preset:
    """A filter of one click: its words and its term."""

    words: str
    term: str


@dataclass(frozen=True, slots=True)
class Term:
    """Terms of one kind: examples in the words of this report, and what they mean."""

    examples: list[str]
    meaning: str


def presets(views: Views, since: Since | None) -> list[tuple[str, list[Preset]]]:
    """Return the filters that find something, in groups of which one at a time makes sense.

    Returns:
        the name of each group, and its filters.

    """
    kinds = [f"{what}s" for what in ("promise", "question") if what in _kinds(views)]
    groups = [
        ("differences", [Preset("differing", "is:differs")]),
        ("who", [Preset(WHO[who][0], f"who:{who}") for who in _DIFFERING if who in views.whos]),
        (
            "expected or not",
            [
                Preset(VERDICTS[letter][0], term)
                for letter, term in _EXPECTED.items()
                if letter in views.expectations
            ],
        ),
        (
            "what happened",
            [
                Preset(mark.word, f"{outcome_key(mark.word)}:*")
                for mark in views.outcomes
                if mark.word not in _USUAL
            ],
        ),
        ("kind", [Preset(kind, f"is:{kind[:-1]}") for kind in kinds if len(kinds) > 1]),
        ("since the baseline", [Preset("changed", "changed")] if since and since.rows else []),
    ]
    return [(name, found) for name, found in groups if found]


def terms(views: Views, since: Since | None) -> list[Term]:
    """Return the terms that mean something in this report, each with examples in its words."""
    return list(_terms(views, since))


def differs(one: BackendRecord, other: BackendRecord) -> str:
    """Return the address of the rows in which two backends came out differently."""
    term = f"differs:{_quoted(one.id)},{_quoted(other.id)}"
    return f"?q={quote(term, safe=':,@/')}#matrix"


def outcome_key(outcome: str) -> str:
    """Return the key of an outcome's term: `not-run`."""
    return outcome.replace(" ", "-")


def _terms(views: Views, since: Since | None) -> Iterator[Term]:
    model = views.model
    if not model.rows or not model.backends:
        return
    first: dict[str, Cell] = {}
    for cell in model.cells():
        first.setdefault(cell.outcome, cell)
    chapter = _quoted(model.rows[0].case.chapter.replace("_", " "))
    yield Term(
        [chapter, '"stale"'],
        "A word of the row's name or sentence; in quotation marks also one that is a term.",
    )
    yield Term(
        ["is:differs", "is:alike", *(f"is:{kind}" for kind in _kinds(views))],
        "Where backends that could did different things, or all did the same; what kind of case.",
    )
    yield Term([f"who:{who}" for who in views.whos], _WHO_DIFFERS)
    yield Term(
        [f"{outcome_key(word)}:{called(first[word].backend)}" for word in MARKS if word in first],
        "It came out so on that backend. A part of its name or its database's will do, "
        "* is any of them, and commas stand between several of which one is enough.",
    )
    answered = first.get("answered")
    if answered:
        answer = _quoted(answered.word)
        yield Term(
            [f"answer:{answer}", f"answer:{answer}@{_quoted(answered.backend.database)}"],
            "That answer was given, by any backend or by the one named.",
        )
    yield Term([f"chapter:{chapter}"], "The rows of a chapter.")
    yield Term(
        ["declared:yes", "declared:no", "undeclared", "stale"],
        "A difference is declared in a backend's file, or none of the row is; one is undeclared; "
        "one is declared and no longer there.",
    )
    if since:
        yield Term(["changed"], "A result is not what it was in the baseline.")
    names = list(dict.fromkeys(backend.database for backend in model.backends))
    if len(names) < 2:
        names = [backend.id for backend in model.backends]
    if len(names) > 1:
        pair = ",".join(_quoted(name) for name in names[:2])
        yield Term(
            [f"differs:{pair}"],
            "Two backends or databases came out differently; what one of them lacks is left out.",
        )
    word = "failed" if "failed" in first else next(iter(first))
    yield Term(
        [f"!{outcome_key(word)}:{called(first[word].backend)}"],
        "! turns a term round.",
    )


def called(backend: BackendRecord) -> str:
    """Return what to call a backend in a term: its driver's name where that is one word."""
    short = backend.title.lower()
    return short if re.fullmatch(r"[\w.-]+", short) else _quoted(backend.id)


def _quoted(text: str) -> str:
    """Return `text` as one word of a search."""
    return f'"{text}"' if re.search(r'[\s",@:]|^$', text) else text


def _kinds(views: Views) -> list[str]:
    found = {case.what for case in views.model.cases}
    return [what for what in ("promise", "question") if what in found]
