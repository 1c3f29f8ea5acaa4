"""What a file of cases imports: nothing that another machine may not have."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import session_conformance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .case_file import CaseFile
    from .problem import Problem

ALLOWED = {"sqlalchemy", "pytest", "session_conformance"}
#: Drivers that come with Python.
DRIVERS = {"sqlite3"}


def imports(file: CaseFile) -> Iterator[Problem]:
    """Give the imports of a file that are none of a case's."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _module(file, node, name.name)
        elif isinstance(node, ast.ImportFrom):
            if node.level > 1:
                message = "import what lies in the same folder; what lies above is not the cases'."
                yield from file.problem(node, "import", message)
            elif node.level == 0:
                yield from _module(file, node, node.module or "")
                yield from _public(file, node)


def _module(file: CaseFile, node: ast.stmt, name: str) -> Iterator[Problem]:
    top = name.partition(".")[0]
    beside = file.path.parent / f"{top}.py"
    if beside.is_file() and top not in ALLOWED:
        message = f"“{top}” lies beside this file: write “from .{top} import …”."
        yield from file.problem(node, "import", message)
    elif top in DRIVERS:
        message = f"“{name}” is a driver: a case speaks to its database through SQLAlchemy."
        yield from file.problem(node, "import", message)
    elif top not in ALLOWED | sys.stdlib_module_names:
        message = (
            f"“{name}” may not be there: a case imports SQLAlchemy, pytest, the standard library, "
            "session_conformance, and by “from .name import …” what lies in its folder."
        )
        yield from file.problem(node, "import", message)
    elif top == "session_conformance" and name != top:
        message = f"“{name}” is not public: import the names that session_conformance itself has."
        yield from file.problem(node, "import", message)


def _public(file: CaseFile, node: ast.ImportFrom) -> Iterator[Problem]:
    if node.module != "session_conformance":
        return
    for name in node.names:
        if name.name not in session_conformance.__all__:
            message = f"session_conformance has no public name “{name.name}”."
            yield from file.problem(node, "import", message)
