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
        self.is_async = is_async
        self._runner = asyncio.Runner() if is_async else None
        self._complaints: list[str] = []
        if self._runner is not None:
            self._runner.get_loop().set_exception_handler(self._hear)

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

    def leftovers(self) -> list[str]:
        """End the tasks that outlived what ran here, so that none disturbs what runs next.

        Returns:
            what was left, one phrase each: tasks, and errors that nobody took from a task.

        """
        if self._runner is None:
            return []
        loop = self._runner.get_loop()
        tasks = asyncio.all_tasks(loop)
        left = [f"the unfinished task {_name(task)}" for task in tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        left += self._complaints
        self._complaints.clear()
        return left

    def _hear(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # A driver's own futures are its own affair; a task whose end nobody saw is a leak.
        if not isinstance(context.get("task") or context.get("future"), asyncio.Task):
            return
        # As text: the task would live on by being kept.
        error = context.get("exception")
        message = str(context["message"])
        self._complaints.append(f"{message}: {error!r}" if error else message)

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


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", task.get_name())


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
