# ruff: noqa: SIM117 - nested with statements are one of the patterns
"""The ladder of patterns: ways to write one transaction, from all by hand to a factory's one line.

Each pattern is a plain function, written as a program would have it. The cases of the chapter
`ladder` and the tour run these very functions, and the tour shows their source.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.orm import Session, sessionmaker

if TYPE_CHECKING:
    from sqlalchemy import Engine

Work = Callable[[Session], object]
Factory = sessionmaker[Session]


def by_hand(engine: Engine, work: Work) -> None:
    """Every step is a call of its own: make the Session, work, commit, close in any case."""
    session = Session(engine)
    try:
        work(session)
        session.commit()
    finally:
        session.close()


def with_commit(engine: Engine, work: Work) -> None:
    """A with block closes the Session; storing the work still takes a commit() in the block."""
    with Session(engine) as session:
        work(session)
        session.commit()


def begin_try_else(engine: Engine, work: Work) -> None:
    """begin() opens the transaction, and try, except and else spell out how it ends."""
    with Session(engine) as session:
        session.begin()
        try:
            work(session)
        except BaseException:
            session.rollback()
            raise
        else:
            session.commit()


def nested_with(engine: Engine, work: Work) -> None:
    """An inner with block is the transaction: it commits at its end, or rolls back on an error."""
    with Session(engine) as session:
        with session.begin():
            work(session)


def combined_with(engine: Engine, work: Work) -> None:
    """One with line opens Session and transaction, and ends both in the right order."""
    with Session(engine) as session, session.begin():
        work(session)


def factory_commit(factory: Factory, work: Work) -> None:
    """A factory made once knows the engine; each of its Sessions commits for itself."""
    with factory() as session:
        work(session)
        session.commit()


def factory_begin(factory: Factory, work: Work) -> None:
    """The factory's begin() gives Session and transaction in one: the shortest that is complete."""
    with factory.begin() as session:
        work(session)


def per_request(factory: Factory, work: Work) -> None:
    """A function that a web request runs once: a Session of its own, and one place that ends it."""
    session = factory()
    try:
        work(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def session_scope(factory: Factory) -> Iterator[Session]:
    """Give a Session to a with block and decide at its end."""
    with factory() as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def with_session_scope(factory: Factory, work: Work) -> None:
    """A context manager of the program's own around the factory gives Sessions and ends them."""
    with session_scope(factory) as session:
        work(session)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rung of the ladder, called as `pattern(engine, work)`.

    `parts` are helper functions that belong to the pattern's code; `takes` says whether the
    function's first argument is an engine or a factory of Sessions.
    """

    id: str
    function: Callable[[Any, Work], None]
    takes: Literal["engine", "factory"] = "engine"
    parts: tuple[Callable[..., Any], ...] = ()

    def __call__(self, engine: Engine, work: Work) -> None:
        """Run `work` in this pattern, in a transaction on `engine`.

        Raises:
            BaseException: whatever `work`, the flush or the commit raises.

        """
        self.function(sessionmaker(engine) if self.takes == "factory" else engine, work)

    @property
    def sentence(self) -> str:
        """What the pattern is."""
        return inspect.getdoc(self.function) or ""

    @property
    def code(self) -> str:
        """The source of the functions that run, without their docstrings."""
        return "\n\n".join(source_of(function) for function in (*self.parts, self.function))


def source_of(function: Callable[..., Any]) -> str:
    """Return a function's source without its docstring, which is no part of what runs."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    definition = ast.parse(source).body[0]
    lines = source.rstrip().splitlines()
    if isinstance(definition, ast.FunctionDef) and ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        pattern.id: pattern
        for pattern in (
            Pattern("by-hand", by_hand),
            Pattern("with-commit", with_commit),
            Pattern("begin-try-else", begin_try_else),
            Pattern("nested-with", nested_with),
            Pattern("combined-with", combined_with),
            Pattern("factory-commit", factory_commit, "factory"),
            Pattern("factory-begin", factory_begin, "factory"),
            Pattern("per-request", per_request, "factory"),
            Pattern("session-scope", with_session_scope, "factory", (session_scope,)),
        )
    }
)
"""Every pattern by its id, from the bottom of the ladder to its top."""
