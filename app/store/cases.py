"""Cases: one row an image file. ``case_list`` finds them a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.domain.cases import Case, CaseFacts, Twin
from app.domain.errors import NotFound
from app.store import case_summary
from app.store.rows import (
    CaseEntry,
    ExplanationEntry,
    IdentityEntry,
    JobEntry,
    JobItemEntry,
    PredictionEntry,
)

FACTS = tuple(CaseFacts.__dataclass_fields__)


class Cases:
    """The case table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Case) -> None:
        """Write one case; IntegrityError when there is one of its file already."""
        newest = case_summary.newest_with(self._session, new)
        patient = self._patient(new.file_sha256)
        entry = case_entry(new, study_newest=newest, patient=patient, doubt=case_summary.NOT_KNOWN)
        self._session.add(entry)
        self._session.flush()

    def get(self, case_id: str) -> Case:
        """One case.

        Raises:
            NotFound: it was deleted or never was.
        """
        entry = self._session.get(CaseEntry, case_id)
        if entry is None:
            raise NotFound("This case no longer exists. Choose another from the list.")
        return _case(entry)

    def find(self, *, file_sha256: str) -> Case | None:
        """The case with these bytes."""
        query = select(CaseEntry).where(CaseEntry.file_sha256 == file_sha256)
        entry = self._session.scalars(query).first()
        return None if entry is None else _case(entry)

    def with_pixels(self, pixel_sha256: str, *, limit: int) -> tuple[Twin, ...]:
        """The cases with these pixels, whatever their header, the first one first."""
        rows = self._session.execute(
            select(CaseEntry.id, CaseEntry.file_name)
            .where(CaseEntry.pixel_sha256 == pixel_sha256)
            .order_by(CaseEntry.created_at, CaseEntry.id)
            .limit(limit)
        )
        return tuple(Twin(case_id, name) for case_id, name in rows)

    def set_model(self, case_id: str, model: str, *, site: str = "") -> None:
        """Choose the bundle a case is read with, and the settings of a site, "" for its own."""
        self.get(case_id)
        entry = self._session.get_one(CaseEntry, case_id)
        entry.model, entry.site = model, site
        self._session.flush()
        case_summary.refresh(self._session, case_id)

    def thumbnail(self, case_id: str) -> str | None:
        """Key of a case's thumbnail; None before one was made."""
        key = select(CaseEntry.thumbnail_key).where(CaseEntry.id == case_id)
        return self._session.scalar(key)

    def set_thumbnail(self, case_id: str, key: str) -> None:
        """Name the thumbnail of a case."""
        named = update(CaseEntry).where(CaseEntry.id == case_id).values(thumbnail_key=key)
        self._session.execute(named)

    def complete_summaries(self) -> int:
        """As :func:`app.store.case_summary.complete`."""
        return case_summary.complete(self._session)

    def ids(self) -> Iterator[str]:
        """All case ids, oldest first."""
        yield from self._session.scalars(select(CaseEntry.id).order_by(CaseEntry.created_at))

    def delete(self, case_id: str) -> set[str]:
        """Remove a case with all that hangs on it; a batch's row stays and says so.

        Returns:
            Keys of the blobs that it named, for the caller to remove where nobody else needs them.
        """
        entry = self._session.get(CaseEntry, case_id)
        if entry is None:
            raise NotFound("This case no longer exists.")
        keys, study = {entry.file_sha256}, entry.study_key
        if entry.thumbnail_key is not None:
            keys.add(entry.thumbnail_key)
        keys.update(
            self._session.scalars(
                select(ExplanationEntry.heatmap_key).where(ExplanationEntry.case_id == case_id)
            )
        )
        maps = select(PredictionEntry.maps_key).where(PredictionEntry.case_id == case_id)
        keys.update(key for key in self._session.scalars(maps) if key is not None)
        for item in self._session.scalars(
            select(JobItemEntry).where(JobItemEntry.case_id == case_id)
        ):
            if item.upload_key:
                keys.add(item.upload_key)
            batch = self._session.get_one(JobEntry, item.job_id)
            if batch.title == item.name:  # a batch of one uploaded file bears that file's name
                batch.title = "One uploaded file"
            item.case_id = item.upload_key = item.path = item.explanation_id = None
            item.name = item.shown_path = item.file_sha256 = ""
            item.state, item.message = "deleted", "The case was deleted."
        self._session.flush()
        self._session.execute(delete(CaseEntry).where(CaseEntry.id == case_id))
        case_summary.forget_newest(self._session, study)
        self._session.expire_all()
        return keys

    def _patient(self, file_sha256: str) -> str:
        """Pseudonym of the patient whom a stored file is of; "" where that is not noted."""
        whose = select(IdentityEntry.patient).where(IdentityEntry.blob_key == file_sha256)
        return self._session.scalar(whose) or ""


def case_entry(new: Case, *, study_newest: datetime, patient: str, **summary: Any) -> CaseEntry:
    """The row of a new case.

    Args:
        new: the case.
        study_newest: when the newest file of its study came.
        patient: pseudonym of whom it is of; "" where none is noted.
        summary: columns of :mod:`app.store.case_summary`.
    """
    facts = {name: getattr(new.facts, name) for name in FACTS}
    return CaseEntry(
        id=new.case_id,
        file_name=new.file_name,
        file_sha256=new.file_sha256,
        pixel_sha256=new.pixel_sha256,
        pixel_hash=new.pixel_hash,
        file_bytes=new.file_bytes,
        study_key=new.study_key,
        source=new.source,
        model=new.model,
        site=new.site,
        created_at=new.created_at,
        name_key=case_summary.name_key(new.file_name),
        study_newest=study_newest,
        patient=patient,
        **facts,
        **summary,
    )


def _case(entry: CaseEntry) -> Case:
    return Case(
        case_id=entry.id,
        file_name=entry.file_name,
        file_sha256=entry.file_sha256,
        pixel_sha256=entry.pixel_sha256,
        file_bytes=entry.file_bytes,
        facts=CaseFacts(**{name: getattr(entry, name) for name in FACTS}),
        source=entry.source,  # type: ignore[arg-type]
        model=entry.model,
        created_at=entry.created_at,
        pixel_hash=entry.pixel_hash,  # type: ignore[arg-type]
        site=entry.site,
    )
