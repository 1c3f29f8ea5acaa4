"""Servers that are lent to cells: one at a time, taken back from whoever dies, gone at the end."""

from __future__ import annotations

import json
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from session_conformance.backend import known
from session_conformance.borrowing import Borrower, BorrowError, Loan
from session_conformance.lending import Lender
from session_conformance.reach import Reached
from session_conformance.redact import Secrets
from session_conformance.servers import Server, ServerError, recipe, survey, sweep
from session_conformance.unsupported import UnsupportedError
from session_conformance.watchdog import Watchdog

from .faulty.command import ROOT, run
from .faulty.held import HeldRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLANTED = ROOT / "tests" / "faulty" / "planted" / "owning.py"
BACKEND = "postgresql-psycopg"
SERVER = Server(
    service="postgresql",
    way="docker",
    host="127.0.0.1",
    port=5432,
    username="conformance",
    password="s3cret-word",
    database="postgres",
    version="18",
    detail="nowhere",
)


class FakeServers:
    """Lends what is no server, and notes what is asked of it."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.restarts = 0
        self.given_back = threading.Semaphore(0)
        self.trouble: ServerError | None = None
        self.closed = False

    @contextmanager
    def lent(self, service: str) -> Iterator[Server]:
        assert service == "postgresql"
        if self.trouble is not None:
            raise self.trouble
        with self.turn:
            yield SERVER
        self.given_back.release()

    def restart(self, service: str) -> None:
        assert service == "postgresql"
        if self.trouble is not None:
            raise self.trouble
        self.restarts += 1

    def abandon(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class Record:
    way = "docker"

    def __init__(self, *, own_server: bool) -> None:
        self.capabilities = {"own_server": own_server}


class Place:
    backend = known()[BACKEND]


def reached(*, own_server: bool = True) -> list[Any]:
    return [Reached(Place(), Record(own_server=own_server), None)]  # type: ignore[arg-type]


@pytest.fixture
def fake() -> FakeServers:
    return FakeServers()


@pytest.fixture
def lender(fake: FakeServers) -> Iterator[Lender]:
    lender = Lender(reached(), pytest.fail)
    lender._servers = fake  # type: ignore[assignment]
    with lender:
        yield lender
    assert fake.closed


@pytest.fixture
def borrower(lender: Lender, tmp_path: Path) -> Iterator[Borrower]:
    watchdog = Watchdog(tmp_path / "note.json")
    yield Borrower(lender.address, watchdog, Secrets())
    watchdog.close()


def test_a_server_is_lent_restarted_and_given_back(fake: FakeServers, borrower: Borrower) -> None:
    with borrower.borrowed(BACKEND) as loan:
        assert fake.turn.locked()
        loan.restart()
        loan.restart()

    assert fake.given_back.acquire(timeout=5)
    assert fake.restarts == 2
    assert loan.url.drivername == "postgresql+psycopg"
    assert (loan.url.port, loan.url.password) == (5432, "s3cret-word")


def test_a_server_is_lent_to_one_at_a_time(borrower: Borrower) -> None:
    taken = threading.Event()

    def second() -> None:
        with borrower.borrowed(BACKEND):
            taken.set()

    with borrower.borrowed(BACKEND):
        other = threading.Thread(target=second)
        other.start()
        assert not taken.wait(0.1)
    assert taken.wait(5)
    other.join()


def test_what_is_lent_comes_back_from_whoever_is_gone(fake: FakeServers, lender: Lender) -> None:
    assert lender.address is not None
    with socket.create_connection(("127.0.0.1", lender.address["port"])) as gone:
        asked = {"word": lender.address["word"], "backend": BACKEND}
        gone.sendall(json.dumps(asked).encode() + b"\n")
        assert b"s3cret-word" in gone.recv(1000)

    assert fake.given_back.acquire(timeout=5)


@pytest.mark.parametrize(
    "said", [b'{"word": "guessed", "backend": "postgresql-psycopg"}\n', b"GET /\n", b"[1]\n", b""]
)
def test_a_stranger_is_told_nothing(lender: Lender, said: bytes) -> None:
    assert lender.address is not None
    with socket.create_connection(("127.0.0.1", lender.address["port"])) as stranger:
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(1000) == b""


def test_why_there_is_no_server_is_told_to_the_cell(fake: FakeServers, borrower: Borrower) -> None:
    fake.trouble = ServerError("No room for a second server.")

    with pytest.raises(BorrowError, match="No room"), borrower.borrowed(BACKEND):
        pass


def test_a_server_that_does_not_come_back_ends_the_loan(
    fake: FakeServers, borrower: Borrower
) -> None:
    with borrower.borrowed(BACKEND) as loan:
        fake.trouble = ServerError("It says s3cret-word and ends.")
        with pytest.raises(BorrowError, match=r"It says \*\*\* and ends"):
            loan.restart()
        fake.trouble = None
        with pytest.raises(BorrowError):
            loan.restart()

    assert fake.restarts == 0
    with borrower.borrowed(BACKEND) as another:
        assert isinstance(another, Loan)


def test_the_end_takes_back_what_is_lent(fake: FakeServers, tmp_path: Path) -> None:
    lender = Lender(reached(), pytest.fail)
    lender._servers = fake  # type: ignore[assignment]
    watchdog = Watchdog(tmp_path / "note.json")
    with lender:
        borrower = Borrower(lender.address, watchdog, Secrets())
        loan = borrower.borrowed(BACKEND)
        held = loan.__enter__()
    assert not fake.turn.locked()
    assert fake.closed
    with pytest.raises(BorrowError):
        held.restart()
    loan.__exit__(None, None, None)
    watchdog.close()


def test_where_no_server_was_started_none_is_lent(tmp_path: Path) -> None:
    watchdog = Watchdog(tmp_path / "note.json")
    with Lender(reached(own_server=False), pytest.fail) as lender:
        assert lender.address is None
        borrower = Borrower(lender.address, watchdog, Secrets())
        with pytest.raises(UnsupportedError, match="own_server"), borrower.borrowed(BACKEND):
            pass
    watchdog.close()


@pytest.mark.parametrize("way", ["compose", "docker", "local", "fetched"])
def test_a_server_that_the_suite_can_start_has_a_second_one(way: str) -> None:
    assert known()[BACKEND].at("18", way).can("own_server")


@pytest.mark.parametrize("way", ["url", "embedded", None])
def test_another_server_has_none(way: str | None) -> None:
    assert not known()[BACKEND].at("18", way).can("own_server")
    assert not known()["sqlite-pysqlite"].at("3.50", way).can("own_server")


def test_a_cell_that_needs_one_is_unsupported_without(tmp_path: Path) -> None:
    words = ["--backend", "sqlite-pysqlite", "--case", "disconnects.server-restart"]

    ran = run(words, tmp_path)

    assert ran.code == 0, ran.said
    assert {result.outcome for result in ran.results.results} == {"unsupported"}


@pytest.mark.servers
def test_the_server_of_a_url_is_not_restarted(url_options: list[str], tmp_path: Path) -> None:
    words = ["--backend", BACKEND, "--case", "disconnects.server-restart"]
    named = next(word for word in url_options if word.startswith("postgresql="))

    ran = run([*words, "--url", named], tmp_path)

    assert ran.code == 0, ran.said
    assert ran.result("disconnects.server-restart").outcome == "unsupported"
    assert ran.result("capabilities.own-server").outcome == "unsupported"


@pytest.fixture
def startable() -> None:
    """Skip where no server can be started."""
    ways = survey(recipe("postgresql")).ways
    if not any(way.available for way in ways):
        pytest.skip(" ".join(way.detail for way in ways))


@pytest.mark.servers
@pytest.mark.usefixtures("startable")
def test_a_server_is_had_again_after_a_cell_that_died_with_it(tmp_path: Path) -> None:
    words = [
        "--backend",
        BACKEND,
        "--cases",
        str(PLANTED),
        "--case",
        "owning.a-dies,owning.b-follows",
    ]

    ran = run([*words, "--limit", "5"], tmp_path)

    assert ran.result("owning.a-dies").outcome == "crashed", ran.said
    assert ran.result("owning.b-follows").outcome == "passed", ran.said


def is_listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.servers
@pytest.mark.usefixtures("startable")
@pytest.mark.parametrize("group", [True, False], ids=["ctrl-c", "interrupt"])
def test_an_interrupted_run_leaves_no_server(tmp_path: Path, group: bool) -> None:
    told = tmp_path / "port"
    words = ["--backend", BACKEND, "--case", "owning.b-follows,owning.c-waits"]
    with HeldRun(words, tmp_path, cases=PLANTED, PLANTED_PORT=str(told)) as held:
        port = int(told.read_text(encoding="ascii"))
        assert is_listening(port)
        held.send(signal.SIGINT, group=group)
        ran = held.wait()

    assert ran.code == 2, ran.said
    assert not is_listening(port)


@pytest.mark.servers
@pytest.mark.usefixtures("startable")
def test_the_server_of_a_killed_run_is_swept(tmp_path: Path) -> None:
    told = tmp_path / "port"
    words = ["--backend", BACKEND, "--case", "owning.b-follows,owning.c-waits"]
    with HeldRun(words, tmp_path, cases=PLANTED, PLANTED_PORT=str(told)) as held:
        port = int(told.read_text(encoding="ascii"))
        held.send(signal.SIGKILL)
        held.wait()
        assert is_listening(port)

    sweep(lambda _line: None)

    assert not is_listening(port)
