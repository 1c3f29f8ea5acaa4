"""Several Sessions at once, each in a thread of its own, driven step by step from outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from .bridge import Bridge
from .looks import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from sqlalchemy.engine import Engine

    from .trace import Recorder
    from .waits import Waits

# Seconds between two looks at who waits; what comes to its end meanwhile is noticed at once.
LOOK_AGAIN = 0.003
# Seconds for everything that is under way to come to its end or to a wait.
LONGEST_STEP = 12.0
# Seconds for steps that nobody watches; a bit less than a cell may take.
LONGEST_RACE = 18.0


@dataclass(slots=True, eq=False)
class Step:
    """One thing that an actor was told to do.

    `value` is what it returned, `error` what it raised. `waited_for` names the actors whose locks
    it was seen to wait for, `waited` tells that it was seen to wait at all. A step that was told
    after one that raised is `skipped`.
    """

    name: str
    value: Any = None
    error: SQLAlchemyError | None = None
    ended: bool = False
    skipped: bool = False
    waited: bool = False
    waited_for: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether it came to its end without an error."""
        return self.ended and self.error is None and not self.skipped


class Actor:
    """A Session with an engine and a thread of its own, and with an event loop where needed."""

    def __init__(
        self,
        name: str,
        scene: Scene,
        make_engine: Callable[[], tuple[Engine, Any]],
        options: dict[str, Any],
    ) -> None:
        self.name = name
        self.steps: list[Step] = []
        self.number: Any = None
        self.threads: list[int] = []
        self.broken: BaseException | None = None
        self._scene = scene
        self._make_engine = make_engine
        self._options = options
        self._orders: SimpleQueue[tuple[Step, Callable[[Session], Any], bool] | None] = (
            SimpleQueue()
        )
        self._failed = False
        self._thread = threading.Thread(target=self._live, name=f"actor {name}")
        self._thread.start()

    # For cases.

    def does(
        self, function: Callable[..., Any], *arguments: Any, go_on: bool = False, **more: Any
    ) -> Step:
        """Call `function` with the Session and `arguments` in this actor's thread.

        Comes back when the step is over or waits for a lock, and with it everything else that is
        under way. Where it raises one of SQLAlchemy's errors the Session is rolled back at once
        and the actor's later steps are skipped, unless the caller says `go_on`.

        Raises:
            whatever else it raised, once the scene is over.
            TimeoutError: it neither ended nor was seen to wait.

        """
        step = self.starts(function, *arguments, go_on=go_on, **more)
        self._scene.settle()
        return step

    def starts(
        self, function: Callable[..., Any], *arguments: Any, go_on: bool = False, **more: Any
    ) -> Step:
        """Have `function` called as by `does`, and come back at once, so that others start too."""
        step = Step(getattr(function, "__name__", "step").strip("_"))
        self.steps.append(step)
        self._orders.put((step, lambda session: function(session, *arguments, **more), go_on))
        return step

    def ends(self) -> None:
        """Come back when its steps are over: who waits goes on, or a limit ends the wait.

        Raises:
            TimeoutError: nothing ended it.

        """
        self._scene.finish(self)

    def begins(self) -> Step:
        """Open the transaction, by `Session.connection()`."""
        return self.does(_begin)

    def commits(self) -> Step:
        """Commit."""
        return self.does(_commit)

    def rolls_back(self) -> Step:
        """Roll back."""
        return self.does(_roll_back)

    @property
    def committed(self) -> bool:
        """Whether a commit came to its end and nothing raised."""
        return not self.errors and any(
            step.name == _commit.__name__.strip("_") and step.done for step in self.steps
        )

    @property
    def errors(self) -> list[SQLAlchemyError]:
        """What its steps raised."""
        return [step.error for step in self.steps if step.error is not None]

    @property
    def waited(self) -> bool:
        """Whether a step of it was seen to wait for a lock."""
        return any(step.waited for step in self.steps)

    # For the scene.

    @property
    def busy(self) -> bool:
        """Whether a step has not come to its end."""
        return self.current is not None

    @property
    def current(self) -> Step | None:
        """The step that is under way."""
        return next((step for step in self.steps if not step.ended), None)

    def leave(self) -> None:
        """Have the thread end, its Session closed."""
        self._orders.put(None)

    def join(self, seconds: float) -> bool:
        """Wait for the thread's end; tell whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _live(self) -> None:
        before = set(threading.enumerate())
        self._scene.recorder.name_thread(self.name)
        bridge = Bridge(self._scene.is_async)
        engine: Engine | None = None
        session: Session | None = None
        try:
            engine, self.number = bridge.call(self._make_engine)
            session = Session(engine, **self._options)
            self.threads = [
                thread.native_id
                for thread in {threading.current_thread(), *threading.enumerate()}
                if thread.native_id
                and (thread is threading.current_thread() or thread not in before)
            ]
        except BaseException as error:
            self.broken = error
        self._scene.ready(self)
        while (order := self._orders.get()) is not None:
            step, function, go_on = order
            self._perform(step, function, session, bridge, go_on=go_on)
            step.ended = True
            self._scene.changed()
        self._end(bridge, session, engine)

    def _perform(
        self,
        step: Step,
        function: Callable[[Session], Any],
        session: Session | None,
        bridge: Bridge,
        *,
        go_on: bool,
    ) -> None:
        if self._failed or self.broken is not None or session is None:
            step.skipped = True
            return
        try:
            step.value = bridge.call(lambda: function(session))
        except SQLAlchemyError as error:
            step.error = error
            if not go_on:
                self._failed = True
                self._quietly(bridge, session.rollback)
        except BaseException as error:
            self.broken = error
            self._quietly(bridge, session.rollback)

    def _quietly(self, bridge: Bridge, function: Callable[[], None]) -> None:
        try:
            bridge.call(function)
        except BaseException as error:
            if not isinstance(error, SQLAlchemyError):
                self.broken = self.broken or error

    def _end(self, bridge: Bridge, session: Session | None, engine: Engine | None) -> None:
        if session is not None:
            self._quietly(bridge, session.close)
        if engine is not None:
            self._quietly(bridge, engine.dispose)
        bridge.leftovers()
        bridge.close()


def _begin(session: Session) -> None:
    session.connection()


def _commit(session: Session) -> None:
    session.commit()


def _roll_back(session: Session) -> None:
    session.rollback()


class Scene:
    """The actors of one case, and the one who tells them what to do.

    Args:
        names: of the actors, such as `T1` and `T2`.
        make_engine: makes an engine for one of them, in its own thread, and tells the number that
            its connection has at the server, None where there are none.
        waits: knows who waits for whom.
        recorder: the trace of the cell.
        is_async: whether the driver is asyncio's.
        free: ends every connection of the backend where nothing else helps.
        options: of the Sessions.

    """

    def __init__(
        self,
        names: Sequence[str],
        make_engine: Callable[[], tuple[Engine, Any]],
        waits: Waits,
        recorder: Recorder,
        *,
        is_async: bool,
        free: Callable[[], None],
        options: dict[str, Any],
    ) -> None:
        self.recorder = recorder
        self.is_async = is_async
        self._waits = waits
        self._free = free
        self._change = threading.Condition()
        self._changes = 0
        self._present: set[str] = set()
        self.actors: list[Actor] = []
        for name in names:
            self.actors.append(Actor(name, self, make_engine, options))
            # One after the other: an actor takes the threads that come up meanwhile for its own.
            with self._change:
                self._change.wait_for(lambda came=name: came in self._present, LONGEST_STEP)  # type: ignore[misc]

    def __enter__(self) -> Self:
        for actor in self.actors:
            if actor.broken is not None:
                broken = actor.broken
                self._dismiss()
                raise broken
        self._waits.begin(self.actors)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dismiss()
        broken = next((actor.broken for actor in self.actors if actor.broken is not None), None)
        if broken is not None and error is None:
            raise broken

    def _dismiss(self) -> None:
        """Let everybody come to an end: who is idle lets go of locks, and who waits goes on."""
        for actor in self.actors:
            actor.leave()
        for _ in looks(LONGEST_STEP):
            if all(actor.join(0.05) for actor in self.actors):
                break
        else:
            self._free()
            for actor in self.actors:
                actor.join(LONGEST_STEP)
        self._waits.end()

    def ready(self, actor: Actor) -> None:
        """Say that an actor has its Session."""
        with self._change:
            self._present.add(actor.name)
            self._change.notify_all()

    def changed(self) -> None:
        """Say that a step came to its end."""
        with self._change:
            self._changes += 1
            self._change.notify_all()

    def finish(self, actor: Actor) -> None:
        """Come back when an actor's steps have ended, and the others' as by `settle`.

        Raises:
            TimeoutError: some step did not.

        """
        with self._change:
            over = self._change.wait_for(lambda: not actor.busy, LONGEST_RACE)
        if not over:
            raise TimeoutError(f"{actor.name} did not come to an end.")
        self.settle()

    def settle(self) -> None:
        """Come back when each step under way has ended, or waits for a lock that nobody breaks.

        Raises:
            TimeoutError: some step did neither.

        """
        seen: set[Actor] = set()
        changes = -1
        for _ in looks(LONGEST_STEP):
            with self._change:
                if changes != self._changes:
                    changes = self._changes
                    seen.clear()
                    self._waits.mark()
                busy = [actor for actor in self.actors if actor.busy]
            if not busy:
                return
            waiting = self._waits.look(busy)
            # Twice in a row, so that a moment's wait within the server is not taken for one.
            if set(busy) <= seen & set(waiting) and not _ring(waiting):
                self._note(waiting)
                return
            seen = set(waiting)
            with self._change:
                self._change.wait_for(lambda at=changes: self._changes != at, LOOK_AGAIN)  # type: ignore[misc]
        names = ", ".join(actor.name for actor in self.actors if actor.busy)
        raise TimeoutError(f"{names} neither came to an end nor was seen to wait for a lock.")

    def _note(self, waiting: dict[Actor, list[Actor]]) -> None:
        for actor, holders in waiting.items():
            step = actor.current
            if step is None:
                continue
            for holder in holders:
                if holder.name not in step.waited_for:
                    step.waited_for.append(holder.name)
            if not step.waited:
                step.waited = True
                whom = " and ".join(step.waited_for) or "a lock"
                self.recorder.add("note", f"{actor.name} waits for {whom}")


def _ring(waiting: dict[Actor, list[Actor]]) -> bool:
    """Tell whether some wait for each other in a ring, which the server is about to break."""
    for start in waiting:
        seen: set[Actor] = set()
        now = {start}
        while now:
            now = {holder for actor in now for holder in waiting.get(actor, ())} - seen
            if start in now:
                return True
            seen |= now
    return False
