"""What a commit makes a Session forget."""

from session_conformance import Account, Database, promise


@promise(
    "commit.expires-every-object",
    "After commit() no column of a persistent object is trusted: the next read selects it again.",
    docs="orm/session_basics.html#committing",
)
def test_commit_expires_every_object(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()

        assert db.loaded(account) == set()

        with db.watch() as sql:
            assert account.balance == 100

        assert sql.verbs == ["SELECT"]
        assert db.stored(Account, 1) is not None
