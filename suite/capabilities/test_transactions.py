"""What a backend's transactions can do, tried at the start of a run."""

from sqlalchemy import Column, Integer, MetaData, Table, inspect

from session_conformance import Account, Database, promise


@promise(
    "capabilities.savepoints",
    "SAVEPOINT, ROLLBACK TO and RELEASE work, and the transaction around them stays open.",
    docs="orm/session_transaction.html#using-savepoint",
    probes="savepoints",
)
def test_savepoints(db: Database) -> None:
    with db.session() as session:
        with session.begin_nested():
            session.add(Account(id=1, owner="Ann"))
        undone = session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        undone.rollback()

        assert db.stored(Account) == []

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "capabilities.two-phase",
    "A prepared transaction shows nothing until it is committed, then everything.",
    docs="orm/session_transaction.html#enabling-two-phase-commit",
    probes="two_phase",
)
def test_two_phase(db: Database) -> None:
    with db.session(twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        session.prepare()

        assert db.stored(Account) == []

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "capabilities.row-locks",
    "An open transaction locks the row that it wrote, and leaves the next row free.",
    docs="orm/session_transaction.html",
    probes="row_locks",
)
def test_row_locks(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        session.get_one(Account, 1).balance = 100
        session.flush()

        assert db.locked(Account, 1)
        assert not db.locked(Account, 2)


@promise(
    "capabilities.transactional-ddl",
    "A table that a transaction creates is gone after its rollback.",
    docs="core/metadata.html#creating-and-dropping-database-tables",
    probes="transactional_ddl",
)
def test_transactional_ddl(db: Database) -> None:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    table = Table("short_lived", MetaData(), number)

    with db.session() as session:
        table.create(session.connection())
        session.rollback()

        assert not inspect(session.connection()).has_table("short_lived")
