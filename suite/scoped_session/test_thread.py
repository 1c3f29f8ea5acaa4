"""One Session for each thread, or for each key of a scope of one's own."""

from typing import Any, ClassVar

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

from session_conformance import Account, Database, promise


class Base(DeclarativeBase):
    """The registry of this file's table."""


class Note(Base):
    """A class with a query of its own."""

    __tablename__ = "scoped_note"

    query: ClassVar[Any]

    id: Mapped[int] = mapped_column(primary_key=True)


@promise(
    "scoped-session.same-in-thread",
    "Calling the registry twice in one thread gives one Session, and one transaction.",
    docs="orm/contextual.html#unitofwork-contextual",
)
def test_same_in_thread(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    first = registry()
    first.add(Account(id=1, owner="Ann", balance=100))

    assert registry() is first
    assert registry().scalars(select(Account.owner)).all() == ["Ann"]
    registry.remove()
    assert db.stored(Account) == []


@promise(
    "scoped-session.proxies-methods",
    "What is called on the registry acts on the thread's Session.",
    docs="orm/contextual.html#implicit-method-access",
)
def test_proxies_methods(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    account = Account(id=1, owner="Ann", balance=100)

    with db.watch() as sql:
        registry.add(account)
        assert account in registry.new
        registry.commit()

    assert account in registry()
    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    registry.remove()
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "scoped-session.remove-closes",
    "remove() rolls back, gives the connection back, and the next use is a new Session.",
    docs="API scoped_session.remove",
)
def test_remove_closes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    registry = scoped_session(sessionmaker(db.engine))
    first = registry()
    account = registry.get_one(Account, 1)
    account.balance = 0
    registry.flush()

    with db.watch() as sql:
        registry.remove()

    assert sql.steps == ["ROLLBACK"]
    assert inspect(account).detached
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert registry() is not first
    assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "scoped-session.remove-when-empty",
    "remove() does nothing where there is no Session yet; the first use makes one.",
    docs="API scoped_session.remove",
)
def test_remove_when_empty(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))

    registry.remove()
    registry.remove()

    assert not registry.registry.has()
    assert registry.scalars(select(Account)).all() == []
    registry.remove()
    assert db.checked_out == 0


@promise(
    "scoped-session.arguments-with-existing-refused",
    "Calling the registry with arguments while the thread has a Session is refused.",
    docs="API scoped_session",
)
def test_arguments_with_existing_refused(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    session = registry(autoflush=False)
    session.add(Account(id=1, owner="Ann", balance=100))

    with pytest.raises(InvalidRequestError, match="already present"):
        registry(autoflush=True)

    assert registry() is session
    assert registry.scalars(select(Account.owner)).all() == []
    registry.remove()
    assert registry(autoflush=True).autoflush


@promise(
    "scoped-session.configure-with-existing-warns",
    "configure() warns while the thread has a Session, which it leaves as it is.",
    docs="API scoped_session.configure",
)
def test_configure_with_existing_warns(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    registry.add(Account(id=1, owner="Ann", balance=100))

    with pytest.warns(SAWarning, match="already present"):
        registry.configure(autoflush=False)

    assert registry.scalars(select(Account.owner)).all() == ["Ann"]
    registry.remove()
    assert not registry().autoflush


@promise(
    "scoped-session.custom-scope",
    "A scope function gives one Session for each key that it returns.",
    docs="orm/contextual.html#using-custom-created-scopes",
)
def test_custom_scope(db: Database) -> None:
    requests = ["first"]
    registry = scoped_session(sessionmaker(db.engine), scopefunc=lambda: requests[-1])
    first = registry()
    first.add(Account(id=1, owner="Ann", balance=100))
    first.commit()

    requests.append("second")
    second = registry()
    registry.remove()
    requests.pop()

    assert second is not first
    assert registry() is first
    registry.remove()
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "scoped-session.query-property",
    "query_property() gives a class a query on the Session of the thread, as it is then.",
    docs="API scoped_session.query_property",
)
def test_query_property(db: Database) -> None:
    db.create(Note)
    registry = scoped_session(sessionmaker(db.engine))
    Note.query = registry.query_property()
    note = Note(id=1)
    registry.add(note)

    assert Note.query.one() is note
    assert Note.query.session is registry()

    registry.remove()
    assert Note.query.all() == []
    registry.remove()
    assert db.checked_out == 0
