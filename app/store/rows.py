"""The tables. Private to the store: everything outside sees the domain's frozen types.

Unique constraints are the last word on what may exist once, whatever the code above believes; that
is what makes two processes at once safe.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column

from app.domain.annotations import VERDICTS
from dprotonet.modeling.options import AND

ID = String(32)
SHA = String(64)
_BY = (  # what the list of cases is narrowed by
    *("read_state", "verdict", "source", "modality", "view_position"),
    *("label", "model", "reader", "disagreement"),
)


class UtcTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC: SQLite forgets the zone, PostgreSQL would turn it to its own."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware to naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC to aware."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Names of constraints are fixed, because SQLite's batch migrations need them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CaseEntry(Base):
    """One image file, with a summary of what hangs on it (``case_summary``): the list reads these
    columns in the order of an index, instead of joining every case of the folder for one page."""

    __tablename__ = "case"
    # Each order of the list is an index that also holds what the list is narrowed by, so that a
    # page is found in the index alone.
    __table_args__ = (
        Index("ix_case_study", "study_newest", "study_key", "created_at", "id", *_BY, "name_key"),
        Index("ix_case_name", "name_key", "id", *_BY, "created_at"),
        Index("ix_case_finding", "finding_probability", "id", *_BY, "created_at", "name_key"),
        Index("ix_case_doubt", "doubt", "id", *_BY, "created_at", "name_key"),
        Index("ix_case_view", "modality", "view_position"),
        Index("ix_case_counted", *_BY, "created_at"),  # how many there are, in no order
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(SHA, unique=True)
    pixel_sha256: Mapped[str] = mapped_column(SHA, index=True)
    pixel_hash: Mapped[str] = mapped_column(String(16), server_default="decoded")
    file_bytes: Mapped[int] = mapped_column(Integer)
    format: Mapped[str] = mapped_column(String(16))
    rows: Mapped[int] = mapped_column(Integer)
    columns: Mapped[int] = mapped_column(Integer)
    frames: Mapped[int] = mapped_column(Integer)
    colour: Mapped[bool]
    bits: Mapped[int] = mapped_column(Integer)
    modality: Mapped[str] = mapped_column(String(16))
    view_position: Mapped[str] = mapped_column(String(16))
    laterality: Mapped[str] = mapped_column(String(16))
    body_part: Mapped[str] = mapped_column(String(64))
    transfer_syntax: Mapped[str] = mapped_column(String(64))
    photometric: Mapped[str] = mapped_column(String(32))
    study_uid: Mapped[str] = mapped_column(String(64))
    series_uid: Mapped[str] = mapped_column(String(64))
    study_key: Mapped[str] = mapped_column(String(64), index=True)
    burned_in_annotation: Mapped[bool | None]
    source: Mapped[str] = mapped_column(String(16))
    model: Mapped[str | None] = mapped_column(SHA)
    site: Mapped[str] = mapped_column(SHA, server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    name_key: Mapped[str] = mapped_column(String(600), server_default="")
    study_newest: Mapped[datetime] = mapped_column(UtcTime)
    read_state: Mapped[str] = mapped_column(String(16), server_default="open", index=True)
    label: Mapped[str | None] = mapped_column(String(200))
    probability: Mapped[float | None] = mapped_column(Float)
    finding_probability: Mapped[float] = mapped_column(Float, server_default="-1")
    support: Mapped[str | None] = mapped_column(String(16))
    verdict: Mapped[str | None] = mapped_column(String(16))
    reader: Mapped[str | None] = mapped_column(String(200))
    patient: Mapped[str] = mapped_column(String(32), server_default="", index=True)
    doubt: Mapped[float] = mapped_column(Float, server_default="-2")
    doubt_reason: Mapped[str] = mapped_column(String(16), server_default="")
    disagreement: Mapped[str] = mapped_column(String(16), server_default="")
    thumbnail_key: Mapped[str | None] = mapped_column(SHA, index=True)


class PredictionEntry(Base):
    """What one bundle says of one frame; written once. An image that the bundle's gate refuses has
    neither label nor probability; without a gate nothing is noted of the support. ``site`` is the
    digest of the site's settings that it was made under, "" for the bundle's own. ``maps`` is what
    is known of the maps that the bundle's mask reader drew in the same pass, whose cells are the
    blob ``maps_key``."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("case_id", "frame", "model", "site"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    frame: Mapped[int] = mapped_column(Integer)
    model: Mapped[str] = mapped_column(SHA)
    site: Mapped[str] = mapped_column(SHA, server_default="")
    label: Mapped[str | None] = mapped_column(String(200), index=True)
    probability: Mapped[float | None] = mapped_column(Float)
    finding_probability: Mapped[float | None] = mapped_column(Float)
    support: Mapped[str | None] = mapped_column(String(16))
    support_distance: Mapped[float | None] = mapped_column(Float)
    support_threshold: Mapped[float | None] = mapped_column(Float)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    maps_key: Mapped[str | None] = mapped_column(SHA, index=True)
    maps: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ExplanationEntry(Base):
    """One node's heatmap: facts here, its pixels in a blob. ``drawn_by`` is the library's word for
    what drew it."""

    __tablename__ = "explanation"
    __table_args__ = (
        UniqueConstraint(
            "case_id",
            "frame",
            "model",
            "node",
            "settings_digest",
            "seed",
            name="uq_explanation_same_work",
        ),
        Index("ix_explanation_case_id_frame_model", "case_id", "frame", "model"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    frame: Mapped[int] = mapped_column(Integer)
    pixel_sha256: Mapped[str] = mapped_column(SHA)
    model: Mapped[str] = mapped_column(SHA)
    node: Mapped[str] = mapped_column(String(250))
    tier: Mapped[str] = mapped_column(String(16), server_default="")
    settings_digest: Mapped[str] = mapped_column(SHA)
    seed: Mapped[int] = mapped_column(Integer)
    heatmap_key: Mapped[str] = mapped_column(SHA, index=True)
    drawn_by: Mapped[str] = mapped_column(String(64), server_default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class AnnotationEntry(Base):
    """One signed revision; rows are only ever added."""

    __tablename__ = "annotation"
    __table_args__ = (
        UniqueConstraint("case_id", "frame", "revision"),
        Index("ix_annotation_reader_frame_case_id", "reader", "frame", "case_id"),
        CheckConstraint(f"verdict IN ({', '.join(map(repr, VERDICTS))})", name="verdict"),
        CheckConstraint("confidence BETWEEN 1 AND 5", name="confidence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    frame: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    reader: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(16))
    corrected_label: Mapped[str | None] = mapped_column(String(200))
    confidence: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(SHA)
    model_name: Mapped[str] = mapped_column(String(200))
    predicted_label: Mapped[str | None] = mapped_column(String(200))
    predicted_probability: Mapped[float | None] = mapped_column(Float)
    support: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    audit_sequence: Mapped[int | None] = mapped_column(Integer)
    audit_hash: Mapped[str | None] = mapped_column(SHA)
    audit_salt: Mapped[str | None] = mapped_column(ID)
    reason: Mapped[str | None] = mapped_column(String(16))
    region: Mapped[str | None] = mapped_column(String(24))
    judged_map: Mapped[str] = mapped_column(String(250), server_default="")
    marks: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    tried: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    active_seconds: Mapped[float | None] = mapped_column(Float)


class DraftEntry(Base):
    """What one reader has entered of one frame and not signed yet; a newer draft replaces it."""

    __tablename__ = "draft"

    case_id: Mapped[str] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), primary_key=True
    )
    frame: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(200), primary_key=True)
    study: Mapped[str] = mapped_column(ID, primary_key=True, server_default="")
    revision: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class PrototypeJudgementEntry(Base):
    """What one revision says of one prototype."""

    __tablename__ = "prototype_judgement"

    annotation_id: Mapped[int] = mapped_column(
        ForeignKey("annotation.id", ondelete="CASCADE"), primary_key=True
    )
    prototype: Mapped[str] = mapped_column(String(64), primary_key=True)
    similar: Mapped[bool | None]
    usefulness: Mapped[str | None] = mapped_column(String(16))
    artefact: Mapped[str | None] = mapped_column(String(16))


class JobEntry(Base):
    """One piece of work. Of work that is not over, each ``work_key`` exists once."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_work_key_active",
            "work_key",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
        Index("ix_job_state_kind_created_at", "state", "kind", "created_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    work_key: Mapped[str] = mapped_column(String(500))
    case_id: Mapped[str | None] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), index=True
    )
    frame: Mapped[int] = mapped_column(Integer)
    model: Mapped[str | None] = mapped_column(SHA)
    site: Mapped[str] = mapped_column(SHA, server_default="")
    node: Mapped[str | None] = mapped_column(String(250))
    tier: Mapped[str | None] = mapped_column(String(16))
    seed: Mapped[int] = mapped_column(Integer)
    progress: Mapped[float] = mapped_column(Float)
    message: Mapped[str] = mapped_column(Text)
    explanation_id: Mapped[str | None] = mapped_column(
        ForeignKey("explanation.id", ondelete="SET NULL")
    )
    attempts: Mapped[int] = mapped_column(Integer)
    cancel_requested: Mapped[bool]
    title: Mapped[str] = mapped_column(String(200))
    folder: Mapped[str | None] = mapped_column(Text)
    explain: Mapped[bool]
    listing: Mapped[bool]
    worker_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class JobItemEntry(Base):
    """One file of a batch."""

    __tablename__ = "job_item"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        UniqueConstraint("job_id", "path"),
        Index("ix_job_item_job_id_state", "job_id", "state"),
        # Which files of a page share their name with another one.
        Index("ix_job_item_job_id_name", "job_id", "name"),
        Index(
            "ix_job_item_running",
            "id",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str | None] = mapped_column(Text)
    shown_path: Mapped[str] = mapped_column(Text, server_default="")
    upload_key: Mapped[str | None] = mapped_column(SHA, index=True)
    state: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[str | None] = mapped_column(
        ForeignKey("case.id", ondelete="SET NULL"), index=True
    )
    explanation_id: Mapped[str | None] = mapped_column(
        ForeignKey("explanation.id", ondelete="SET NULL")
    )
    file_sha256: Mapped[str] = mapped_column(SHA)
    worker_id: Mapped[str | None] = mapped_column(ID)


class IdentityEntry(Base):
    """Whom a stored file is of: pseudonyms, and a note that only their key opens."""

    __tablename__ = "identity"

    blob_key: Mapped[str] = mapped_column(SHA, primary_key=True)
    patient: Mapped[str] = mapped_column(String(32), index=True)
    image: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[str] = mapped_column(Text)


class SettingEntry(Base):
    """One remembered value: the active model, the demo cases' marker."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


def labelled(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], label: str
) -> ColumnElement[bool]:
    """The condition that a column holds the label, alone or among those that a multi-label model
    called."""
    among = (literal(AND) + column + literal(AND)).contains(AND + label + AND, autoescape=True)
    return or_(column == label, among)
