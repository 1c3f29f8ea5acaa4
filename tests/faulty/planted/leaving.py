"""Cases that leave something behind which no cell's own end clears away."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import text

from session_conformance import Database, promise

DOCS = "none"


@promise("leaving.thread", "A case that leaves a thread behind.", docs=DOCS)
def test_thread(db: Database) -> None:
    threading.Thread(target=threading.Event().wait, name="left over", daemon=True).start()
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


@promise("leaving.file", "A case that leaves a file beside its database's own.", docs=DOCS)
def test_file(db: Database) -> None:
    folder = Path(str(db.engine.url.database)).parent
    (folder / "left-over.txt").touch()
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1
