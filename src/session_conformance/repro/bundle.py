"""Gathers the definitions that a case reaches: from its own file, then from the machinery."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from .piece import Key, Piece, eager_names, is_declared, undecorated
from .prune import Text, bared, edited, folded
from .source import PACKAGE, Function, Import, Module, attributes, free_names, own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .prune import Facts

KIT = f"{PACKAGE}.repro.kit"
MAIN = f"{KIT}.main"
MODELS = f"{PACKAGE}.models"
STAND_IN = f"{KIT}.stand_in"
DATABASE = f"{KIT}.holder", "Database"
# What scripts have in place of the machinery's definitions of the same name.
INSTEAD = (f"{KIT}.holder", f"{KIT}.place")
# Names of what is no object of the machinery, wherever they stand.
FOREIGN = {"session", "connection", "engine", "cursor", "dialect", "_engine", "_session"}
FOREIGN |= {"_observer_engine", "_observer", "_connection", "_listener", "_thread", "_selector"}
_WORD = re.compile(r"[A-Za-z_]\w*")
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


# What was looked at already: by what is known of the backend, module and text.
_ANALYSED: dict[tuple[Any, str, str], Piece] = {}


class Bundle:
    """The definitions of a script, found from a case's function on.

    Args:
        case: the module of the case.
        facts: what is known of the backend.

    """

    def __init__(self, case: Module, facts: Facts) -> None:
        self.case = case
        self.facts = facts
        self.modules = {case.name: case}
        self.pieces: dict[Key, Piece] = {}
        # What is imported, by the name that it had where it was met first.
        self.imports: dict[Import, str] = {}
        self.attributes: set[str] = set()
        self._classes: list[Piece] = []

    # Names.

    def module(self, name: str) -> Module:
        """Return a module by its name."""
        if name not in self.modules:
            self.modules[name] = own(name)
        return self.modules[name]

    def resolve(self, module: str, name: str) -> Key | Import | None:
        """Return what a name of a module is: a definition, an import, or nothing known."""
        found = self.module(module)
        if name in found.definitions:
            return self._instead(module, name)
        if name not in found.imports:
            return None
        source = found.imports[name]
        if source.module == "pytest":
            return STAND_IN, "pytest"
        if not source.module.startswith(PACKAGE):
            return source
        if source.name is None:
            return source
        return self.resolve(source.module, source.name)

    def _instead(self, module: str, name: str) -> Key:
        """Return the definition that a script takes: the kit's where it has one of its own."""
        if module.startswith(PACKAGE) and not module.startswith(KIT):
            for ours in INSTEAD:
                if name in self.module(ours).definitions:
                    return ours, name
        return module, name

    # Reaching.

    def take(self, module: str, names: set[str]) -> None:
        """Take what these names of a module mean, and whatever that needs."""
        for name in sorted(names):
            found = self.resolve(module, name)
            if isinstance(found, Import):
                if not found.module.startswith(PACKAGE):
                    self.imports.setdefault(found, name)
            elif found is not None:
                self._reach(found)

    def _reach(self, key: Key) -> None:
        if key in self.pieces:
            return
        piece = self._piece(key)
        self.pieces[key] = piece
        self._taken(piece, key[0])
        for said in piece.said:
            self._reach(said)
        if piece.members:
            self._classes.append(piece)
        self._members()

    def _taken(self, piece: Piece, module: str) -> None:
        self.take(module, piece.names)
        new = piece.attributes - self.attributes
        if new:
            self.attributes |= new
            self._members()

    def _members(self) -> None:
        for found in list(self._classes):
            before = -1
            while before != (before := sum(member.taken for member in found.members)):
                asked = set(self.attributes).union(*(m.own for m in found.members if m.taken))
                for member in found.members:
                    name = member.key[1]
                    special = name.startswith("__") or not name
                    if not member.taken and (special or name in asked):
                        member.taken = True
                        self._load(member)
                        self._taken(member, member.key[0])

    def want(self, attributes: set[str]) -> None:
        """Say that the script asks for these attributes."""
        self.attributes |= attributes
        self._members()

    def take_listeners(self) -> None:
        """Take the case's functions that a decorator registers with a class that is taken."""
        before = -1
        while before != (before := len(self.pieces)):
            ours = {name for module, name in self.pieces if module == self.case.name}
            for name, node in self.case.definitions.items():
                if isinstance(node, Function) and not is_declared(node):
                    named = set().union(*(free_names(found) for found in node.decorator_list))
                    if named & ours:
                        self._reach((self.case.name, name))

    # Pieces.

    def _piece(self, key: Key) -> Piece:
        module = self.module(key[0])
        node = module.definitions[key[1]]
        if module is self.case:
            return self._case_piece(key, module, node)
        if isinstance(node, ast.ClassDef):
            if key == DATABASE:
                return self._flattened(key)
            mapped = node.bases and not (node.decorator_list or key[1].endswith("Error"))
            if not mapped or key[0] == STAND_IN:
                return self._class(key, module, node)
        return self._whole(key, module, node)

    def _case_piece(self, key: Key, module: Module, node: ast.stmt) -> Piece:
        text = module.source(node)
        if isinstance(node, Function):
            text = undecorated(text)
        text = re.sub(r"[ \t]*#[ \t]*(?:noqa|type: ignore)[^\n]*", "", text)
        tree = ast.parse(text)
        said = self._said(tree, module)
        asked = set().union(*attributes(tree, FOREIGN))
        piece = Piece(key, text, free_names(tree) | said, eager_names(tree), asked)
        shared = self._said(tree, self.module(MODELS))
        piece.said = [(module.name, name) for name in said] + [(MODELS, name) for name in shared]
        return piece

    def _said(self, tree: ast.Module, module: Module) -> set[str]:
        """Return the classes of a module that a text means by other words than their names.

        A function by their table's, in a string, or by what they are registered with, as in
        `Base.metadata`; a class by a string with either name, as relationships do; a constant by
        `Base.metadata.tables["account"]`.
        """
        node = tree.body[0]
        if not isinstance(node, Documented):
            asked = {
                found.slice
                for found in ast.walk(tree)
                if isinstance(found, ast.Subscript)
                if isinstance(found.value, ast.Attribute) and found.value.attr == "tables"
            }
            return {module.tables[word] for word in _words(*asked) & set(module.tables)}
        told = ast.get_docstring(node, clean=False)
        words = _words(*(found for found in ast.walk(tree) if _value(found) != told))
        found = {module.tables[word] for word in words & set(module.tables)}
        if isinstance(node, ast.ClassDef):
            return found | (words & set(module.definitions))
        bases = {
            found.value.id
            for found in ast.walk(tree)
            if isinstance(found, ast.Attribute) and found.attr == "metadata"
            if isinstance(found.value, ast.Name)
        }
        return found.union(*(module.heirs(base) for base in bases))

    def _whole(self, key: Key, module: Module, node: ast.stmt) -> Piece:
        found = self._analysed(module, module.source(node))
        asked = found.attributes | found.own
        return Piece(key, found.text, set(found.names), set(found.eager), asked)

    def _shortened(self, module: Module, text: str) -> str:
        text = bared(folded(text, self.facts))
        # What is asked of a module of ours by its name stands beside it in a script.
        at, edits = Text(text), []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found = module.imports.get(node.value.id)
                if found and found.name is None and found.module.startswith(PACKAGE):
                    module.imports[node.attr] = Import(found.module, node.attr)
                    edits.append((*at.span(node), node.attr))
        return edited(text, edits)

    def _class(self, key: Key, module: Module, node: ast.ClassDef) -> Piece:
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        lines = [f"@{ast.unparse(found)}" for found in node.decorator_list]
        head = "\n".join([*lines, f"class {node.name}{f'({bases})' if bases else ''}:"])
        eager = free_names(ast.parse(head + "\n    pass"))
        members = list(self._parts(module, node, data=True))
        if not members:
            head += f'\n    """{ast.get_docstring(node)}"""'
        return Piece(key, head, set(eager), eager, members=members)

    def _flattened(self, key: Key) -> Piece:
        """Return the class of the kit and all it inherits as one."""
        members: dict[str, Piece] = {}
        for module, node in self._ancestry(*key):
            for part in self._parts(module, node, data=False):
                members.setdefault(part.key[1], part)
        return Piece(key, f"class {key[1]}:", members=list(members.values()))

    def _ancestry(self, module: str, name: str) -> Iterator[tuple[Module, ast.ClassDef]]:
        found = self.module(module)
        node = found.definitions[name]
        assert isinstance(node, ast.ClassDef)  # noqa: S101
        yield found, node
        for base in node.bases:
            if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
                yield from self._ancestry(found.imports[base.value.id].module, base.attr)
            elif isinstance(base, ast.Name):
                source = found.imports[base.id]
                yield from self._ancestry(source.module, base.id)

    def _parts(self, module: Module, node: ast.ClassDef, *, data: bool) -> Iterator[Piece]:
        for part in node.body:
            if isinstance(part, Function | ast.ClassDef):
                decorators = [ast.unparse(found) for found in part.decorator_list]
                if "overload" in decorators:
                    continue
                text = module.source(part)
                if isinstance(part, ast.ClassDef):
                    text = re.sub(r'\n[ \t]*"""[^"]*"""\n\s*\n', "\n", text, count=1)
                name = part.name
            elif isinstance(part, ast.Assign) or (
                isinstance(part, ast.AnnAssign) and (data or part.value is not None)
            ):
                text = module.source(part)
                target = part.targets[0] if isinstance(part, ast.Assign) else part.target
                name = "" if data else ast.unparse(target)
            else:
                continue
            yield Piece((module.name, name), text, taken=False)

    def _load(self, member: Piece) -> None:
        """Shorten a member that is taken, and see what it takes itself."""
        module = self.module(member.key[0])
        found = self._analysed(module, member.text)
        member.text, member.names, member.eager = found.text, found.names, found.eager
        member.attributes, member.own = found.attributes, found.own

    def _analysed(self, module: Module, text: str) -> Piece:
        """Return a piece of the machinery, shortened; the same text is looked at but once."""
        key = (self.facts.key, module.name, text)
        if key not in _ANALYSED:
            _ANALYSED[key] = self._analyse(module, text)
        return _ANALYSED[key]

    def _analyse(self, module: Module, text: str) -> Piece:
        text = self._shortened(module, text)
        tree = ast.parse(text)
        node = tree.body[0]
        asked, own_ = attributes(tree, FOREIGN)
        if not isinstance(node, ast.AnnAssign):
            eager = eager_names(tree, annotated=False)
            return Piece(("", ""), text, free_names(tree), eager, asked, own_)
        # Nobody evaluates the annotation, but a reader looks for its names.
        annotated = free_names(ast.parse(ast.unparse(node.annotation)))
        known = {
            name
            for name in annotated & set(module.imports)
            if not module.imports[name].module.startswith(PACKAGE)
        }
        value = free_names(ast.parse(ast.unparse(node.value))) if node.value else set()
        return Piece(("", ""), text, value | known, value, asked, own_)


def _value(node: ast.AST) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _words(*nodes: ast.AST) -> set[str]:
    """Return the words in strings."""
    strings = [text for node in nodes if isinstance(text := _value(node), str)]
    return {word for text in strings for word in _WORD.findall(text)}
