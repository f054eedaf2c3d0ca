"""The audit inside one transaction: appended to, looked through, read from end to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    String,
    case,
    cast,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from app.domain.audit.entries import (
    FIELDS,
    NO_ENTRY,
    AuditEntry,
    AuditEvent,
    AuditFilters,
    AuditHead,
    AuditPage,
    entry_after,
    time_text,
)
from app.domain.errors import Damaged
from app.store.audit import guards
from app.store.audit.rows import AuditRow

HEAD_LOCK = 0x617564  # any number that no other use of the database takes
COLUMNS = (*FIELDS, "hash", "field_digests")
CHUNK = 1000  # rows that are read at a time
ALTERED_HEAD = (
    "The last entry of the audit was altered, so nothing more can be recorded. "
    "See what was changed with: python -m app audit verify. Then restore a backup."
)
# Built once, as the queries at the end: building one takes longer than running it.
_INSERT = insert(AuditRow.__table__)  # type: ignore[arg-type]


class Audit:
    """The audit table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._noted: list[AuditEvent] = []

    def note(self, event: AuditEvent) -> None:
        """Append an entry when this transaction is about to be kept.

        The lock on the chain's head is so taken after all others, which rules out that two
        transactions wait for each other, and held only while the transaction is written.
        """
        self._noted.append(event)

    def append_noted(self) -> None:
        """Append what was noted, in its order."""
        noted, self._noted = self._noted, []
        if noted:
            self._append(noted)

    def check_nothing_noted(self) -> None:
        """Refuse to lose what was noted in a transaction that keeps nothing.

        Raises:
            RuntimeError: something was noted.
        """
        if self._noted:
            raise RuntimeError("an audit entry was noted in a transaction that only reads")

    def append(self, event: AuditEvent) -> AuditEntry:
        """Append an entry now, for who needs its hash; to be the last thing that a transaction
        locks.

        Returns:
            The entry. It is kept if the transaction is.
        """
        self.append_noted()
        return self._append([event])[-1]

    def _append(self, events: Sequence[AuditEvent]) -> list[AuditEntry]:
        # On SQLite the write lock already says that nobody else appends.
        if self._dialect == "postgresql":
            self._session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": HEAD_LOCK})
        head = self.head()
        if not head.is_readable:
            raise Damaged(ALTERED_HEAD)
        entries: list[AuditEntry] = []
        for event in events:
            entries.append(entry_after(head, event))
            head = AuditHead(entries[-1].sequence, entries[-1].hash)
        self._session.connection().execute(
            _INSERT, [{name: getattr(entry, name) for name in COLUMNS} for entry in entries]
        )
        return entries

    def head(self) -> AuditHead:
        """The last entry; where its hash was altered so that it cannot be read, what is left."""
        row = self._session.execute(_HEADS[self._dialect]).first()
        return NO_ENTRY if row is None else AuditHead(row.sequence, _text(row.hash) or "")

    def page(self, filters: AuditFilters, *, page: int, size: int) -> AuditPage:
        """One page of entries, newest first."""
        query = select(*_columns(self._dialect)).where(*_conditions(filters))
        total = self._session.scalar(
            select(func.count()).select_from(AuditRow).where(*_conditions(filters))
        )
        rows = self._session.execute(
            query.order_by(AuditRow.sequence.desc()).limit(size).offset(page * size)
        )
        return AuditPage(tuple(_entry(row) for row in rows), total or 0, page, size)

    def actors(self) -> tuple[str, ...]:
        """Names of all who appear."""
        rows = self._session.scalars(select(_as_it_lies("actor", self._dialect)).distinct())
        return tuple(sorted(str(_text(actor)) for actor in rows))

    def count(self) -> int:
        """How many entries there are."""
        return self._session.scalar(select(func.count()).select_from(AuditRow)) or 0

    def entries(self) -> Iterator[AuditEntry]:
        """All entries by ascending number, as they lie in the database."""
        query = select(*_columns(self._dialect)).order_by(AuditRow.sequence).limit(CHUNK)
        after: int | None = None
        while True:
            part = query if after is None else query.where(AuditRow.sequence > after)
            rows = self._session.execute(part).all()
            yield from (_entry(row) for row in rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].sequence

    def missing_guards(self) -> tuple[str, ...]:
        """Names of the triggers that should refuse changes and do not."""
        return guards.missing(self._session.connection())

    @property
    def _dialect(self) -> str:
        return self._session.get_bind().dialect.name


def _as_it_lies(name: str, dialect: str) -> Any:
    """A column as bytes or text: what was altered may be no valid UTF-8, and is to be told, not to
    fail. A value of a kind that the column is not meant for, which SQLite allows, is None."""
    column = getattr(AuditRow, name)
    if dialect != "sqlite":
        return cast(column, String).label(name)
    kind = "integer" if name == "version" else "text"
    return case((func.typeof(column) == kind, cast(column, LargeBinary))).label(name)


def _columns(dialect: str) -> list[Any]:
    named = (name for name in COLUMNS if name != "sequence")
    return [AuditRow.sequence, *(_as_it_lies(name, dialect) for name in named)]


def _entry(row: Any) -> AuditEntry:
    values = {name: _text(value) for name, value in row._mapping.items()}
    version = values["version"]
    if isinstance(version, str) and version.isdecimal():
        values["version"] = int(version)
    return AuditEntry(**values)


def _text(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.actor:
        conditions.append(AuditRow.actor == filters.actor)
    if filters.action:
        conditions.append(AuditRow.action == filters.action)
    if part := filters.subject.strip():
        of = (
            AuditRow.subject,
            AuditRow.image,
            AuditRow.bundle,
            AuditRow.settings,
            AuditRow.content,
        )
        conditions.append(or_(*(column.startswith(part, autoescape=True) for column in of)))
    if filters.since:
        conditions.append(AuditRow.recorded_at >= time_text(filters.since))
    if filters.until:
        conditions.append(AuditRow.recorded_at < time_text(filters.until))
    return conditions


_HEADS = {
    dialect: select(AuditRow.sequence, _as_it_lies("hash", dialect))
    .order_by(AuditRow.sequence.desc())
    .limit(1)
    for dialect in ("sqlite", "postgresql")
}
