"""A commit ends the transaction at the server too."""

from sqlalchemy import select

from session_conformance import Account, Database, promise


@promise(
    "commit.frees-row-locks",
    "A row written in the transaction is locked until commit(), then free for the next writer.",
    docs="faq/sessions.html#faq-session-identity",
)
def test_commit_frees_row_locks(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 150
        session.flush()
        assert db.locked(Account, 1)

        session.commit()

        assert not db.locked(Account, 1)
        with db.elsewhere() as somebody:
            somebody.get_one(Account, 1).balance += 1

    assert [account.balance for account in db.stored(Account)] == [151]


@promise(
    "commit.ends-read-snapshot",
    "commit() ends a transaction that only read: the next SELECT sees rows added meanwhile.",
    docs="faq/sessions.html#faq-session-identity",
)
def test_commit_ends_a_read_snapshot(db: Database) -> None:
    owners = select(Account.owner).order_by(Account.id)
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        assert session.scalars(owners).all() == ["Ann"]
        with db.elsewhere() as somebody:
            somebody.add(Account(id=2, owner="Bob"))

        session.commit()

        assert session.scalars(owners).all() == ["Ann", "Bob"]


@promise(
    "commit.idle-commit-no-sql",
    "commit() of a Session with nothing to do sends nothing and takes no connection.",
    docs="orm/session_basics.html#session-committing",
)
def test_commit_of_an_idle_session_is_silent(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()

        with db.watch() as sql:
            session.commit()

        assert sql.steps == []
        assert sql.pool == []
