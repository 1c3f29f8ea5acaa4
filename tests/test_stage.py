"""What is kept from one scene to the next, and what is not."""

from __future__ import annotations

import textwrap
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from session_conformance.condition import Condition
from session_conformance.player import Equipment
from session_conformance.stage import MOST_ENGINES, Stage

from .faulty.command import run

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

    from session_conformance.player import Place, Player

CASES = """
from sqlalchemy import text
from session_conformance import Database, promise

LEFT = text("CREATE TEMPORARY TABLE left_over (id INTEGER)")

def plainly(session):
    return session.scalar(text("SELECT 1"))

def remember(session):
    return id(session.connection().connection.dbapi_connection)

seen = []

@promise("stage.first", "A Session of a scene leaves a table in its connection.", docs="x")
def test_first(db: Database):
    with db.together("T1") as (one,):
        one.does(lambda session: session.execute(LEFT))
        one.commits()
        assert one.committed

@promise("stage.second", "The next scene does not see it.", docs="x")
def test_second(db: Database):
    with db.together("T1") as (one,):
        one.does(lambda session: session.execute(LEFT))
        assert not one.errors

@promise("stage.third", "A scene may leave nothing in its connection.", docs="x")
def test_third(db: Database):
    with db.together("T1") as (one,):
        one.does(plainly)
        seen.append(one.does(remember).value)
        assert seen

@promise("stage.fourth", "Then the next one gets it.", docs="x")
def test_fourth(db: Database):
    with db.together("T1") as (one,):
        one.does(plainly)
        seen.append(one.does(remember).value)
    assert seen[0] == seen[1]
"""


@pytest.mark.servers
@pytest.mark.parametrize("backend", ["postgresql-psycopg", "postgresql-asyncpg", "mysql-pymysql"])
def test_a_scene_leaves_nothing_to_the_next(
    tmp_path: Path, servers: dict[str, str], backend: str
) -> None:
    """Temporary tables go with their connection: MySQL's COMMIT does not drop them."""
    folder = tmp_path / "cases"
    folder.mkdir()
    folder.joinpath("test_order.py").write_text(textwrap.dedent(CASES), encoding="utf-8")
    database = backend.partition("-")[0]
    words = ["--backend", backend, "--cases", str(folder), "--jobs", "1"]

    ran = run([*words, "--url", f"{database}={servers[database]}"], tmp_path / "out")

    outcomes = {result.case: result.outcome for result in ran.results.results}
    assert outcomes == dict.fromkeys(
        ["stage.first", "stage.second", "stage.third", "stage.fourth"], "passed"
    ), ran.said


def place(player: Player, condition: Condition) -> Place:
    found: list[Place] = []
    done = threading.Event()

    def take() -> None:
        found.append(player.place(condition))
        done.set()

    player.tell(take)
    assert done.wait(10)
    return found[0]


def make_stage() -> Stage:
    def make_engine(condition: Condition) -> Engine:
        del condition
        return create_engine("sqlite://", poolclass=QueuePool, pool_size=1)

    def number_of(connection: Connection) -> None:
        del connection

    return Stage(
        Equipment(
            is_async=False, make_engine=make_engine, number_of=number_of, keeps_connections=True
        )
    )


def test_an_engine_is_made_once_for_each_condition() -> None:
    stage = make_stage()
    try:
        (player,) = stage.players(1)
        first = place(player, Condition(level="one"))
        other = place(player, Condition(level="two"))

        assert place(stage.players(1)[0], Condition(level="one")) is first
        assert other is not first
        assert stage.engines == 2
    finally:
        stage.close()


def test_a_process_keeps_no_more_engines_than_it_may() -> None:
    stages = [make_stage() for _ in range(3)]
    try:
        for number in range(MOST_ENGINES):
            for stage in stages:
                for player in stage.players(2):
                    place(player, Condition(level=str(number)))
                assert sum(one.engines for one in stages) <= MOST_ENGINES
    finally:
        for stage in stages:
            stage.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("player")]
