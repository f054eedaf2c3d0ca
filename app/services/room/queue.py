"""The queue beside the image: the rows around it, in the order of the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.cases import CaseFilters, CaseRow
from app.domain.permissions import needs
from app.domain.text import counted
from app.services import review
from app.services.workplace import Workplace

SIZE = 60


@dataclass(frozen=True)
class QueueRow:
    """One image of the queue."""

    case_id: str
    title: str
    line: str
    status: str
    status_text: str
    thumbnail: str


@dataclass(frozen=True)
class Queue:
    """The images around the one that is shown."""

    rows: tuple[QueueRow, ...]
    text: str
    previous: str
    next: str
    """Case id; empty at the end."""
    next_pixels: str


@needs("see cases")
def around(workplace: Workplace, case_id: str, filters: CaseFilters) -> Queue:
    """The rows around a case, and which come before and after it."""
    page = review.list_cases(workplace, filters, page=0, size=SIZE)
    ids = [row.case_id for row in page.rows]
    at = ids.index(case_id) if case_id in ids else -1
    following = ids[at + 1] if at + 1 < len(ids) else ""
    return Queue(
        rows=tuple(_row(row) for row in page.rows),
        text=counted(page.total, "image"),
        previous=ids[at - 1] if at > 0 else "",
        next=following,
        next_pixels=f"/api/pixels/{following}/0" if following else "",
    )


def _row(row: CaseRow) -> QueueRow:
    return QueueRow(
        case_id=row.case_id,
        title=row.file_name,
        line=row.view_position,
        status=row.status,
        status_text=row.status,
        thumbnail=f"/api/thumbnail/{row.case_id}",
    )


def filters_of(query: Mapping[str, str]) -> CaseFilters:
    """The list's filters in an address."""
    return CaseFilters()
