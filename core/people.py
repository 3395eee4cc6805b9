"""The tables of people's work: users, batches, assignments, submissions, adjudications, lexicon reviews, events.

A rating by a person is one `Submission` a (assignment, rating variable), in the shared shape (item, rater, variable,
label). Submissions and rulings are never changed: a revision is a new row with a higher ``revision``. Every act leaves
an `Event`.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, MetaData, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

DEVELOPMENT = "development"
"""Origin of the items that are labelled for the parameter search: they are no part of the corpus's gold."""
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC on every database: SQLite drops time zones, so they are put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; use core.clock")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """All tables of the database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}  # noqa: RUF012


class User(Base):
    """A person (or a simulated annotator) who signs in. role: annotator, adjudicator or admin."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool] = mapped_column(default=False)
    simulated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class SignIn(Base):
    """A signed-in browser. Only the SHA-256 of its random token is kept."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship()


class Batch(Base):
    """A set of items that a group of annotators labels. state: open, closed or resolved."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    overlap: Mapped[int]
    seed: Mapped[int]
    codebook_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    agreement: Mapped[dict[str, Any] | None]
    items: Mapped[list["Item"]] = relationship(back_populates="batch", order_by="Item.position")


class Item(Base):
    """One segment in a batch. origin: no_consensus, audit (a random accepted item) or `DEVELOPMENT`."""

    __tablename__ = "items"
    __table_args__ = (UniqueConstraint("batch_id", "segment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    segment_id: Mapped[str] = mapped_column(String(16), index=True)
    position: Mapped[int]
    origin: Mapped[str] = mapped_column(String(16))
    batch: Mapped[Batch] = relationship(back_populates="items")
    assignments: Mapped[list["Assignment"]] = relationship(back_populates="item")


class Assignment(Base):
    """An item given to a user. submitted_at is null until it is done."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("item_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    position: Mapped[int]
    submitted_at: Mapped[datetime | None]
    item: Mapped[Item] = relationship(back_populates="assignments")
    user: Mapped[User] = relationship()
    submissions: Mapped[list["Submission"]] = relationship(back_populates="assignment")


class Submission(Base):
    """One rating by a person. label: a code of the variable, or −1 where the annotator abstains."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("assignment_id", "variable", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    variable: Mapped[str] = mapped_column(String(128))
    label: Mapped[int]
    rationale: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=1)
    seconds: Mapped[float | None]
    submitted_at: Mapped[datetime]
    assignment: Mapped[Assignment] = relationship(back_populates="submissions")


class Adjudication(Base):
    """The decision of an adjudicator on an item's variable. The newest row of an item and variable counts."""

    __tablename__ = "adjudications"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    variable: Mapped[str] = mapped_column(String(128))
    label: Mapped[int]
    rationale: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime]
    item: Mapped[Item] = relationship()
    user: Mapped[User] = relationship()


class DraftEntry(Base):
    """A lexicon entry before freezing: what experts put in and may still change."""

    __tablename__ = "draft_entries"

    entry_id: Mapped[str] = mapped_column(String(12), primary_key=True)
    term: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    category: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    imported_at: Mapped[datetime]


class Review(Base):
    """Candidates for the lexicon that two experts rule on.

    state: open (each rules alone), joint (they settle what they differ on) or closed. agreement: the κ of the two.
    """

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    seed: Mapped[int]
    created_at: Mapped[datetime]
    joint_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    agreement: Mapped[dict[str, Any] | None]


class ReviewExpert(Base):
    """A user who rules in a review, under a letter: A or B."""

    __tablename__ = "review_experts"
    __table_args__ = (UniqueConstraint("review_id", "user_id"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)


class ReviewCandidate(Base):
    """A candidate as the experts of a review see it, kept as it was when the review was opened.

    snapshot: sources, reasons, counts, keyness, near-duplicates, and the message_ids of its lines.
    """

    __tablename__ = "review_candidates"
    __table_args__ = (UniqueConstraint("review_id", "candidate_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    candidate_id: Mapped[str] = mapped_column(String(12), index=True)
    position: Mapped[int]
    term: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]]


class Ruling(Base):
    """What an expert decided about a candidate: accept, reject or unsure; kind and category where it is accepted.

    stage: independent (one expert alone) or joint (both; ``user_id`` is who was signed in).
    """

    __tablename__ = "rulings"
    __table_args__ = (UniqueConstraint("review_candidate_id", "user_id", "stage", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_candidate_id: Mapped[int] = mapped_column(ForeignKey("review_candidates.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    stage: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(default=1)
    decision: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str | None] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    ruled_at: Mapped[datetime]


class Event(Base):
    """One line of the audit log: who did what to what, when. ``detail`` never holds chat text or raw ids."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
