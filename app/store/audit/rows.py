"""The audit's table; private to the store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Integer, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.audit import guards
from app.store.rows import SHA, Base


class AuditRow(Base):
    """One entry; rows are only ever added, and no other table is referred to, so that they outlive
    what they speak of. The time is kept as the very text that is hashed."""

    __tablename__ = guards.TABLE

    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    recorded_at: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200), index=True)
    actor_kind: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(100), index=True)
    image: Mapped[str] = mapped_column(SHA)
    bundle: Mapped[str] = mapped_column(SHA)
    settings: Mapped[str] = mapped_column(SHA)
    content: Mapped[str] = mapped_column(SHA)
    previous: Mapped[str] = mapped_column(SHA)
    hash: Mapped[str] = mapped_column(SHA)
    field_digests: Mapped[str] = mapped_column(String(128))


def _put_up_guards(target: Any, connection: Connection, **rest: Any) -> None:
    for statement in guards.create_statements(connection.dialect.name):
        connection.execute(text(statement))


def _remove_guards(target: Any, connection: Connection, **rest: Any) -> None:
    for statement in guards.drop_statements(connection.dialect.name):
        connection.execute(text(statement))


# Tables that are made without the migrations are guarded too.
event.listen(AuditRow.__table__, "after_create", _put_up_guards)
event.listen(AuditRow.__table__, "after_drop", _remove_guards)
