"""The peer's schema as SQLAlchemy sees it, and how its file is opened."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    String,
    Table,
    TypeDecorator,
    column,
    create_engine,
    event,
    table,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite keeps no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        """Aware to naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        """Naive UTC to aware."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012


class ApiKey(Base):
    """A secret key, stored as its SHA-256."""

    __tablename__ = "api_keys"
    key: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None]


class Customer(Base):
    """Who asks."""

    __tablename__ = "customers"
    key: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)


class Member(Base):
    """Who answers."""

    __tablename__ = "members"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)


class CustomField(Base):
    """What values of a custom field may be."""

    __tablename__ = "custom_fields"
    key: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    options: Mapped[list[str] | None]


ticket_tags = Table(
    "ticket_tags",
    Base.metadata,
    Column("ticket_key", ForeignKey("tickets.key", ondelete="CASCADE"), primary_key=True),
    Column("tag_key", ForeignKey("tags.key"), primary_key=True, index=True),
)


class Tag(Base):
    """A word on tickets."""

    __tablename__ = "tags"
    key: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Message(Base):
    """One entry of a ticket's thread."""

    __tablename__ = "messages"
    key: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    ticket_key: Mapped[int] = mapped_column(
        ForeignKey("tickets.key", ondelete="CASCADE"), index=True
    )
    content: Mapped[str]
    sender: Mapped[str]
    sender_name: Mapped[str]
    is_internal: Mapped[bool]
    created_at: Mapped[datetime]

    ticket: Mapped["Ticket"] = relationship(back_populates="messages")

    @property
    def ticket_id(self) -> str:
        """The public id of the ticket."""
        return self.ticket.id


class Ticket(Base):
    """A conversation; its integer key is its number too."""

    __tablename__ = "tickets"
    key: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    title: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
    customer_key: Mapped[int | None] = mapped_column(ForeignKey("customers.key"), index=True)
    assigned_to: Mapped[str | None] = mapped_column(ForeignKey("members.id"), index=True)
    notes: Mapped[str | None]
    custom_fields: Mapped[dict[str, Any]]
    # `metadata` is SQLAlchemy's own name.
    extra: Mapped[dict[str, Any]] = mapped_column("metadata")
    message_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    customer: Mapped[Customer | None] = relationship()
    labels: Mapped[list[Tag]] = relationship(secondary=ticket_tags, order_by=Tag.name)
    messages: Mapped[list[Message]] = relationship(order_by=Message.key, back_populates="ticket")

    # SQLite ends each of these with the row's key, so "newest first" is a walk along the index.
    __table_args__ = (
        Index("tickets_status", "status", "priority"),
        Index("tickets_priority", "priority"),
        {"sqlite_autoincrement": True},
    )

    @property
    def number(self) -> int:
        """Tickets are numbered by their keys."""
        return self.key

    @property
    def customer_id(self) -> str | None:
        """The public id of the customer."""
        return self.customer.id if self.customer else None

    @property
    def customer_name(self) -> str | None:
        """The name of the customer."""
        return self.customer.name if self.customer else None

    @property
    def tags(self) -> list[str]:
        """The names of the tags."""
        return [label.name for label in self.labels]


class Event(Base):
    """What happened, written with the change."""

    __tablename__ = "events"
    key: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    ticket_key: Mapped[int] = mapped_column(index=True)
    object_id: Mapped[str]
    actor_id: Mapped[str | None]
    data: Mapped[dict[str, Any] | None]
    changes: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


documents = table(
    "documents",
    column("rowid"),
    column("documents"),
    column("title"),
    column("messages"),
    column("customer"),
)
event.listen(
    Base.metadata,
    "after_create",
    DDL("CREATE VIRTUAL TABLE documents USING fts5(title, messages, customer)"),
)


def open_file(path: str) -> Engine:
    """The engine of a database file, with the pragmas that the product uses."""
    engine = create_engine(f"sqlite:///{path}", pool_size=40)
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 10000",
    ):
        connection.execute(f"PRAGMA {pragma}")
