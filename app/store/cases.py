"""Cases: one row an image file, and the list made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.cases import Case, CaseFilters, CasePage, CaseRow, FilmFacts
from app.domain.errors import NotFound
from app.store.labelled import labelled
from app.store.rows import (
    AnnotationEntry,
    CaseEntry,
    ExplanationEntry,
    JobEntry,
    JobItemEntry,
    PredictionEntry,
)

FACTS = tuple(FilmFacts.__dataclass_fields__)


class Cases:
    """The case table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Case) -> None:
        """Write one case; IntegrityError when its pixels are there already."""
        facts = {name: getattr(new.facts, name) for name in FACTS}
        self._session.add(
            CaseEntry(
                id=new.case_id,
                file_name=new.file_name,
                file_sha256=new.file_sha256,
                pixel_sha256=new.pixel_sha256,
                file_bytes=new.file_bytes,
                study_key=new.study_key,
                source=new.source,
                model=new.model,
                created_at=new.created_at,
                **facts,
            )
        )
        self._session.flush()

    def get(self, case_id: str) -> Case:
        """One case.

        Raises:
            NotFound: it was deleted or never was.
        """
        entry = self._session.get(CaseEntry, case_id)
        if entry is None:
            raise NotFound("This case is not there any more. Choose another from the list.")
        return _case(entry)

    def find(self, *, file_sha256: str = "", pixel_sha256: str = "") -> Case | None:
        """The case with these bytes or these pixels."""
        column, value = (
            (CaseEntry.file_sha256, file_sha256)
            if file_sha256
            else (CaseEntry.pixel_sha256, pixel_sha256)
        )
        entry = self._session.scalars(select(CaseEntry).where(column == value).limit(1)).first()
        return None if entry is None else _case(entry)

    def set_model(self, case_id: str, model: str) -> None:
        """Choose the bundle a case is read with."""
        self.get(case_id)
        entry = self._session.get_one(CaseEntry, case_id)
        entry.model = model
        self._session.flush()

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
            raise NotFound("This case is not there any more.")
        keys = {entry.file_sha256}
        keys.update(
            self._session.scalars(
                select(ExplanationEntry.heatmap_key).where(ExplanationEntry.case_id == case_id)
            )
        )
        for item in self._session.scalars(
            select(JobItemEntry).where(JobItemEntry.case_id == case_id)
        ):
            if item.upload_key:
                keys.add(item.upload_key)
            batch = self._session.get_one(JobEntry, item.job_id)
            if batch.title == item.name:  # a batch of one uploaded file bears that file's name
                batch.title = "One uploaded file"
            item.case_id = item.upload_key = item.path = item.explanation_id = None
            item.name = item.file_sha256 = ""
            item.state, item.message = "deleted", "The case was deleted."
        self._session.flush()
        self._session.execute(delete(CaseEntry).where(CaseEntry.id == case_id))
        self._session.expire_all()
        return keys

    def page(self, filters: CaseFilters, *, page: int, size: int) -> CasePage:
        """One page of the list; files of one study lie together."""
        query = _listed().where(*_conditions(filters))
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        query = query.order_by(*_order(filters)).limit(size).offset(page * size)
        rows = tuple(_row(found) for found in self._session.execute(query).mappings())
        return CasePage(rows, total, page, size)

    def study(self, case_id: str) -> tuple[CaseRow, ...]:
        """The other files of a case's study, in the order they came."""
        key = self.get(case_id).study_key
        query = _listed().where(CaseEntry.study_key == key, CaseEntry.id != case_id)
        query = query.order_by(CaseEntry.created_at, CaseEntry.id).limit(200)
        return tuple(_row(found) for found in self._session.execute(query).mappings())


def _latest_annotation() -> Any:
    newest = (
        select(func.max(AnnotationEntry.id).label("id"))
        .group_by(AnnotationEntry.case_id)
        .subquery()
    )
    return (
        select(AnnotationEntry.case_id, AnnotationEntry.verdict, AnnotationEntry.reader)
        .join(newest, newest.c.id == AnnotationEntry.id)
        .subquery("latest")
    )


LATEST = _latest_annotation()
PREDICTING = exists().where(
    JobEntry.case_id == CaseEntry.id,
    JobEntry.kind == "predict",
    JobEntry.state.in_(("waiting", "running")),
)
STATUS: ColumnElement[str] = case(
    (LATEST.c.verdict.is_not(None), "read"),
    (PredictionEntry.label.is_not(None), "new"),
    (PREDICTING, "waiting"),
    else_="failed",
)


def _listed() -> Select[Any]:
    studies = (
        select(
            CaseEntry.study_key.label("key"),
            func.count().label("files"),
            func.max(CaseEntry.created_at).label("newest"),
        )
        .group_by(CaseEntry.study_key)
        .subquery("studies")
    )
    return (
        select(
            CaseEntry.id.label("case_id"),
            CaseEntry.file_name,
            CaseEntry.study_key,
            studies.c.files.label("study_files"),
            CaseEntry.view_position,
            CaseEntry.frames,
            CaseEntry.source,
            STATUS.label("status"),
            CaseEntry.model,
            PredictionEntry.label,
            PredictionEntry.probability,
            LATEST.c.verdict,
            LATEST.c.reader,
            CaseEntry.created_at,
            studies.c.newest,
        )
        .join(studies, studies.c.key == CaseEntry.study_key)
        .outerjoin(
            PredictionEntry,
            and_(
                PredictionEntry.case_id == CaseEntry.id,
                PredictionEntry.model == CaseEntry.model,
                PredictionEntry.frame == 0,
            ),
        )
        .outerjoin(LATEST, LATEST.c.case_id == CaseEntry.id)
    )


def _conditions(filters: CaseFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.text.strip():
        part = filters.text.strip()
        found.append(
            or_(
                CaseEntry.file_name.icontains(part, autoescape=True),
                CaseEntry.id.startswith(part, autoescape=True),
            )
        )
    if filters.status:
        found.append(STATUS == filters.status)  # noqa: SIM300
    if filters.label:
        found.append(labelled(PredictionEntry.label, filters.label))
    if filters.verdict:
        found.append(LATEST.c.verdict == filters.verdict)
    if filters.model:
        found.append(CaseEntry.model == filters.model)
    if filters.source:
        found.append(CaseEntry.source == filters.source)
    return found


def _order(filters: CaseFilters) -> tuple[Any, ...]:
    # The time of a study is that of its newest file, so that a late file brings the others along.
    query = _listed().selected_columns
    if filters.order == "name":
        return func.lower(CaseEntry.file_name), CaseEntry.id
    if filters.order == "probability":
        return PredictionEntry.probability.desc().nulls_last(), CaseEntry.id
    if filters.order == "oldest":
        return query.newest.asc(), CaseEntry.study_key, CaseEntry.created_at, CaseEntry.id
    return query.newest.desc(), CaseEntry.study_key, CaseEntry.created_at, CaseEntry.id


def _row(found: Any) -> CaseRow:
    return CaseRow(**{name: found[name] for name in CaseRow.__dataclass_fields__})


def _case(entry: CaseEntry) -> Case:
    return Case(
        case_id=entry.id,
        file_name=entry.file_name,
        file_sha256=entry.file_sha256,
        pixel_sha256=entry.pixel_sha256,
        file_bytes=entry.file_bytes,
        facts=FilmFacts(**{name: getattr(entry, name) for name in FACTS}),
        source=entry.source,  # type: ignore[arg-type]
        model=entry.model,
        created_at=entry.created_at,
    )
