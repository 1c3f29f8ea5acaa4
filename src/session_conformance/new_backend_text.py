"""The text of a new backend's file and of a new database's, with an explanation of each key."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .capability import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .recognise import Recognised

WIDTH = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of a new backend.

    `known` tells whether the suite knows the database; `family` is the text of a file that
    describes it and was there. `has` is what the probes found, by capability, `why` the reason
    where something does not work, `expected` what the database's file says.
    """

    id: str
    recognised: Recognised
    database: str
    setup: str | None = None
    of_server: bool = True
    known: bool = True
    family: str | None = None
    version: str | None = None
    has: Mapping[str, bool] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, bool] = field(default_factory=dict)


def backend_text(found: Found) -> str:
    """Return the file of a backend, ready for `session-conformance run --backend-file`."""
    it = found.recognised
    title = it.drivername.partition("+")[2] or it.distribution or found.id
    title += " (async)" if it.is_async and "async" not in title and "aio" not in title else ""
    parts = [
        f"# A backend of Session Conformance: {found.database} through {title}. Run it:\n"
        f"#     session-conformance run --backend-file {found.id}.toml --url {found.id}=URL\n"
        f"#     session-conformance lint {found.id}.toml",
        _key("The name of the driver in reports.", "title", title),
        _key(
            "The database: what is known of it is taken over. " + _where(found),
            "database", found.database,
        ),
        _key("The first word of a URL that leads to the driver.", "drivername", it.drivername),
        _key(
            "The package whose version reports show.", "distribution", it.distribution, "my-driver"
        ),
        _key("Whether the driver is asyncio's.", "async", it.is_async),
        _key(
            "A module that is imported first, such as one that registers the dialect.",
            "setup", found.setup, "my_driver.sqlalchemy",
        ),
        _key(
            "A backend of the suite on whose dialect this one's is built: what is declared of that "
            "one holds here too, and need not.", "like",
            it.like if found.database == it.family else None, "postgresql-psycopg",
        ),
        _key(
            "Where a database lives, if not where the database's file says: “memory” for one "
            "connection that nobody else can look into.", "storage", None, "memory",
        ),
        _key(
            "By how much more time than others' a cell may take, for a slow driver.",
            "patience", None, 5,
        ),
        _key(
            "A Python file beside this one, whose prepare(connection) gets each connection of the "
            "driver.", "hooks", None, f"{found.id}.py",
        ),
        _key(
            "Answers to questions that are expected here, where they are not the database's: a "
            "file in the folder answers beside this one.", "answers", None, f"{found.id}.toml",
        ),
        _comment("Arguments of the driver's connect(), and of SQLAlchemy's create_engine().")
        + "\n# [connect_args]\n# connect_timeout = 5\n# [engine]\n# pool_pre_ping = true",
        _capabilities(found),
        _differs(),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _where(found: Found) -> str:
    if found.known and found.family is None:
        return "The suite knows this one."
    return f"This one is described in databases/{found.database}.toml beside this file."


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, WIDTH))


def _key(meaning: str, name: str, value: object, example: object = None) -> str:
    """Return a key under its explanation; one without a value is an example in a comment."""
    shown = example if value is None else value
    line = f"{name} = {json.dumps(shown, ensure_ascii=False)}"
    return f"{_comment(meaning)}\n{'# ' if value is None else ''}{line}"


def _capabilities(found: Found) -> str:
    """Return the table of capabilities; what the database's file says too is a comment in it."""
    if not found.has:
        return ""
    version = f" {found.version}" if found.version else ""
    lines = [
        _comment(
            f"What it can do, as found on {found.database}{version}. A line is needed only where "
            "the backend departs from its database's file; the others are here to be seen."
        ),
        "[capabilities]",
    ]
    for name, has in found.has.items():
        same = has == found.expected[name]
        lines.append(_comment(CAPABILITIES[name]))
        if not has and found.why.get(name):
            lines.append(_comment(f"Found: {textwrap.shorten(found.why[name], 240)}"))
        lines.append(f"{'# ' if same else ''}{name} = {'true' if has else 'false'}")
    return "\n".join(lines)


def _differs() -> str:
    return (
        _comment(
            "A difference that stays is declared, and holds both ways: once it is gone, the run "
            "fails until its table is removed. “session-conformance list” shows the cases."
        )
        + """
# [differs."chapter.what-happens"]
# outcome = "failed"        # failed, error, timeout, crashed or answered
# cause = "driver"          # driver, database or sqlalchemy
# why = "One sentence."
# source = "A link to documentation or to an issue."
# script = "what_happens.py"  # optional: shows it without this suite, beside this file
# variants = ["one"]          # optional: of these variants only"""
    )


#: The statements of a database's file: name, the capability or the part of a run that needs it,
#: and what it does.
STATEMENTS = (
    ("create_database", "a server", "Makes a database; {name} is filled in. Without it, the empty "
     "database that the URL names is used."),
    ("drop_database", "a server", "Removes the database {name}, one that is not there too."),
    ("databases", "a server", "Lists the databases, so that what a killed run left is found."),
    ("hold_run", "a server", "Takes a lock that lasts as long as its connection, by {run} or "
     "{number}, without waiting: true where it was free."),
    ("tables", "every run", "Lists the tables: a database that holds any is refused. Without it, "
     "the dialect is asked."),
    ("version", "reports", "Gives the server's version."),
    ("connection_id", "kill_connection, connection_list, waits",
     "Gives the number of the connection that asks."),
    ("kill", "kill_connection", "Ends the connection {id}."),
    ("cancel", "questions about cancelling", "Ends the statement of the connection {id}."),
    ("connections", "connection_list", "Lists the numbers of the other connections to this "
     "database."),
    ("lock_row", "row_locks", "Locks the row of {table} whose {key} is {value}, or fails at once."),
    ("unlock_row", "row_locks", "Gives that lock back, where no rollback of SQLAlchemy's does."),
    ("sleep", "statement_timeout", "Takes {seconds} seconds."),
    ("limit_time", "statement_timeout", "Limits a statement of this connection to {seconds}."),
    ("limit_idle", "idle_timeout", "Lets the server close this connection after a second."),
    ("limit_idle_in_transaction", "idle_timeout", "As limit_idle, within a transaction."),
    ("limit_lock_wait", "questions about locks", "Limits the wait for a lock to a second."),
    ("wait_long", "questions about locks", "Lets this connection wait fifteen seconds for a lock."),
    ("waits", "isolation, concurrency", "Lists who waits for whom: two numbers of connections."),
    ("waits_for_table", "isolation, concurrency", "Lists who waits for a table's definition."),
    ("waits_checked", "concurrency", "Lists who waits and was looked at for a deadlock already. "
     "Without it, the server looks as soon as somebody waits."),
    ("settings", "the report", "Shows name and value of the settings that decide answers."),
    ("unfinished", "disconnects", "Shows the transactions that are being undone."),
    ("isolation_level", "isolation_levels", "Gives the isolation level that is in force."),
    ("in_transaction", "autobegin", "Counts the open transactions of the connection {id}."),
    ("prepared", "two_phase", "Lists the prepared transactions."),
    ("rollback_prepared", "two_phase", "Undoes the prepared transaction {name}."),
    ("time_zone", "session_time_zone", "Sets this connection's time zone to +05:30."),
    ("clock", "generated values", "The expression for now, with parts of a second."),
    ("failing_query", "streams", "Gives hundreds of rows and then fails."),
    ("no_transaction", "autocommit", "A statement that no transaction allows."),
    ("insert_trigger", "triggers", "Makes {name}: INSERT into {table} writes {column} to {log}."),
    ("update_trigger", "triggers", "Makes {name}: an UPDATE of {table} adds one to {column}."),
    ("fill_trigger", "triggers", "Makes {name}: an INSERT into {table} sets {column} to {value}."),
    ("refuse_trigger", "triggers", "Makes {name}: an INSERT into {table} fails with {message}."),
    ("drop_trigger", "triggers", "Removes {name}, where a table cannot be dropped before."),
    ("forbidden", "errors", "A statement that nobody may carry out."),
    ("warned", "errors", "A statement of which the server warns."),
    ("read_only", "errors", "Makes the transactions of this connection read-only."),
    ("row_version", "optimistic locking", "The column in which the server counts versions."),
)  # fmt: skip


def family_text(found: Found) -> str:
    """Return the file of a database that the suite does not know, for its author to fill in."""
    storage = "server" if found.of_server else "file"
    parts = [
        _comment(
            f"A database of Session Conformance: {found.database}, for all its drivers. Fill in "
            "what there is and take the # away; what is missing costs the cases that need it. "
            "“session-conformance backends --meanings” says what each capability is."
        ),
        _key("The name of the database in reports.", "title", found.database),
        _key(
            "Where a database lives: “server”, which has many, or “file”, one each.",
            "storage", storage,
        ),
        _key("The database to connect to where a URL names none.", "maintenance", None, "main"),
        _key(
            "URL words of drivers for the independent connection, which looks at what is stored: "
            "the first that is installed is taken. Name one that you trust; without any, the "
            "driver under test is its own witness.",
            "observers", None, [found.recognised.drivername],
        ),
        _key(
            "How that connection is made to commit each statement: by the isolation level "
            "AUTOCOMMIT (“level”), because the driver does so until BEGIN is sent (“unbegun”), or "
            "by the function observe(connection) of hooks (“observe”).", "autocommit", "level",
        ),
        _key(
            "How a commit can be made to fail: the connection is ended (“kill”), a reader is in "
            "the way (“reader”), or two transactions collide (“conflict”).", "break_commit", "kill",
        ),
        _key("Statements for each new connection.", "on_connect", None, ["SET lock_timeout = 3"]),
        _key("Error codes of a lock that is not to be had.", "locked_codes", None, ["55P03"]),
        _key("Error codes of what this user may not do.", "denied_codes", None, ["42501"]),
        _key("Whether a key that counts by itself needs a sequence.", "sequence_keys", False),
        _key("Whether a conflict raises at once, so that nobody waits.", "never_waits", False),
        _key(
            "Whether the server closes the socket of a connection that it ends.", "hangs_up", False
        ),
        _key(
            "A Python file beside this one, for what no SQL does: create_database(url), "
            "drop_database(url), prepare(connection), observe(connection).", "hooks", None,
            f"{found.database}.py",
        ),
        _comment("Statements in which databases differ; behind each, who needs it.") + "\n[sql]",
        *(
            _comment(f"For {needed_by}. {meaning}") + f'\n# {name} = ""'
            for name, needed_by, meaning in STATEMENTS
        ),
        _comment(
            "What every driver of the database can do. What a driver departs in stands in its own "
            "file."
        )
        + "\n[capabilities]\n"
        + "\n".join(
            f"{_comment(meaning)}\n# {name} = true"
            for name, meaning in CAPABILITIES.items()
            if name not in {"async", "threads", "reclaims_forgotten", "own_server"}
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"
