"""What a case says of itself: the `promise` and `question` decorators."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .capability import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    Function = TypeVar("Function", bound=Callable[..., Coroutine[Any, Any, None] | None])

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_TEXT = 120
#: Of the suite; what says nothing of its version was there from the beginning.
FIRST_VERSION = "0.1"
MARK = "__session_conformance__"


class CaseError(Exception):
    """A case that is declared wrongly; the message names the case and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One behaviour of a Session: an id that never changes and the sentence that is checked.

    `probes` names the capability that it tries, where it is one of those at the start of a run.
    `since` is the version of the suite that had the case first.
    """

    id: str
    what: Literal["promise", "question"]
    text: str
    docs: str
    needs: tuple[str, ...] = ()
    probes: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    since: str = FIRST_VERSION

    @property
    def chapter(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


def case_of(function: Any) -> Case | None:
    """Return the declaration of a case function, None for any other object."""
    found = getattr(function, MARK, None)
    return found if isinstance(found, Case) else None


def promise(
    id: str,  # noqa: A002
    text: str,
    *,
    docs: str,
    needs: Sequence[str] = (),
    probes: str | None = None,
    since: str = FIRST_VERSION,
) -> Callable[[Function], Function]:
    """Declare a case whose outcome SQLAlchemy's documentation fixes for every backend.

    Args:
        id: `chapter.what-happens`, lower case and hyphens; stable for ever.
        text: one sentence in the indicative, under 120 characters; printed when it is broken.
        docs: page and anchor below SQLAlchemy's documentation root, or `API Class.method`.
        needs: names of the capabilities a backend must have; elsewhere the cell is `unsupported`.
        probes: the capability that this case tries: where the backend's file says it has none, the
            cell is `unsupported` when the body fails, and `failed` when it does not.
        since: the version of the suite that has the case first, for `--as-of`.

    Raises:
        CaseError: at import, where id, text or capability break these rules.

    """
    case = Case(
        id=id, what="promise", text=text, docs=docs, needs=tuple(needs), probes=probes, since=since
    )
    return _declare(case)


def question(
    id: str,  # noqa: A002
    text: str,
    *,
    answers: Mapping[str, str],
    docs: str,
    needs: Sequence[str] = (),
    since: str = FIRST_VERSION,
) -> Callable[[Function], Function]:
    """Declare a case that a database or driver may answer in its own way.

    Args:
        id: as for `promise`.
        text: one question, under 120 characters.
        answers: the closed list: name of the answer to the sentence that explains it.
        docs: as for `promise`.
        needs: as for `promise`.
        since: as for `promise`.

    Raises:
        CaseError: at import, where id, text or answers break these rules.

    """
    case = Case(
        id=id, what="question", text=text, docs=docs, needs=tuple(needs), answers=dict(answers),
        since=since,
    )  # fmt: skip
    return _declare(case)


def problems(case: Case) -> list[str]:
    """Return what is wrong with a declaration, a sentence each, without the case's name."""
    ending = "." if case.what == "promise" else "?"
    found = []
    if not ID.fullmatch(case.id):
        found.append("an id reads chapter.what-happens, lower case, with hyphens.")
    if len(case.text) >= LONGEST_TEXT:
        found.append(f"the sentence has {len(case.text)} characters, of 119 at most.")
    if not case.text.endswith(ending):
        found.append(f"the sentence of a {case.what} ends in “{ending}”.")
    if not re.fullmatch(r"\d+(\.\d+)*", case.since):
        found.append(f"since is a version of the suite, such as “{FIRST_VERSION}”.")
    if not case.docs:
        found.append("name the place in the documentation.")
    if case.what == "question" and not case.answers:
        found.append("a question needs its list of answers.")
    for name in (*case.needs, *([] if case.probes is None else [case.probes])):
        if name not in CAPABILITIES:
            near = difflib.get_close_matches(name, CAPABILITIES, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            found.append(f"there is no capability “{name}”.{hint}")
    return found


def _declare(case: Case) -> Callable[[Function], Function]:
    for problem in problems(case):
        raise CaseError(f"{case.id}: {problem}")

    def mark(function: Function) -> Function:
        setattr(function, MARK, case)
        return function

    return mark
