"""Several Sessions at once, each in a thread of its own, driven step by step from outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from .looks import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from .condition import Condition
    from .player import Player
    from .stage import Stage
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
    """A Session in the thread of a player."""

    def __init__(
        self,
        name: str,
        scene: Scene,
        player: Player,
        condition: Condition,
        options: dict[str, Any],
    ) -> None:
        self.name = name
        self.steps: list[Step] = []
        self.number: Any = None
        self.threads: list[int] = []
        self.broken: BaseException | None = None
        self.player = player
        self._scene = scene
        self._condition = condition
        self._options = options
        self._session: Session | None = None
        self._failed = False
        self._gone = threading.Event()

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

        def take() -> None:
            self._perform(step, lambda session: function(session, *arguments, **more), go_on)
            step.ended = True
            self._scene.changed()

        self.player.tell(take)
        return step

    def ends(self) -> None:
        """Come back when its steps are over: who waits goes on, or a limit ends the wait.

        Raises:
            TimeoutError: nothing ended it.

        """
        self._scene.finish(self)

    def passes_deadlock_check(self) -> None:
        """Come back when the database has looked whether its wait is part of a deadlock.

        Some servers look once, when somebody has waited for a while; then who comes to wait later
        is the one to find the deadlock. Comes back at once where every wait is looked at as it
        begins, and where this one does not wait.

        Raises:
            TimeoutError: it waits, and the server did not look.

        """
        self._scene.outlast_check(self)

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

    def enter(self) -> None:
        """Have the player open its Session; the scene is told when it is there."""
        self.player.tell(self._enter)

    def leave(self) -> None:
        """Have the player close its Session."""
        self.player.tell(self._leave)

    def gone(self, seconds: float) -> bool:
        """Wait until it has left; tell whether it has."""
        return self._gone.wait(seconds)

    def _enter(self) -> None:
        self._scene.recorder.name_thread(self.name)
        try:
            place = self.player.place(self._condition)
            self.number, self.threads = place.number, place.threads
            self._session = Session(place.engine, **self._options)
        except BaseException as error:
            self.broken = error
        self._scene.ready(self)

    def _perform(self, step: Step, function: Callable[[Session], Any], go_on: bool) -> None:
        session = self._session
        if self._failed or self.broken is not None or session is None:
            step.skipped = True
            return
        try:
            step.value = self.player.bridge.call(lambda: function(session))
        except SQLAlchemyError as error:
            step.error = error
            if not go_on:
                self._failed = True
                self._quietly(session.rollback)
        except BaseException as error:
            self.broken = error
            self._quietly(session.rollback)

    def _quietly(self, function: Callable[[], None]) -> None:
        try:
            self.player.bridge.call(function)
        except BaseException as error:
            if not isinstance(error, SQLAlchemyError):
                self.broken = self.broken or error

    def _leave(self) -> None:
        if self._session is not None:
            self._quietly(self._session.close)
        self._quietly(lambda: self.player.rest(self._condition))
        self.player.bridge.leftovers()
        self._gone.set()


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
        stage: lends the threads and engines.
        condition: under which all of them work.
        waits: knows who waits for whom.
        recorder: the trace of the cell.
        free: ends every connection of the backend where nothing else helps.
        options: of the Sessions.

    """

    def __init__(
        self,
        names: Sequence[str],
        stage: Stage,
        condition: Condition,
        waits: Waits,
        recorder: Recorder,
        *,
        free: Callable[[], None],
        options: dict[str, Any],
    ) -> None:
        self.recorder = recorder
        self._stage = stage
        self._waits = waits
        self._free = free
        self._change = threading.Condition()
        self._changes = 0
        self._present: set[str] = set()
        self.actors = [
            Actor(name, self, player, condition, options)
            for name, player in zip(names, stage.players(len(names)), strict=True)
        ]

    def __enter__(self) -> Self:
        # What it takes to get ready is no part of the trace.
        with self.recorder.paused():
            for actor in self.actors:
                actor.enter()
                # One after the other: a player takes the threads that come up for its own.
                with self._change:
                    self._change.wait_for(
                        lambda came=actor.name: came in self._present,  # type: ignore[misc]
                        LONGEST_STEP,
                    )
        broken = next((actor.broken for actor in self.actors if actor.broken is not None), None)
        if broken is not None:
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
        busy = []
        for actor in self.actors:
            idle = not actor.busy
            actor.leave()
            # One after the other, so that the end of a trace is the same each time.
            if not (idle and actor.gone(LONGEST_STEP)):
                busy.append(actor)
        for _ in looks(LONGEST_STEP):
            if all(actor.gone(0.05) for actor in busy):
                break
        else:
            self._free()
            for actor in busy:
                if not actor.gone(LONGEST_STEP):
                    self._stage.dismiss(actor.player)
        if any(actor.broken is not None for actor in self.actors):
            self._stage.clear()
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

    def outlast_check(self, actor: Actor) -> None:
        """Come back when an actor has ended, or its wait was looked at for a deadlock.

        Raises:
            TimeoutError: neither came about.

        """
        for _ in looks(LONGEST_STEP):
            if not actor.busy or self._waits.checked(actor):
                return
            with self._change:
                self._change.wait_for(lambda: not actor.busy, LOOK_AGAIN)
        raise TimeoutError(
            f"{actor.name} waits for a lock, and the server did not look for a deadlock in "
            f"{LONGEST_STEP:g} s."
        )

    def settle(self) -> None:
        """Come back when each step under way has ended, or waits for a lock that nobody breaks.

        Raises:
            TimeoutError: some step did neither.

        """
        seen: set[Actor] = set()
        changes = -1
        # Most steps are over before anybody could look.
        with self._change:
            self._change.wait_for(lambda: not self._busy, LOOK_AGAIN)
        for _ in looks(LONGEST_STEP):
            with self._change:
                if changes != self._changes:
                    changes = self._changes
                    seen.clear()
                    self._waits.mark()
                busy = self._busy
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

    @property
    def _busy(self) -> list[Actor]:
        return [actor for actor in self.actors if actor.busy]

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
