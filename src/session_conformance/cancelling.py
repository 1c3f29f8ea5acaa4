"""Cancellation at a defined point: at the first await of a task, at its second, and so on."""

from __future__ import annotations

import asyncio
from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Generator

    Work = Coroutine[Any, Any, object]

MOST_MOMENTS = 500


def cancel_at(moment: int, work: Work) -> asyncio.Task[object]:
    """Run `work` as a task that is cancelled where it suspends for the `moment`-th time.

    What it waits for there has been asked of the driver and not been answered: a place that no
    clock would hit twice. No pause is needed, so it is the same place in each run.

    Args:
        moment: counted from 1; a task that suspends less often is not cancelled.
        work: the coroutine.

    Returns:
        the task, just begun.

    """
    return asyncio.create_task(_counted(work, moment, []))


async def cancel_at_each_await(work: Callable[[], Work]) -> AsyncIterator[int]:
    """Run `work` again and again, cancelled at its first await, at its second, until one run ends.

    Args:
        work: makes the coroutine; called once for each moment.

    Yields:
        the moment, counted from 1, when the cancelled task has ended and every task it had begun.

    Raises:
        AssertionError: a cancelled run ended otherwise than cancelled, or a run after it failed.
        BaseException: what `work` raises where it was never cancelled.

    """
    others = asyncio.all_tasks()
    for moment in range(1, MOST_MOMENTS):
        hit: list[int] = []
        task = asyncio.create_task(_counted(work(), moment, hit))
        await asyncio.wait({task})
        # A release that shields the end of a block lets it go on in a task of its own.
        while left := asyncio.all_tasks() - others:
            await asyncio.wait(left)
        if not hit and moment == 1:
            task.result()
        if not task.cancelled() and (hit or task.exception()):
            when = "when cancelled" if hit else "uncancelled after a run that was cancelled"
            error = task.exception()
            raise AssertionError(f"await {moment}, {when}: {error!r}") from error
        if not hit:
            return
        # With the task go the frames it was cancelled in, and what their driver's cursors hold.
        del task
        yield moment
    raise RuntimeError(f"The work awaits more than {MOST_MOMENTS} times.")


async def _counted(work: Work, moment: int, hit: list[int]) -> object:
    return await _steps(work, moment, hit)


@coroutine
def _steps(work: Work, moment: int, hit: list[int]) -> Generator[Any, Any, object]:
    steps = work.__await__()
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            waiting = steps.send(value) if error is None else steps.throw(error)
        except StopIteration as end:
            return end.value
        # A bare yield to the loop (None) waits for nothing; some drivers yield by the clock.
        moment -= waiting is not None
        task = asyncio.current_task()
        if moment == 0 and not hit and task is not None:
            hit.append(1)
            task.cancel()
        value = error = None
        try:
            value = yield waiting
        except BaseException as raised:
            error = raised


__all__ = ["cancel_at", "cancel_at_each_await"]
