"""A report in several files: the first screen and the matrix in one, the cases by chapter.

A file a chapter, and not one a case: each repeats style and script, since a policy that allows only
what it names by hash cannot allow files beside it that are opened from disk; and from case to case
within a chapter nothing is loaded.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from session_conformance.render.page import GENERATOR, Document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from session_conformance.render.changes import Changes
    from session_conformance.results import Results

#: What the report is called, and the folder beside it that holds the cases.
FRONT, FOLDER = "report.html", "report-cases"
#: Of so many bytes on, a report is split unless somebody wants it whole.
MOST = 5 << 20

_ID = re.compile(r"""<[a-z][^<>]*?\sid=("?)([^"\s<>]+)\1""")
_LINK = re.compile(r"""(<a\b[^<>]*?\shref=)("?)#([^"\s<>]+)\2""")


def documents(
    results: Results, changed: Changes | None = None, *, split: bool | None = None
) -> dict[str, str]:
    """Return the report's files: their texts by their paths, with slashes, `report.html` first.

    Args:
        results: of the run.
        changed: since the run's baseline.
        split: whether cases are files of their own; None where they are if it is large.

    """
    document = Document(results, changed)
    if not split:
        whole = document.whole()
        if split is False or len(whole.encode()) < MOST:
            return {FRONT: whole}
    return _apart(document)


def ours(text: str) -> bool:
    """Tell whether a file of cases, by its beginning, was written by this module."""
    return f'<meta name="generator" content="{GENERATOR}">' in text.partition("<style>")[0]


def _apart(document: Document) -> dict[str, str]:
    found = {FRONT: document.front()}
    for chapter, pages in groupby(document.views.pages, key=lambda page: page.case.chapter):
        found[_path(chapter, found)] = document.cases(chapter, list(pages))
    where = {name: path for path, text in found.items() for name in _ids(text)}
    return {path: _relinked(text, path, where) for path, text in found.items()}


def _path(chapter: str, taken: Mapping[str, str]) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", chapter.lower()).strip("-") or "chapter"
    names = [f"{FOLDER}/{word}.html", *(f"{FOLDER}/{word}-{n}.html" for n in range(2, 999))]
    return next(name for name in names if name not in taken)


def _ids(text: str) -> list[str]:
    return [match[2] for match in _ID.finditer(text.partition("<main>")[2].partition("<script")[0])]


def _relinked(text: str, path: str, where: Mapping[str, str]) -> str:
    """Return a document whose links lead to the files that hold what they name."""
    own = PurePosixPath(path).parent

    def leads(match: re.Match[str]) -> str:
        target = where.get(match[3], path)
        if target == path:
            return match[0]
        if own.name == "":
            way = target
        elif PurePosixPath(target).parent == own:
            way = PurePosixPath(target).name
        else:
            way = f"../{target}"
        return f'{match[1]}"{way}#{match[3]}"'

    head, body, rest = text.partition("<body>")
    rest, script, tail = rest.partition("<script")
    return head + body + _LINK.sub(leads, rest) + script + tail
