"""What is wrong with a file of cases, as far as its text tells; nothing of it is run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..declare import Case, problems
from ..honesty import endings, own
from .body import body, clock_and_chance
from .imports import imports
from .names import database_names
from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DECORATORS = ("promise", "question")
#: Stands among a question's answers where they cannot be read.
ANY = "*"
#: The arguments that a case gets without a parametrization of its own; the last are pytest's.
HANDED = ("db", "condition", "monkeypatch", "tmp_path", "recwarn", "capsys", "caplog")
# A rule may be broken where the line says which one, and why.
_ALLOWED = re.compile(r"#\s*lint: allow (?P<rule>[a-z-]+) -- \S")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class CaseFile:
    """A Python file under examination."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.tree = ast.parse(text)
        self._lines = text.splitlines()
        self._constants = {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def problem(self, node: ast.AST, rule: str, message: str) -> Iterator[Problem]:
        """Give a problem at a node, unless its line says that this is allowed, and why."""
        line: int = getattr(node, "lineno", 1)
        allowed = _ALLOWED.search(self._lines[line - 1]) if self._lines else None
        if not allowed or allowed["rule"] != rule:
            column: int = getattr(node, "col_offset", 0) + 1
            yield Problem(path=self.path, line=line, column=column, rule=rule, message=message)

    def constant(self, node: ast.expr | None, otherwise: Any) -> Any:
        """Return the value of an expression made of constants, `otherwise` for any other."""
        if isinstance(node, ast.Name) and node.id in self._constants:
            node = self._constants[node.id]
        try:
            return otherwise if node is None else ast.literal_eval(node)
        except ValueError:
            return otherwise

    def decorators(self, function: Function) -> Iterator[tuple[str, ast.Call]]:
        """Give the calls that decorate a function, also those kept under a name, by their names."""
        for node in function.decorator_list:
            found = self._constants.get(node.id) if isinstance(node, ast.Name) else node
            if isinstance(found, ast.Call):
                yield ast.unparse(found.func), found


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A case by its id: where it is declared, and the names of its answers if it is a question."""

    id: str
    path: Path
    line: int
    answers: tuple[str, ...] = ()


def check(path: Path, *, helper: bool = False) -> list[Problem]:
    """Return every problem of a file of cases.

    Args:
        path: of the file.
        helper: whether it holds no cases, only what the cases beside it import.

    """
    try:
        file = CaseFile(path, path.read_text(encoding="utf-8"))
    except OSError as error:
        return [Problem(path=path, rule="python", message=f"cannot be read: {error.strerror}.")]
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", 1) or 1, getattr(error, "offset", 1) or 1
        message = f"this is not valid Python: {getattr(error, 'msg', error)}."
        return [Problem(path=path, line=line, column=column, rule="python", message=message)]
    found = [*imports(file), *database_names(file), *clock_and_chance(file), *_fixtures(file)]
    if not helper:
        found += _cases(file)
    return found


@cache
def named(path: Path) -> list[Named]:
    """Return the cases that a file declares; none for one that cannot be read."""
    file = _readable(path)
    found = []
    for function in _functions(file.tree) if file else ():
        declared = _declared(file, function) if file else None
        case = _case(file, *declared) if file and declared else None
        if declared and case:
            found.append(
                Named(id=case.id, path=path, line=declared[1].lineno, answers=tuple(case.answers))
            )
    return found


def fixtures(path: Path) -> list[Problem]:
    """Return where a file asks for fixtures, which cases do not get."""
    file = _readable(path)
    if file is None:
        return []
    found = list(_fixtures(file))
    for function in _functions(file.tree):
        if _declared(file, function):
            found += _arguments(file, function)
    return found


def _readable(path: Path) -> CaseFile | None:
    try:
        return CaseFile(path, path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None


def _functions(tree: ast.Module) -> list[Function]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _declared(file: CaseFile, function: Function) -> tuple[str, ast.Call] | None:
    for name, call in file.decorators(function):
        if name.rpartition(".")[2] in DECORATORS:
            return name.rpartition(".")[2], call
    return None


def _cases(file: CaseFile) -> Iterator[Problem]:
    for node in file.tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from file.problem(
                node, "undeclared", "a case is a function, not a method: move it out of the class."
            )
    for function in _functions(file.tree):
        declared = _declared(file, function)
        if declared is None:
            if function.name.startswith("test"):
                yield from file.problem(
                    function, "undeclared",
                    f"“{function.name}” says not what it is: decorate it with @promise or "
                    "@question.",
                )  # fmt: skip
            continue
        if not function.name.startswith("test"):
            yield from file.problem(
                function,
                "name",
                f"“{function.name}” is never run: a case's name begins with test_.",
            )
        yield from _declaration(file, *declared)
        yield from _ending(file, function, declared[0])
        yield from _arguments(file, function)
        yield from body(file, function)


def _declaration(file: CaseFile, what: str, call: ast.Call) -> Iterator[Problem]:
    case = _case(file, what, call)
    if case is None:
        message = "write id and sentence as plain strings, so that they can be found."
        yield from file.problem(call, "declaration", message)
        return
    for sentence in problems(case):
        yield from file.problem(call, "declaration", f"{case.id}: {sentence}")


def _case(file: CaseFile, what: str, call: ast.Call) -> Case | None:
    """Return what a decorator says, None where its id or its sentence is no plain string."""
    given: dict[str, ast.expr] = dict(zip(("id", "text"), call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    name = file.constant(given.get("id"), None)
    text = file.constant(given.get("text"), None)
    if not isinstance(name, str) or not isinstance(text, str):
        return None
    return Case(
        id=name,
        what="promise" if what == "promise" else "question",
        text=text,
        docs=file.constant(given.get("docs"), "?" if "docs" in given else ""),
        needs=tuple(file.constant(given.get("needs"), ())),
        probes=file.constant(given.get("probes"), None),
        # What is put together elsewhere is taken to be right.
        answers=file.constant(given.get("answers"), {ANY: ""} if "answers" in given else {}),
    )


def _ending(file: CaseFile, function: Function, what: str) -> Iterator[Problem]:
    ends = endings(function.body[-1])
    if what == "question" and ends != {"answer"}:
        message = "a question ends in db.answer(…), in each of its ways."
        yield from file.problem(function.body[-1], "ending", message)
    if what == "promise" and ends != {"assertion"}:
        message = "a promise ends in an assertion, so that it is known to have reached its end."
        yield from file.problem(function.body[-1], "ending", message)
    if what == "promise" and not any(isinstance(node, ast.Assert) for node in own(function)):
        yield from file.problem(function, "ending", "the case asserts nothing.")


def _arguments(file: CaseFile, function: Function) -> Iterator[Problem]:
    """Look at what a case wants handed: its database, and the values it is parametrized with."""
    known = set(HANDED)
    for name, call in file.decorators(function):
        if name.endswith("parametrize") and call.args:
            names = file.constant(call.args[0], "")
            known |= set(names.replace(",", " ").split() if isinstance(names, str) else names)
    # What a decorator of its own hands in cannot be told from here.
    marks = [name for name, _ in file.decorators(function)]
    unread = len(marks) < len(function.decorator_list) or not all(map(_is_read, marks))
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg not in known and not unread:
            yield from file.problem(
                argument, "fixture",
                f"there is no “{argument.arg}” to hand in: a case gets db and the values that it "
                "is parametrized with, and no fixtures. Call a function instead.",
            )  # fmt: skip
    if "db" not in {argument.arg for argument in arguments.args}:
        yield from file.problem(function, "database", "a case takes the argument “db: Database”.")


def _is_read(decorator: str) -> bool:
    return decorator.startswith("pytest.mark.") or decorator.rpartition(".")[2] in DECORATORS


def _fixtures(file: CaseFile) -> Iterator[Problem]:
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            found = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(found) in {"pytest.fixture", "fixture", "pytest_asyncio.fixture"}:
                message = f"“{node.name}” is a fixture, and cases get none: make it a function."
                yield from file.problem(node, "fixture", message)
