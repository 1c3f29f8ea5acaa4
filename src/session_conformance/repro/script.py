"""The script of a cell: the case first, then what it takes, then the run of it."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections import defaultdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

import sqlalchemy

from ..render.address import docs_url
from ..version import __version__
from . import data
from .bundle import KIT, Bundle, Key, Piece, indented
from .prune import Facts, Text, edited
from .source import PACKAGE, Import, free_names, read
from .values import expression

if TYPE_CHECKING:
    from pathlib import Path

    from .cell import Cell
    from .source import Module

MODELS = f"{PACKAGE}.models"
# Methods that work on the shared tables whether or not the case names one.
ON_SHARED = {"failing_commit", "statement_without_transaction"}
# Methods that leave something besides tables.
TRIGGERS = {"log_inserts", "count_updates", "fill_inserts", "refuse_inserts"}
# The order in which the machinery's modules stand in a script; those that are not named come last.
ORDER = ("models", "phenomenon", "contract", "ways", "patterns", "async_patterns", "condition")


def script(cell: Cell) -> str:
    """Return the text of a Python file that repeats a cell.

    Raises:
        ReproError: a value of the case cannot be written down.

    """
    everything = dict.fromkeys(("shared", "two_phase", "scenes", "extra_sql", "asserts"), True)
    condition = cell.arguments.get("condition")
    told = "unscheduled" in cell.path.read_text(encoding="utf-8")
    known = {
        "unscheduled": told,
        "configured": getattr(condition, "configuration", None) is not None,
    }
    first = _bundle(cell, **everything, **known)
    asked = set().union(*(p.attributes for key, p in first.pieces.items() if key[0] == "case"))
    texts = " ".join(piece.text for key, piece in first.pieces.items() if key[0] == "case")
    needs = {*cell.case.needs, cell.case.probes}
    flags = {
        "shared": any(key[0] == MODELS for key in first.pieces),
        "two_phase": "twophase" in texts or "two_phase" in needs,
        "scenes": "together" in asked,
        "extra_sql": bool(asked & TRIGGERS),
        "asserts": re.search(r"^ +assert ", texts, re.MULTILINE) is not None,
    }
    return _Writer(cell, _bundle(cell, **flags, **known)).text()


def _bundle(cell: Cell, **flags: bool) -> Bundle:
    case = read("case", cell.path)
    facts = Facts(data.view(cell.backend, **flags))
    bundle = Bundle(case, facts)
    for name, hooks in _hooks(cell).items():
        bundle.modules[name] = read(name, hooks)
    bundle.take(case.name, {cell.function.__name__})
    for name in cell.arguments:
        text, module = expression(cell, name, case)
        bundle.take(module, free_names(ast.parse(text)))
        bundle.want({found.attr for found in _walk(text) if isinstance(found, ast.Attribute)})
    bundle.take(KIT, {"main"})
    if bundle.attributes & ON_SHARED:
        bundle.take(MODELS, {"Base", "Account", "Entry"})
    while True:
        before = len(bundle.pieces)
        for module, name in _hooks_asked(bundle):
            bundle.take(module, {name})
        if len(bundle.pieces) == before:
            return bundle


def _walk(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(text)))


def _hooks(cell: Cell) -> dict[str, Path]:
    """Return the files of hooks, by the names that their modules get here."""
    found = {}
    for name, hooks in (("family", cell.backend.family.hooks), ("backend", cell.backend.hooks)):
        for function in _functions(hooks).values():
            from pathlib import Path

            found[f"hooks_of_{name}"] = Path(function.__code__.co_filename)
    return found


def _functions(hooks: Any) -> dict[str, Any]:
    import dataclasses

    values = {field.name: getattr(hooks, field.name) for field in dataclasses.fields(hooks)}
    return {name: value for name, value in values.items() if value is not None}


def _texts(bundle: Bundle) -> list[str]:
    """Return the texts of the machinery's pieces that a script has."""
    found = []
    for (module, _), piece in bundle.pieces.items():
        if module == bundle.case.name:
            continue
        if piece.members:
            found += [member.text for member in piece.members if member.taken]
        else:
            found.append(piece.text)
    return found


def _hooks_asked(bundle: Bundle) -> list[Key]:
    backend = bundle.facts.backend
    _, _, asked, _ = data.asked(_texts(bundle), bundle.facts)
    of = {"hooks_of_family": backend.family.hooks, "hooks_of_backend": backend.hooks}
    return [
        (module, name)
        for module, hooks in of.items()
        for name in sorted(asked & set(_functions(hooks)))
    ]


class _Writer:
    """Puts the pieces of a bundle into the order in which Python and a reader can take them."""

    def __init__(self, cell: Cell, bundle: Bundle) -> None:
        self.cell = cell
        self.bundle = bundle
        self.case = bundle.case
        self.names: dict[Key | Import, str] = {}
        self.written: set[Key] = set()
        self.order: list[Key] = []
        bundle.imports.setdefault(Import("types", "SimpleNamespace"), "SimpleNamespace")
        self._name()

    # Names: those of the case stay, and of the others each one that is taken already gives way.

    def _name(self) -> None:
        ours = self.case.imports
        taken = set(dir(builtins)) | {"BACKEND", "FAMILY"}
        order: list[tuple[Key | Import, str]] = [
            (key, key[1]) for key in self.bundle.pieces if key[0] == self.case.name
        ]
        order += [(found, name) for name, found in ours.items() if found in self.bundle.imports]
        order += [(key, key[1]) for key in self.bundle.pieces if key[0] != self.case.name]
        order += list(self.bundle.imports.items())
        for found, name in order:
            if found in self.names:
                continue
            while name in taken:
                name += "_"
            taken.add(name)
            self.names[found] = name

    def _renamed(self, text: str, module: str, names: set[str]) -> str:
        """Return a piece of the machinery, which loads these names, with those it goes by here."""
        resolved = {name: self.bundle.resolve(module, name) for name in names}
        changed = {
            name: self.names[found]
            for name, found in resolved.items()
            if found in self.names and self.names[found] != name
        }
        if not changed:
            return text
        at = Text(text)
        return edited(
            text,
            [
                (*at.span(node), changed[node.id])
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Name) and node.id in changed
            ],
        )

    # Text.

    def text(self) -> str:
        self.order = self._ordered()
        case_keys = [key for key in self.order if key[0] == self.case.name]
        parts: list[str] = []
        for key in case_keys:
            parts += self._with_eager(key)
        machinery: list[str] = []
        for key in self.order:
            for piece in self._with_eager(key):
                if machinery and _is_constant(piece) and _is_constant(machinery[-1]):
                    machinery[-1] += f"\n{piece.strip()}"
                else:
                    machinery.append(piece)
        sections = [
            self._head(),
            *parts,
            "# What follows is what the case takes of the suite's machinery, cut to what is used.",
            *machinery,
            *self._data(),
            self._tail(),
        ]
        text = "\n\n\n".join(part.strip("\n") for part in sections) + "\n"
        return re.sub(r"[ \t]+\n", "\n", text)

    def _ordered(self) -> list[Key]:
        """Return the pieces: the case's first, and each module's as they stand there."""

        def place(key: Key) -> tuple[bool, int, str, int]:
            module = key[0].rpartition(".")[2]
            rank = ORDER.index(module) if module in ORDER else len(ORDER)
            line = self.bundle.module(key[0]).definitions[key[1]].lineno
            return key[0] != self.case.name, rank + (key[0] == KIT), key[0], line

        return sorted(self.bundle.pieces, key=place)

    def _with_eager(self, key: Key) -> list[str]:
        if key in self.written:
            return []
        self.written.add(key)
        piece = self.bundle.pieces[key]
        found: list[str] = []
        for needed in self._needed(key, piece):
            found += self._with_eager(needed)
        return [*found, self._piece(key, piece)]

    def _needed(self, key: Key, piece: Piece) -> list[Key]:
        """Return the definitions that have to stand before this one."""
        names = set(piece.eager)
        keys: list[Key] = []
        for member in piece.members:
            if member.taken:
                keys += self._keys(member.key[0], member.eager)
        keys += self._keys(key[0], names)
        if not piece.members and not re.match(r"(@|class |def |async def )", piece.text.lstrip()):
            # A constant may call a function, and with it what that one calls.
            waiting = list(keys)
            while waiting:
                now = self.bundle.pieces[waiting.pop()]
                more = [k for k in self._keys(now.key[0], now.names) if k not in keys]
                keys += more
                waiting += more
        return sorted((k for k in dict.fromkeys(keys) if k != key), key=self.order.index)

    def _keys(self, module: str, names: set[str]) -> list[Key]:
        found = (self.bundle.resolve(module, name) for name in sorted(names))
        return [key for key in found if isinstance(key, tuple) and key in self.bundle.pieces]

    def _piece(self, key: Key, piece: Piece) -> str:
        if key[0] == self.case.name:
            return piece.text
        text = self._renamed(piece.text, key[0], piece.names) if not piece.members else piece.text
        if self.names[key] != key[1]:
            text = re.sub(rf"\b(def|class) {key[1]}\b", rf"\1 {self.names[key]}", text, count=1)
            text = re.sub(rf"^{key[1]}\b", self.names[key], text)
        if not piece.members:
            return text
        members = [member for member in piece.members if member.taken]
        lines = [indented(self._renamed(m.text, m.key[0], m.names).strip("\n")) for m in members]
        body = lines[0] if lines else "    pass"
        for line in lines[1:]:
            defines = re.search(r"^    (@|def |async def |class )", line, re.MULTILINE)
            body += f"\n\n{line}" if defines else f"\n{line}"
        return f"{text}\n{body}"

    # The head, the data and the end.

    def _head(self) -> str:
        return "\n\n".join([f'{self._requirements()}"""{self._about()}\n"""', self._imports()])

    def _requirements(self) -> str:
        """Return the inline metadata (PEP 723) from which some programs install what is needed."""
        backend = self.cell.backend
        needed = ["sqlalchemy[asyncio]" if backend.is_async else "sqlalchemy", *self._driver()]
        listed = "".join(f'#   "{name}",\n' for name in needed)
        return f"# /// script\n# dependencies = [\n{listed}# ]\n# ///\n"

    def _driver(self) -> list[str]:
        backend = self.cell.backend
        if backend.distribution is None:
            return []
        try:
            required = metadata.requires("session-conformance") or []
        except metadata.PackageNotFoundError:
            required = []
        wanted = []
        for line in required:
            name = re.split(r"[\s;>=<]", line)[0]
            if name.partition("[")[0].lower() == backend.distribution.lower() and "[" in name:
                wanted.append(name)
        return [wanted[0] if wanted else backend.distribution]

    def _about(self) -> str:
        cell, case = self.cell, self.cell.case
        row = f"{case.id}/{cell.variant}" if cell.variant else case.id
        kind = "Promise" if case.what == "promise" else "Question"
        needed = " and ".join(["SQLAlchemy", *self._driver()])
        versions = f"SQLAlchemy {sqlalchemy.__version__}"
        if cell.backend.driver_version:
            versions += f" and {cell.backend.distribution} {cell.backend.driver_version}"
        lines = [f"{row} on {cell.backend.id}", "", f"{kind}: {case.text}"]
        link = docs_url(case.docs, sqlalchemy.__version__)
        lines.append(f"Documentation: {link or case.docs}")
        lines += ["", f"It needs {needed}, and nothing else. To run it:", ""]
        if cell.backend.storage == "server":
            url = f"{cell.backend.drivername}://user:password@host/database"
            lines += [
                f"    DATABASE_URL={url} python THIS_FILE", "",
                "It works in a database that it makes on that server and removes at the end; where the",
                "user may make none, in the one that the URL names, if that is empty.",
            ]  # fmt: skip
        else:
            lines += ["    python THIS_FILE", "", "It works in a temporary database of its own."]
        lines += [
            "", "Exit code: 0 the promise is kept or the question answered, 1 the promise is broken,",
            "3 it could not be carried out.", "",
            f"Written by Session Conformance {__version__}, with {versions}.",
        ]  # fmt: skip
        return "\n".join(lines).replace("\\", "\\\\")

    def _imports(self) -> str:
        used = {found: self.names[found] for found in self.bundle.imports}
        whole = []
        parts: dict[str, list[str]] = defaultdict(list)
        for found, name in used.items():
            if found.name is None:
                own = found.module.partition(".")[0]
                alias = "" if name in (own, found.module) else f" as {name}"
                whole.append(f"import {found.module}{alias}")
            else:
                alias = "" if name == found.name else f" as {name}"
                parts[found.module].append(found.name + alias)
        lines = sorted(whole)
        for module in sorted(parts):
            names = ", ".join(sorted(parts[module]))
            line = f"from {module} import {names}"
            if len(line) > data.WIDTH:
                names = "".join(f"    {name},\n" for name in sorted(parts[module]))
                line = f"from {module} import (\n{names})"
            lines.append(line)
        standard = [line for line in lines if _is_standard(line)]
        other = [line for line in lines if not _is_standard(line)]
        if self.cell.backend.setup:
            other.insert(0, f"import {self.cell.backend.setup}")
        return "\n\n".join(
            "\n".join(block)
            for block in (["from __future__ import annotations"], standard, other)
            if block
        )

    def _data(self) -> list[str]:
        facts = self.bundle.facts
        backend, family, hooks, sql = data.asked(_texts(self.bundle), facts)
        of = facts.backend
        inner: dict[str, str] = {}
        for name in sorted(family):
            if name == "sql":
                chosen = {key: text for key, text in of.family.sql.items() if key in sql}
                inner[name] = data.literal(chosen)
            elif name == "hooks":
                inner[name] = self._hooks("hooks_of_family", of.family.hooks, hooks)
            else:
                inner[name] = data.literal(getattr(of.family, name))
        outer: dict[str, str] = {}
        for name in sorted(backend):
            if name == "family":
                outer[name] = "FAMILY"
            elif name == "hooks":
                outer[name] = self._hooks("hooks_of_backend", of.hooks, hooks)
            else:
                outer[name] = data.literal(getattr(of, name))
        title = of.family.title
        told = f"# What is to be known of {title} and of this driver, as far as it is used."
        return [f"{told}\n" + data.namespace("FAMILY", inner), data.namespace("BACKEND", outer)]

    def _hooks(self, module: str, hooks: Any, asked: set[str]) -> str:
        there = _functions(hooks)
        values = [
            f"{name}={self.names[module, name] if name in there else None}"
            for name in sorted(asked)
        ]
        return f"SimpleNamespace({', '.join(values)})"

    def _tail(self) -> str:
        cell = self.cell
        function = self.names[self.case.name, cell.function.__name__]
        lines = [f"{function},", "BACKEND,"]
        if cell.arguments:
            given = []
            for name in cell.arguments:
                text, module = expression(cell, name, self.case)
                given.append(
                    f"{data.quoted(name)}: {self._renamed(text, module, free_names(ast.parse(text)))}"
                )
            lines.append("arguments={" + ", ".join(given) + "},")
        if cell.case.answers:
            answers = data.literal(dict(cell.case.answers), 12)
            lines.append(f"answers={answers},")
        if cell.ignored:
            lines.append(f"ignored={data.quoted(cell.ignored)},")
        if (MODELS, "Base") in self.bundle.pieces:
            base = self.names[MODELS, "Base"]
            lines.append(f"shared={base}.metadata.sorted_tables,")
        name = self.names[KIT, "main"]
        inner = "".join(f"            {line}\n" for line in lines)
        return (
            f'if __name__ == "__main__":\n    sys.exit(\n        {name}(\n{inner}        )\n    )'
        )


def _is_constant(text: str) -> bool:
    return not re.search(r"^(@|class |def |async def )", text, re.MULTILINE)


def _is_standard(line: str) -> bool:
    return line.split()[1].partition(".")[0] in sys.stdlib_module_names


__all__ = ["script"]
