"""Two rows of one table refer to each other, with post_update; deleting both once expired may fail.

Only one of the two gets the UPDATE that lets go of the other, whichever a set's order brings first;
where its DELETE comes first as well, a row is deleted that the other one still refers to. Objects
that are not expired, as with expire_on_commit=False, get both UPDATEs and never fail.

How bad: what should work raises an error.

Needs SQLAlchemy alone. Exits 1 where any of 200 flushes fails, else 0. Seen with SQLAlchemy 2.0.58
and 2.1.9, in 29 to 106 of 200.
"""

import sys
from typing import Any

from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Partner(Base):
    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    other: Mapped["Partner | None"] = relationship(remote_side="Partner.id", post_update=True)


engine = create_engine("sqlite://")
sent: list[str] = []


@event.listens_for(engine, "connect")
def enforce(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


@event.listens_for(engine, "before_cursor_execute")
def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
    sent.append(f"{statement.split(maxsplit=1)[0]} {parameters}")


Base.metadata.create_all(engine)
failed: list[list[str]] = []
kept: list[object] = []

for number in range(200):
    with Session(engine) as session:
        first, second = Partner(id=2 * number + 1), Partner(id=2 * number + 2)
        first.other, second.other = second, first
        session.add_all([first, second])
        session.commit()
        # The order of a set goes by the addresses of what is in it.
        kept.extend(object() for _ in range(number % 7))
        session.delete(first)
        session.delete(second)
        sent.clear()
        try:
            session.commit()
        except IntegrityError:
            failed.append(list(sent))

print(f"{len(failed)} of 200 flushes failed")
for statements in failed[:1]:
    print(*statements, sep="\n")
engine.dispose()
sys.exit(1 if failed else 0)
