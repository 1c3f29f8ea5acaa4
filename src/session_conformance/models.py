"""The mapped classes that nearly all cases share; a case needing another shape declares its own."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry of the shared tables."""


class Account(Base):
    """Somebody's account: one for each owner, with a balance in whole units."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(50), unique=True)
    balance: Mapped[int] = mapped_column(default=0)

    entries: Mapped[list[Entry]] = relationship(back_populates="account", order_by="Entry.id")


class Entry(Base):
    """A line in an account's book; may stand there before it belongs to an account."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int]
    note: Mapped[str | None] = mapped_column(String(200))

    account: Mapped[Account | None] = relationship(back_populates="entries")
