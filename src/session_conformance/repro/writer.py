"""Writes the pieces of a script down in the order in which Python and a reader can take them."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import re
from typing import TYPE_CHECKING, Any

from . import data
from .bundle import KIT, MAIN, MODELS
from .head import about, imports, requirements
from .piece import indented
from .prune import Text, edited
from .source import Import, free_names
from .values import expression

if TYPE_CHECKING:
    from .bundle import Bundle
    from .cell import Cell
    from .piece import Key, Piece

# The order in which the machinery's modules stand in a script; those that are not named come last.
ORDER = ("models", "phenomenon", "contract", "ways", "patterns", "async_patterns", "condition")


def functions(hooks: Any) -> dict[str, Any]:
    """Return the functions that there are of a module of hooks, by name."""
    values = {field.name: getattr(hooks, field.name) for field in dataclasses.fields(hooks)}
    return {name: value for name, value in values.items() if value is not None}


def texts(bundle: Bundle) -> list[str]:
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


class Writer:
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
            free = name
            while free in taken:
                free += "_"
            taken.add(free)
            self.names[found] = free

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
        """Return the script."""
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
            return (
                key[0] != self.case.name,
                rank + key[0].startswith(KIT) + (key[0] == MAIN),
                key[0],
                line,
            )

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
            keys += [said for said in piece.said if said in self.bundle.pieces]
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
        cell = self.cell
        used = {found: self.names[found] for found in self.bundle.imports}
        head = f'{requirements(cell)}"""{about(cell)}\n"""'
        return f"{head}\n\n{imports(used, cell.backend.setup)}"

    def _data(self) -> list[str]:
        facts = self.bundle.facts
        backend, family, hooks, sql = data.asked(texts(self.bundle), facts)
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
        there = functions(hooks)
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
                text = self._renamed(text, module, free_names(ast.parse(text)))
                given.append(f"{data.quoted(name)}: {text}")
            lines.append("arguments={" + ", ".join(given) + "},")
        if cell.case.answers:
            answers = data.literal(dict(cell.case.answers), 12)
            lines.append(f"answers={answers},")
        if cell.ignored:
            lines.append(f"ignored={data.quoted(cell.ignored)},")
        if (MODELS, "Base") in self.bundle.pieces:
            base = self.names[MODELS, "Base"]
            lines.append(f"shared={base}.metadata.sorted_tables,")
        name = self.names[MAIN, "main"]
        inner = "".join(f"            {line}\n" for line in lines)
        return (
            f'if __name__ == "__main__":\n    sys.exit(\n        {name}(\n{inner}        )\n    )'
        )


def _is_constant(text: str) -> bool:
    return not re.search(r"^(@|class |def |async def )", text, re.MULTILINE)
