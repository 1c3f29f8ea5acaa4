"""What a cell is called in the files for other programs: the same name in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.marks import clean

if TYPE_CHECKING:
    from session_conformance.render.model import Cell


class Names:
    """The names that were given in one file.

    Some programs join class and name, others read the name alone, so both together are unique.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, cell: Cell) -> tuple[str, str]:
        """Return class and name of a cell: `mysql-pymysql.commit` and `expires-every-object`.

        The case's whole id, then a number, tells two apart that would be one. So a file asks for
        every cell, in the order of backends and then rows, also for those that it leaves out.
        """
        chapter = cell.case.chapter
        return self.new(
            f"{cell.backend.id}.{chapter}", cell.row.removeprefix(f"{chapter}."), cell.row
        )

    def new(self, classname: str, name: str, longer: str | None = None) -> tuple[str, str]:
        """Return class and name as they may be written; `longer` is what to take if it is taken."""
        classname, name, longer = clean(classname), clean(name), clean(longer or name)
        wanted = name
        number = 1
        while f"{classname}.{wanted}" in self._taken:
            wanted = longer if number == 1 else f"{longer} ({number})"
            number += 1
        self._taken.add(f"{classname}.{wanted}")
        return classname, wanted
