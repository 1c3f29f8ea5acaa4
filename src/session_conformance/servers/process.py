"""Servers as processes of this machine, each in a directory of its own, on a free port."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from .account import as_account, server_account
from .compose import compose_service
from .expand import command_of, environment_of, program_values, write_files
from .handle import SECONDS_TO_END, Handle
from .owner import Owner
from .places import can_enter, make_run_directory
from .ports import HOST, free_port, is_free
from .readiness import AbandonedError, wait_until_ready
from .record import Record
from .server import Server, ServerError
from .template import copy_data, template_for

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from .account import Account
    from .programs import Programs
    from .recipe import Recipe
    from .server import Probe, Say, Way


def _account_for(programs: Programs) -> Account | None:
    account = server_account()
    if account is not None and not can_enter(programs.server, account.uid):
        raise ServerError(
            f"{programs.server} cannot be run: servers run as the user {account.name}, who may "
            "not enter its folder.",
            "Run as an ordinary user, or install the programs where everybody can read them.",
        )
    return account


def start(
    recipe: Recipe,
    programs: Programs,
    probe: Probe,
    *,
    way: Way,
    keep: bool = False,
    say: Say,
    abandoned: threading.Event,
    at_exit: Callable[[Callable[[], None]], None],
) -> Handle:
    """Start a server in a fresh directory and wait until it answers.

    `at_exit` is given the function that stops it and removes its directory, before it is started.
    With `keep` the server stays until `session-conformance servers stop`.

    Raises:
        ServerError: it cannot be initialised, ends at once or does not answer.

    """
    account = _account_for(programs)
    owner = Owner.here()
    template = template_for(
        recipe, programs, account=account, owner=owner, say=say, abandoned=abandoned
    )
    run = make_run_directory(recipe.service)
    record = Record(service=recipe.service, directory=run, stop_signal=recipe.run.stop, owner=owner)
    record.write()
    program = _Program(recipe, run)

    def clean_up() -> None:
        try:
            program.stop()
        finally:
            record.end()

    at_exit(clean_up)
    copy_data(template.data, run / "data")
    port = free_port()
    values = program_values(programs, run)
    values |= {"port": str(port), "username": recipe.username, "password": template.password}
    write_files(recipe.run.files, values, run, None)
    program.log.touch(mode=0o600)
    if account is not None:
        account.own(run)
    if abandoned.is_set():
        raise AbandonedError
    settings = compose_service(recipe.service).command
    command = command_of(programs, ("{server}", *recipe.run.arguments), values)
    environment = environment_of(recipe.run.environment, values, run)

    def begin() -> Server:
        program.run([*command, *settings], environment)
        return wait_until_ready(
            Server(
                service=recipe.service,
                way=way,
                host=HOST,
                port=port,
                username=recipe.username,
                password=template.password,
                database=recipe.database,
                version="",
                detail=programs.detail,
            ),
            probe,
            seconds=recipe.seconds,
            abandoned=abandoned,
            ended=lambda: program.ended(port),
            log=lambda: program.log.read_text(encoding="utf-8", errors="replace"),
        )

    def restart() -> None:
        program.shut_down()
        begin()

    server = begin()
    replace(record, server=server, owner=None if keep else owner).write()
    if keep:
        program.leave()
    return Handle(server=server, restart=restart)


class _Program:
    """One server's program in its directory: run, ended, and perhaps run again."""

    def __init__(self, recipe: Recipe, directory: Path) -> None:
        self._recipe = recipe
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.log = directory / "log"

    def run(self, command: list[str], environment: dict[str, str]) -> None:
        """Run the program as the user that servers run as."""
        with self.log.open("ab") as written:
            self._process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for us; the server ends when we end it.
                start_new_session=True,
                **as_account(server_account()),
            )

    def ended(self, port: int) -> str | None:
        """Return how it ended, None while it runs; `port` is the one it was to listen on."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return None
        taken = "" if is_free(port) else f" (port {port} was taken by another program meanwhile)"
        return f"ended with exit code {code}{taken}"

    def shut_down(self) -> None:
        """End it in good order."""
        self._end(self._recipe.run.shut_down, SECONDS_TO_END)

    def stop(self) -> None:
        """End it for good."""
        self._end(self._recipe.run.stop, 10)

    def _end(self, name: str, seconds: float) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.Signals[name])
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            title = self._recipe.title
            raise ServerError(f"{title} did not end within {seconds:g} s of {name}.") from None

    def leave(self) -> None:
        """Let it outlive this object, which would otherwise warn of a child left running."""
        if self._process is not None:
            self._process.returncode = 0
