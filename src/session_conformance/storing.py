"""What is stored, put there and looked at by somebody who is not under test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from .observing import Observing

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = TypeVar("Row", bound=object)


class Storing(Observing):
    """The part of a `Database` that stores and looks through the independent connection."""

    def given(self, *objects: object) -> None:
        """Store `objects` beforehand, through the independent connection."""
        with self._recorder.paused(), Session(self._observer) as session:
            session.add_all(objects)
            session.commit()
        for found in objects:
            self._recorder.written.add(inspect(found).mapper.local_table.name.lower())

    @overload
    def stored(self, mapped: type[Row]) -> list[Row]: ...
    @overload
    def stored(self, mapped: type[Row], key: Any) -> Row | None: ...
    def stored(self, mapped: type[Row], key: Any = None) -> list[Row] | Row | None:
        """Return what is committed, as the independent connection sees it.

        Returns:
            every object of the class in the order of its primary key, or, with `key`, the one
            that has it, else None. The objects are detached.

        """
        with self._recorder.paused(), Session(self._observer) as session:
            if key is not None:
                return session.get(mapped, key)
            return list(session.scalars(select(mapped).order_by(*inspect(mapped).primary_key)))

    @contextmanager
    def elsewhere(self) -> Iterator[Session]:
        """Lend a Session of somebody else: on the independent connection, committing as it goes."""
        with self._recorder.paused(), Session(self._observer, expire_on_commit=False) as session:
            yield session
            session.commit()


__all__ = ["Storing"]
