"""Drafts: one for each reader and frame, replaced as the reader goes on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.room.drafts import Draft
from app.store.rows import DraftEntry


class Drafts:
    """The draft table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, draft: Draft) -> None:
        """Keep a draft in the place of the reader's earlier one."""
        self._session.merge(
            DraftEntry(
                case_id=draft.case_id,
                frame=draft.frame,
                reader=draft.reader,
                study=draft.study,
                revision=draft.revision,
                content=dict(draft.content),
                saved_at=draft.saved_at,
            )
        )
        self._session.flush()

    def get(self, case_id: str, *, frame: int, reader: str, study: str = "") -> Draft | None:
        """The reader's draft of a frame."""
        entry = self._session.get(DraftEntry, (case_id, frame, reader, study))
        return None if entry is None else _draft(entry)

    def remove(self, case_id: str, *, frame: int, reader: str, study: str = "") -> None:
        """Forget a draft, once it was signed or discarded."""
        self._session.execute(
            delete(DraftEntry).where(
                DraftEntry.case_id == case_id,
                DraftEntry.frame == frame,
                DraftEntry.reader == reader,
                DraftEntry.study == study,
            )
        )

    def among(self, reader: str, case_ids: Collection[str]) -> frozenset[str]:
        """Those of some cases of which a reader has a draft, in free review."""
        if not case_ids:
            return frozenset()
        query = select(DraftEntry.case_id).where(
            DraftEntry.case_id.in_(case_ids), DraftEntry.reader == reader, DraftEntry.study == ""
        )
        return frozenset(self._session.scalars(query))

    def of_reader(self, reader: str, *, limit: int = 200) -> tuple[Draft, ...]:
        """A reader's drafts, the latest first."""
        query = select(DraftEntry).where(DraftEntry.reader == reader)
        query = query.order_by(DraftEntry.saved_at.desc()).limit(limit)
        return tuple(_draft(entry) for entry in self._session.scalars(query))


def _draft(entry: DraftEntry) -> Draft:
    return Draft(
        case_id=entry.case_id,
        frame=entry.frame,
        reader=entry.reader,
        revision=entry.revision,
        content=entry.content,
        saved_at=entry.saved_at,
        study=entry.study,
    )
