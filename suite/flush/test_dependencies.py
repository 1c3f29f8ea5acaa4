"""In which order a flush sends what refers to what."""

from uuid import uuid4

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, inspect, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from session_conformance import Account, Database, promise


class Club(DeclarativeBase):
    """The registry of this file's tables."""


class Branch(Club):
    """A node of a tree."""

    __tablename__ = "branch"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))

    parent: Mapped["Branch | None"] = relationship(
        remote_side="Branch.id", back_populates="branches"
    )
    branches: Mapped[list["Branch"]] = relationship(back_populates="parent")


class Partner(Club):
    """A row that refers to another one, which may refer back."""

    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))

    other: Mapped["Partner | None"] = relationship(remote_side="Partner.id", post_update=True)


class Peer(Club):
    """A partner whose every version has a number of its own."""

    __tablename__ = "peer"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(32))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("peer.id"))

    other: Mapped["Peer | None"] = relationship(remote_side="Peer.id", post_update=True)

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": lambda _: uuid4().hex,
    }


membership = Table(
    "membership",
    Club.metadata,
    Column("member_id", Integer, ForeignKey("member.id"), primary_key=True),
    Column("team_id", Integer, ForeignKey("team.id"), primary_key=True),
)


class Membership(Club):
    """The rows between members and teams, seen by themselves."""

    __table__ = membership


class Team(Club):
    """What members belong to."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)


class Member(Club):
    """Somebody who belongs to any number of teams."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)

    teams: Mapped[list[Team]] = relationship(secondary=membership, order_by=Team.id)


class Seat(Club):
    """A row with a key of two columns."""

    __tablename__ = "seat"

    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guest: Mapped[int]


@promise(
    "flush.self-reference-ordering",
    "Rows that refer to rows of their own table are inserted after those and deleted before them.",
    docs="orm/self_referential.html#adjacency-list-relationships",
    needs=("fk_enforcement",),
)
def test_self_reference_ordering(db: Database) -> None:
    db.create(Branch)

    with db.session() as session:
        root, middle, leaf = Branch(id=3), Branch(id=2), Branch(id=1)
        leaf.parent, middle.parent = middle, root
        session.add_all([leaf, middle, root])
        session.commit()
        assert [(row.id, row.parent_id) for row in db.stored(Branch)] == [(1, 2), (2, 3), (3, None)]

        session.delete(root)
        session.delete(leaf)
        session.delete(middle)
        session.commit()

    assert db.stored(Branch) == []


@promise(
    "flush.mutual-reference-post-update",
    "With post_update two rows that refer to each other are stored, and deleted again.",
    docs="orm/relationship_persistence.html#post-update",
    needs=("fk_enforcement",),
)
def test_mutual_reference_post_update(db: Database) -> None:
    db.create(Partner)

    # Expired objects do not always let go: docs/findings/sqlalchemy/post_update_of_expired.py.
    with db.session(expire_on_commit=False) as session:
        ann, bob = Partner(id=1), Partner(id=2)
        ann.other, bob.other = bob, ann
        session.add_all([ann, bob])
        session.commit()
        assert [(row.id, row.other_id) for row in db.stored(Partner)] == [(1, 2), (2, 1)]

        session.delete(ann)
        session.delete(bob)
        session.commit()

    assert db.stored(Partner) == []


@promise(
    "flush.post-update-versions",
    "Rows that post_update updates together keep a version each, by which they are deleted again.",
    docs="orm/versioning.html#custom-version-counters-types",
    needs=("fk_enforcement",),
)
def test_post_update_versions(db: Database) -> None:
    db.create(Peer)

    with db.session(expire_on_commit=False) as session:
        ann, bob = Peer(id=1), Peer(id=2)
        ann.other, bob.other = bob, ann
        session.add_all([ann, bob])
        session.commit()
        held = [(ann.id, ann.version), (bob.id, bob.version)]
        assert [(row.id, row.version) for row in db.stored(Peer)] == held

        session.delete(ann)
        session.delete(bob)
        session.commit()

    assert db.stored(Peer) == []


@promise(
    "flush.association-rows",
    "What joins or leaves a many-to-many collection is a row inserted or deleted, and no other.",
    docs="orm/basic_relationships.html#deleting-rows-from-the-many-to-many-table",
)
def test_association_rows(db: Database) -> None:
    db.create(Member, Team, Membership)
    db.given(*(Team(id=key) for key in range(1, 5)))

    with db.session(expire_on_commit=False) as session:
        teams = session.scalars(select(Team).order_by(Team.id)).all()
        session.add_all([Member(id=1, teams=teams[:3]), Member(id=2, teams=teams[1:])])
        session.commit()

        member = session.get_one(Member, 1)
        member.teams.remove(teams[1])
        member.teams.append(teams[3])
        with db.watch() as sql:
            session.flush()
        session.commit()

    assert sorted(sql.verbs) == ["DELETE", "INSERT"]
    rows = [inspect(row).identity for row in db.stored(Membership)]
    assert rows == [(1, 1), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4)]


@promise(
    "flush.composite-key",
    "Objects with a key of two columns are inserted, found, changed and deleted by both of them.",
    docs="API Session.get",
)
def test_composite_key(db: Database) -> None:
    db.create(Seat)

    with db.session() as session:
        session.add_all([Seat(line=a, number=b, guest=0) for a in (1, 2) for b in (1, 2)])
        session.commit()
        session.expunge_all()

        seat = session.get_one(Seat, (1, 2))
        assert (seat.line, seat.number) == (1, 2)
        seat.guest = 7
        session.delete(session.get_one(Seat, (2, 1)))
        session.commit()
        assert session.get(Seat, (2, 1)) is None

    stored = [(row.line, row.number, row.guest) for row in db.stored(Seat)]
    assert stored == [(1, 1, 0), (1, 2, 7), (2, 2, 0)]


@promise(
    "flush.insert-before-delete",
    "A flush inserts before it deletes: a unique value of a deleted object is still taken.",
    docs="API Session.flush",
)
def test_insert_before_delete(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.delete(session.get_one(Account, 1))
        session.add(Account(id=2, owner="Ann", balance=200))
        with db.watch() as sql, pytest.raises(IntegrityError):
            session.flush()

        assert "DELETE" not in sql.verbs
        session.rollback()

    assert [(row.id, row.balance) for row in db.stored(Account)] == [(1, 100)]


@promise(
    "flush.reentrant-flush-refused",
    "flush() from inside a flush raises InvalidRequestError, and the transaction is undone.",
    docs="API Session.flush",
)
def test_reentrant_flush_refused(db: Database) -> None:
    def again(session: Session, _context: object) -> None:
        session.flush()

    with db.session() as session:
        event.listen(session, "after_flush", again)
        session.add(Account(id=1, owner="Ann"))
        with pytest.raises(InvalidRequestError, match="already flushing"):
            session.flush()

        session.rollback()
        event.remove(session, "after_flush", again)
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [row.owner for row in db.stored(Account)] == ["Bob"]
