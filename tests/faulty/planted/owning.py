"""Cases with a server of their own: one waits at a gate, one takes its process with it."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "none"
NEEDS = ("own_server",)


@promise("owning.a-dies", "A case that takes its process with it.", docs=DOCS, needs=NEEDS)
def test_dies(db: Database) -> None:
    with db.own_server() as server, Session(server.new_engine()) as session:
        session.scalar(text("SELECT 1"))
        os.abort()
    assert True


@promise("owning.b-follows", "A case that gets the server after it.", docs=DOCS, needs=NEEDS)
def test_follows(db: Database) -> None:
    with db.own_server() as server:
        server.given(Account(id=1, owner="Ann"))
        server.restart()

        with Session(server.new_engine()) as session:
            assert session.get_one(Account, 1).owner == "Ann"


@promise("owning.c-waits", "A case that waits at its gate.", docs=DOCS, needs=NEEDS)
def test_waits(db: Database) -> None:
    with db.own_server() as server, Session(server.new_engine()) as session:
        port = server.new_engine().url.port
        Path(os.environ["PLANTED_PORT"]).write_text(str(port), encoding="ascii")
        # Opening a pipe waits until somebody opens its other end.
        Path(os.environ["PLANTED_GATE"]).read_text(encoding="utf-8")
        assert session.scalar(text("SELECT 1")) == 1
