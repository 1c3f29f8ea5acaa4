"""What with_for_update() adds to a SELECT."""

import re
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Database, Entry, question, two_accounts

CLAUSES = [
    "FOR UPDATE",
    "FOR UPDATE NOWAIT",
    "FOR UPDATE SKIP LOCKED",
    "FOR UPDATE OF",
    "FOR SHARE",
    "FOR SHARE NOWAIT",
    "FOR SHARE SKIP LOCKED",
    "LOCK IN SHARE MODE",
    "LOCK IN SHARE MODE NOWAIT",
    "LOCK IN SHARE MODE SKIP LOCKED",
    "FOR NO KEY UPDATE",
    "FOR KEY SHARE",
    "FOR UPDATE WITH LOCK",
    "FOR UPDATE WITH LOCK SKIP LOCKED",
]


def name(clause: str) -> str:
    """Return the name of the answer for a clause."""
    return clause.lower().replace(" ", "-")


RENDERED = {"nothing": "Nothing is added."} | {
    name(clause): f"It ends in {clause}{' and the table' if clause.endswith(' OF') else ''}."
    for clause in CLAUSES
}

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "nowait": {"nowait": True},
    "skip-locked": {"skip_locked": True},
    "read": {"read": True},
    "read-nowait": {"read": True, "nowait": True},
    "read-skip-locked": {"read": True, "skip_locked": True},
    "key-share": {"key_share": True},
    "read-key-share": {"read": True, "key_share": True},
    "of-one-entity": {"of": Entry},
}


@question(
    "pessimistic-locking.for-update-renders",
    "What does with_for_update() add to a SELECT?",
    answers=RENDERED,
    docs="API Select.with_for_update",
)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_for_update_renders(db: Database, options: dict[str, Any]) -> None:
    db.given(*two_accounts(), Entry(id=1, account_id=1, amount=10))
    query = select(Account.id).join(Account.entries).where(Account.id == 1)

    with db.session() as session:
        with db.watch() as sql, suppress(DBAPIError):
            db.tell(accepted=False)
            session.scalars(query.with_for_update(**options)).all()
            db.tell(accepted=True)
        text = sql.statements[0].text or ""

    found = re.search(r"\b(FOR (UPDATE|SHARE|NO KEY|KEY)|LOCK IN)\b.*", text, re.DOTALL)
    clause = re.sub(r"\bOF\b.*", "OF", found.group()) if found else "nothing"
    db.answer(name(clause))
