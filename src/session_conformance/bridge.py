"""Where a body runs: plainly, or in SQLAlchemy's greenlet bridge on an event loop that is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Value = TypeVar("Value")


class Bridge:
    """Calls functions that use an engine, so that sync and async drivers run one body.

    Args:
        is_async: whether the driver is asyncio's. Its calls then all share one event loop, since
            a connection lives and dies with the loop that made it.

    """

    def __init__(self, is_async: bool) -> None:
        self._runner = asyncio.Runner() if is_async else None

    def call(self, function: Callable[[], Value]) -> Value:
        """Return what `function` returns; raise what it raises."""
        if self._runner is None:
            return function()
        good, value = self._runner.run(_spawn(function))
        return _unpack(good, value)

    def run(self, coroutine: Coroutine[Any, Any, Value]) -> Value:
        """Run a coroutine on the event loop; only for async drivers."""
        if self._runner is None:
            coroutine.close()
            raise TypeError("A sync driver has no event loop.")
        good, value = self._runner.run(_caught(coroutine))
        return cast("Value", _unpack(good, value))

    def close(self) -> None:
        """Close the event loop."""
        if self._runner is not None:
            self._runner.close()


async def _spawn(function: Callable[[], Value]) -> tuple[bool, Value]:
    from sqlalchemy.util.concurrency import greenlet_spawn

    def caught() -> tuple[bool, Any]:
        # KeyboardInterrupt through a task would end the loop itself, so it travels as a value.
        try:
            return True, function()
        except BaseException as error:
            return False, error

    return await greenlet_spawn(caught)


async def _caught(coroutine: Coroutine[Any, Any, Value]) -> tuple[bool, Any]:
    try:
        return True, await coroutine
    except BaseException as error:
        return False, error


def _unpack(good: bool, value: Value) -> Value:
    if good:
        return value
    assert isinstance(value, BaseException)  # noqa: S101
    raise value


def bridged(is_async: bool, function: Callable[[], Value]) -> Value:
    """Call `function` once, on an event loop of its own where the driver needs one."""
    bridge = Bridge(is_async)
    try:
        return bridge.call(function)
    finally:
        bridge.close()
