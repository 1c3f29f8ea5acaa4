"""What a backend can or cannot do: one list, one sentence each."""

from __future__ import annotations

CAPABILITIES: dict[str, str] = {
    "async": "The driver is asyncio's, and AsyncSession can use it.",
    "threads": "Sessions of one engine can be used in several threads at once.",
    "reclaims_forgotten": "A connection whose owner is forgotten goes back to its pool.",
    "second_connection": "A second, independent connection sees the same database.",
    "row_locks": "A transaction locks the rows it writes and no others.",
    "savepoints": "SAVEPOINT, ROLLBACK TO and RELEASE work inside a transaction.",
    "two_phase": "A transaction can be prepared and committed later, by name.",
    "returning": "INSERT … RETURNING gives back what the server generated.",
    "kill_connection": "One connection can end another one at the server.",
    "fk_enforcement": "Foreign keys are enforced.",
    "deferrable_constraints": "A foreign key can wait for COMMIT to be held to.",
    "transactional_ddl": "CREATE TABLE is undone by a rollback.",
    "insert_returning_many": "INSERT … RETURNING gives back many rows at once.",
    "update_returning": "UPDATE … RETURNING gives back the rows it changed.",
    "delete_returning": "DELETE … RETURNING gives back the rows it removed.",
    "upsert": "The dialect has an INSERT that updates the rows that are there already.",
    "triggers": "A trigger changes a row on its way in, and writes other rows.",
    "computed_columns": "The server computes a stored column from others of its row.",
    "sequences": "CREATE SEQUENCE makes a counter of its own.",
    "connection_list": "The server lists its connections, by the number that each one knows.",
    "isolation_levels": "READ COMMITTED and REPEATABLE READ can be set, and see what they should.",
    "autocommit": "A connection can be told to commit each statement at once.",
    "select_for_update": "SELECT … FOR UPDATE locks the rows that it reads.",
    "server_side_cursor": "A streamed result arrives while it is read, not all of it before.",
    "statement_timeout": "The server ends a statement that takes longer than it may.",
    "idle_timeout": "The server closes a connection that nobody has used for a while.",
    "json": "There is a column type for JSON, and SQLAlchemy's JSON uses it.",
    "session_time_zone": "A connection has a time zone, which can be set.",
}
