"""Who acts in scenes: a thread, with an event loop where needed, and the engines made in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .bridge import Bridge

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection, Engine

    from .condition import Condition

# Seconds until a thread that was told to end is given up.
LONGEST_END = 12.0


@dataclass(slots=True)
class Place:
    """An engine of one connection, for one condition.

    `number` is what the server calls the connection, None where connections have none; `threads`
    are the numbers of the threads that work for it; `connection` is the driver's own.
    """

    engine: Engine
    number: Any = None
    threads: list[int] = field(default_factory=list)
    connection: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """How the players of a backend come by what they work with.

    `is_async` tells that the driver is asyncio's: each thread then has an event loop of its own.
    `make_engine` makes an engine for a condition, `number_of` asks for the server's number of a
    connection, and `keeps_connections` tells that one may stay open between two scenes.
    """

    is_async: bool
    make_engine: Callable[[Condition], Engine]
    number_of: Callable[[Connection], Any]
    keeps_connections: bool


class Player:
    """A thread that does what it is told, in order, and is kept from scene to scene."""

    def __init__(self, name: str, equipment: Equipment) -> None:
        self.bridge: Bridge
        self._equipment = equipment
        self._places: dict[Condition, Place] = {}
        self._orders: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    def tell(self, order: Callable[[], None]) -> None:
        """Have `order` called in the thread, after what it was told before; it must not raise."""
        self._orders.put(order)

    def _live(self) -> None:
        self.bridge = Bridge(self._equipment.is_async)
        while (order := self._orders.get()) is not None:
            order()
            # It would keep what it worked with until the next one comes.
            del order
        self.bridge.close()

    # In the thread.

    def place(self, condition: Condition) -> Place:
        """Return the place for a condition, its connection open; made when first asked for."""
        before = set(threading.enumerate())
        found = self._places.get(condition)
        if found is None:
            found = self._places[condition] = Place(self.bridge.call(self._made(condition)))
        self.bridge.call(lambda: self._look_at_connection(found, before))
        return found

    def _made(self, condition: Condition) -> Callable[[], Engine]:
        return lambda: self._equipment.make_engine(condition)

    def _look_at_connection(self, place: Place, before: set[threading.Thread]) -> None:
        with place.engine.connect() as connection:
            own = connection.connection.dbapi_connection
            if own is place.connection:
                return
            place.number = self._equipment.number_of(connection)
            place.connection = own
        here = threading.current_thread()
        place.threads = [
            thread.native_id
            for thread in {here, *threading.enumerate()}
            if thread.native_id and (thread is here or thread not in before)
        ]

    def rest(self, condition: Condition) -> None:
        """Close what may not stay open between scenes."""
        place = self._places.get(condition)
        if place is not None and not self._equipment.keeps_connections:
            place.connection = None
            place.engine.dispose()

    # From outside.

    @property
    def places(self) -> int:
        """How many engines it keeps."""
        return len(self._places)

    def clear(self) -> None:
        """Dispose of all engines."""
        done = threading.Event()

        def forget() -> None:
            places = list(self._places.values())
            self._places.clear()
            for place in places:
                try:
                    self.bridge.call(place.engine.dispose)
                except Exception:  # noqa: S112  # a connection that is gone already
                    continue
            self.bridge.leftovers()
            done.set()

        if self._places:
            self.tell(forget)
            done.wait(LONGEST_END)

    def end(self) -> None:
        """Have the thread end after what it was told."""
        self._orders.put(None)

    def join(self) -> None:
        """Wait for the thread's end."""
        self._thread.join(LONGEST_END)
