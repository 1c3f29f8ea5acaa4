"""What expire() and refresh() do to a part of an object: relationships, deferred and sub tables."""

from sqlalchemy import ForeignKey, String, inspect, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from session_conformance import Account, Database, Entry, promise


class Studio(DeclarativeBase):
    """The registry of this file's tables."""


class Film(Studio):
    """A film, whose script is long."""

    __tablename__ = "film"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    script: Mapped[str] = mapped_column(String(200), deferred=True)


class Person(Studio):
    """Somebody who works here."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    kind: Mapped[str] = mapped_column(String(10))

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012


class Actor(Person):
    """Somebody who is seen."""

    __tablename__ = "actor"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(50))

    __mapper_args__ = {"polymorphic_identity": "actor"}  # noqa: RUF012


class Reel(Studio):
    """A reel, forgotten together with its frames."""

    __tablename__ = "reel"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(50))
    frames: Mapped[list["Frame"]] = relationship(cascade="save-update, refresh-expire")


class Frame(Studio):
    """One picture."""

    __tablename__ = "frame"

    id: Mapped[int] = mapped_column(primary_key=True)
    reel_id: Mapped[int] = mapped_column(ForeignKey("reel.id"))


@promise(
    "expiry-and-refresh.refresh-skips-lazy",
    "refresh() reads the columns alone; a lazy relationship is read again when it is used.",
    docs="API Session.refresh",
)
def test_refresh_skips_lazy(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", entries=[Entry(id=1, amount=10)]))

    with db.session() as session:
        account = session.get_one(Account, 1)
        assert len(account.entries) == 1

        with db.watch() as sql:
            session.refresh(account)
        assert sql.tables == ["account"]
        assert "entries" in inspect(account).unloaded

        with db.watch() as sql:
            assert [entry.amount for entry in account.entries] == [10]
        assert "entry" in sql.tables


@promise(
    "expiry-and-refresh.refresh-named-relationship",
    "refresh() with the name of a lazy relationship loads it anew, named alone or with a column.",
    docs="API Session.refresh",
)
def test_refresh_of_a_named_relationship(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100, entries=[Entry(id=1, amount=10)]))

    with db.session() as session:
        account = session.get_one(Account, 1)
        assert len(account.entries) == 1
        session.execute(text("INSERT INTO entry (id, account_id, amount) VALUES (2, 1, 20)"))
        session.execute(text("UPDATE account SET balance = 5"))

        session.refresh(account, ["entries"])
        assert [entry.amount for entry in account.entries] == [10, 20]
        assert account.balance == 100

        session.refresh(account, ["entries", "balance"])
        assert account.balance == 5
        assert [entry.amount for entry in account.entries] == [10, 20]


@promise(
    "expiry-and-refresh.expired-relationship-alone",
    "A relationship that is expired by name is read again; columns stay as they are, changes too.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expired_relationship_alone(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100, entries=[Entry(id=1, amount=10)]))

    with db.session() as session:
        account = session.get_one(Account, 1)
        assert len(account.entries) == 1
        session.execute(text("INSERT INTO entry (id, account_id, amount) VALUES (2, 1, 20)"))
        account.balance = 150
        session.expire(account, ["entries"])
        assert db.loaded(account) == {"id", "owner", "balance"}

        with session.no_autoflush, db.watch() as sql:
            assert [entry.amount for entry in account.entries] == [10, 20]
        assert sql.tables == ["entry"]
        assert account.balance == 150
        assert account in session.dirty


@promise(
    "expiry-and-refresh.deferred-stays-deferred",
    "refresh() and the reading of an expired column leave a deferred column unloaded.",
    docs="orm/session_state_management.html#session-expire",
)
def test_deferred_stays_deferred(db: Database) -> None:
    db.create(Film)
    db.given(Film(id=1, title="Owls", script="Night. An owl."))

    with db.session() as session:
        film = session.get_one(Film, 1)
        session.refresh(film)
        assert db.loaded(film) == {"id", "title"}

        session.expire(film)
        assert film.title == "Owls"
        assert db.loaded(film) == {"id", "title"}
        assert film.script == "Night. An owl."


@promise(
    "expiry-and-refresh.joined-table-part",
    "An expired column of the sub table alone is read from the sub table alone.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expired_column_of_a_joined_table(db: Database) -> None:
    db.create(Person, Actor)
    db.given(Actor(id=1, name="Ann", part="an owl"))

    with db.session() as session:
        actor = session.get_one(Actor, 1)
        session.execute(text("UPDATE actor SET part = 'a fox'"))
        session.execute(text("UPDATE person SET name = 'Anna'"))
        session.expire(actor, ["part"])

        with db.watch() as sql:
            assert actor.part == "a fox"

        assert sql.tables == ["actor"]
        assert actor.name == "Ann"


@promise(
    "expiry-and-refresh.cascade-refresh-expire",
    "expire() of an object expires what a relationship with refresh-expire has loaded.",
    docs="orm/cascades.html#refresh-expire",
)
def test_expire_cascades(db: Database) -> None:
    db.create(Reel, Frame)
    db.given(Reel(id=1, label="first", frames=[Frame(id=1), Frame(id=2)]))

    with db.session() as session:
        reel = session.scalars(select(Reel).options(selectinload(Reel.frames))).one()
        frames = list(reel.frames)
        assert [db.loaded(frame) for frame in frames] == [{"id", "reel_id"}] * 2

        session.expire(reel)

        assert [db.loaded(frame) for frame in frames] == [set(), set()]


@promise(
    "expiry-and-refresh.populate-existing-related",
    "populate_existing overwrites the related objects too that the query loads along.",
    docs="orm/queryguide/api.html#orm-queryguide-populate-existing",
)
def test_populate_existing_of_related_objects(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100, entries=[Entry(id=1, amount=10)]))
    along = select(Account).options(selectinload(Account.entries))

    with db.session() as session:
        account = session.scalars(along).one()
        entry = account.entries[0]
        session.execute(text("UPDATE entry SET amount = 11"))
        session.scalars(along).all()
        assert entry.amount == 10

        session.scalars(along, execution_options={"populate_existing": True}).all()
        assert entry.amount == 11
        assert account.entries == [entry]
