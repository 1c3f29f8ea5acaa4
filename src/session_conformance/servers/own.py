"""Servers beside those of a run: one for each service, for one user at a time, to be restarted."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import containers, process
from .finder import Search, fetched_programs
from .programs import local_programs
from .readiness import AbandonedError
from .recipe import recipe
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .handle import Handle
    from .server import Probe, Say, Server, Way

_LOOK_AGAIN = 0.1  # seconds between two looks at whether waiting has become useless


class OwnServers:
    """Starts a service's second server when it is first asked for, and stops all at the end.

    It is had as the first one was, so that it has the same version.
    """

    def __init__(self, services: Mapping[str, tuple[Way, Probe]], say: Say) -> None:
        self._services = services
        self._search = Search(keep=False, say=say)
        self._turns = {service: threading.Lock() for service in services}
        self._handles: dict[str, Handle] = {}
        self._failed: dict[str, ServerError] = {}

    @contextmanager
    def lent(self, service: str) -> Iterator[Server]:
        """Lend the server of a service to nobody else meanwhile; wait until it is free.

        Raises:
            ServerError: it cannot be started, now or when it was asked for before.

        """
        turn = self._turns[service]
        while not turn.acquire(timeout=_LOOK_AGAIN):
            self._go_on()
        try:
            if service not in self._handles:
                self._start(service)
            yield self._handles[service].server
        finally:
            turn.release()

    def restart(self, service: str) -> None:
        """Restart the server of a service, for the one to whom it is lent.

        Raises:
            ServerError: it does not come back; whoever is next gets a new one.

        """
        try:
            self._handles[service].restart()
        except BaseException:
            del self._handles[service]
            self._search.stop(service)
            raise

    def abandon(self) -> None:
        """Have everybody who waits give up."""
        self._search.abandoned.set()

    def close(self) -> None:
        """Stop everything; nobody may have a server any more."""
        self._handles.clear()
        self._search.stop_all()

    def _go_on(self) -> None:
        if self._search.abandoned.is_set():
            raise AbandonedError

    def _start(self, service: str) -> None:
        self._go_on()
        if service in self._failed:
            # Each cell would else wait until it has failed once more.
            raise ServerError(str(self._failed[service]))
        try:
            self._handles[service] = self._started(service)
        except ServerError as error:
            self._search.stop(service)
            self._failed[service] = error
            raise

    def _started(self, service: str) -> Handle:
        way, probe = self._services[service]
        search, its_recipe = self._search, recipe(service)
        if way in ("compose", "docker"):
            return containers.start(
                its_recipe,
                probe,
                restartable=True,
                say=_silent,
                abandoned=search.abandoned,
                at_exit=search.at_exit(service),
            )
        return process.start(
            its_recipe,
            fetched_programs(search, its_recipe)
            if way == "fetched"
            else local_programs(its_recipe),
            probe,
            way=way,
            say=_silent,
            abandoned=search.abandoned,
            at_exit=search.at_exit(service),
        )


def _silent(_line: str) -> None:
    """The run has said already which image it takes."""
