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
    "transactional_ddl": "CREATE TABLE is undone by a rollback.",
}
