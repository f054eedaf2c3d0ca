"""The queue beside the image: the rows around it, in the order of the list or of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.cases import CaseFilters, CaseRow
from app.domain.permissions import needs
from app.domain.studies.study import QueueEntry
from app.domain.worklist.address import NAMES, from_address
from app.services.studies import reading
from app.services.worklist import queue as worklist
from app.services.workplace import Workplace

SIZE = 40  # rows to each side


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
    """Case id of the next one to be read; empty when there is none."""
    next_pixels: str


@needs("see cases")
def around(workplace: Workplace, case_id: str, filters: CaseFilters | None = None) -> Queue:
    """The rows around a case, which comes before it, and which is to be read next."""
    found = worklist.queue(workplace, filters, around=case_id, size=SIZE)
    before = found.rows[found.position - 1] if found.position else None
    following = worklist.next_unread(workplace, filters, after=case_id)
    return _queue(
        tuple(_row(row) for row in found.rows),
        "",
        before.case_id if before else "",
        following.case_id if following else "",
    )


@needs("see cases")
def of_study(workplace: Workplace, case_id: str, study: str) -> Queue:
    """This reader's reads of a study in their own order."""
    entries = reading.queue(workplace, study)
    following = reading.next_case(workplace, study, besides=case_id)
    places = [i for i, entry in enumerate(entries) if entry.read.key.case_id == case_id]
    at = places[0] if places else 0
    done = sum(entry.read.is_done for entry in entries)
    return _queue(
        tuple(_study_row(number, entry) for number, entry in enumerate(entries, 1)),
        f"{done} of {len(entries)} read",
        entries[at - 1].read.key.case_id if at else "",
        following.read.key.case_id if following else "",
    )


def _queue(rows: tuple[QueueRow, ...], text: str, previous: str, following: str) -> Queue:
    pixels = f"/api/pixels/{following}/0" if following else ""
    return Queue(rows, text, previous, following, pixels)


def _row(row: CaseRow) -> QueueRow:
    held = f" · {row.held_by}" if row.held_by and not row.is_own else ""
    held += " · draft" if row.has_draft else ""
    return QueueRow(
        case_id=row.case_id,
        title=row.file_name,
        line=" ".join(part for part in (row.modality, row.view_position) if part),
        status=row.status,
        status_text=f"{row.status}{held}",
        thumbnail=f"/api/thumbnail/{row.case_id}",
    )


def _study_row(number: int, entry: QueueEntry) -> QueueRow:
    read = entry.read
    status = "done" if read.is_done else "revealed" if read.first is not None else "new"
    return QueueRow(
        case_id=read.key.case_id,
        title=f"{number}. {entry.file_name}",
        line="again" if read.is_repeat else "",
        status=status,
        status_text=status if entry.is_due or read.is_done else "later",
        thumbnail=f"/api/thumbnail/{read.key.case_id}",
    )


def filters_of(query: Mapping[str, str]) -> CaseFilters:
    """The list's filters in an address."""
    return from_address({name: value for name, value in query.items() if name in NAMES})
