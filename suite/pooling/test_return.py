"""What the pool does to a connection that comes back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "pooling.rollback-on-return",
    "What was written through a raw connection and not committed is undone when it is given back.",
    docs="core/pooling.html#pool-reset-on-return",
)
def test_rollback_on_return(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    raw.close()

    assert not db.locked(Account, 1)
    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [100]
        session.commit()
    assert [account.balance for account in db.stored(Account)] == [100]
