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
    processes: list[subprocess.Popen[bytes]] = []

    def clean_up() -> None:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.Signals[recipe.run.stop])
        try:
            for process in processes:
                process.wait(10)
        finally:
            record.end()

    at_exit(clean_up)
    copy_data(template.data, run / "data")
    port = free_port()
    values = program_values(programs, run)
    values |= {"port": str(port), "username": recipe.username, "password": template.password}
    write_files(recipe.run.files, values, run, None)
    log = run / "log"
    log.touch(mode=0o600)
    if account is not None:
        account.own(run)
    if abandoned.is_set():
        raise AbandonedError
    settings = compose_service(recipe.service).command
    command = command_of(programs, ("{server}", *recipe.run.arguments), values)
    environment = environment_of(recipe.run.environment, values, run)

    def begin() -> Server:
        process = _spawn([*command, *settings], run, log, environment)
        processes.append(process)

        def ended() -> str | None:
            code = process.poll()
            if code is None:
                return None
            taken = "" if is_free(port) else f" (port {port} was taken by another program meanwhile)"
            return f"ended with exit code {code}{taken}"

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
            ended=ended,
            log=lambda: log.read_text(encoding="utf-8", errors="replace"),
        )

    def restart() -> None:
        _shut_down(processes[-1], recipe)
        begin()

    server = begin()
    replace(record, server=server, owner=None if keep else owner).write()
    if keep:
        # It outlives this object on purpose, which would otherwise warn of a child left running.
        processes[-1].returncode = 0
    return Handle(server=server, restart=restart)


def _shut_down(process: subprocess.Popen[bytes], recipe: Recipe) -> None:
    process.send_signal(signal.Signals[recipe.run.shut_down])
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        raise ServerError(
            f"The {recipe.title} server did not end within {SECONDS_TO_END} s of {recipe.run.shut_down}."
        ) from None


def _spawn(
    command: list[str], run: Path, log: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    with log.open("ab") as written:
        return subprocess.Popen(
            command,
            cwd=run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal is for us; the server ends when we end it.
            start_new_session=True,
            **as_account(server_account()),
        )
