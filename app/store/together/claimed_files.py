"""Files of a batch that a worker holds together, beside the one that it took first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.domain.jobs import ItemState
from app.store.batch_items import ClaimedItem
from app.store.rows import JobItemEntry
from app.store.workers.holding import holder_of
from dprotonet.images.file_names import printable


@dataclass(frozen=True)
class FileEnd:
    """What became of a file that is a new case."""

    state: ItemState
    case_id: str
    file_sha256: str
    message: str = ""


class ClaimedFiles:
    """The job_item table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def more_of(self, first: ClaimedItem, *, most: int) -> list[ClaimedItem]:
        """Take the next files of a batch that nobody has begun.

        One that was begun before is left out, since it may be what ended its worker: read alone,
        it costs no other file an attempt.

        Args:
            first: a file of the batch that was just taken.
            most: how many.
        """
        waiting = (
            select(JobItemEntry.id)
            .where(
                JobItemEntry.job_id == first.job.job_id,
                JobItemEntry.state == "waiting",
                JobItemEntry.attempts == 0,
                JobItemEntry.case_id.is_(None),
            )
            .order_by(JobItemEntry.position)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = self._session.scalars(waiting).all()
        if not ids:
            return []
        taken = self._session.execute(
            update(JobItemEntry)
            .where(JobItemEntry.id.in_(ids))
            .values(state="running", attempts=1, worker_id=holder_of(self._session))
            .returning(
                *(JobItemEntry.id, JobItemEntry.position, JobItemEntry.name),
                *(JobItemEntry.path, JobItemEntry.upload_key, JobItemEntry.message),
            )
            .execution_options(synchronize_session=False)
        ).all()
        return [
            ClaimedItem(
                item_id=row.id,
                job=first.job,
                name=row.name,
                folder=first.folder,
                path=row.path,
                upload_key=row.upload_key,
                explain=first.explain,
                case_id=None,
                message=row.message,
            )
            for row in sorted(taken, key=lambda row: row.position)
        ]

    def held(self, ids: Iterable[int]) -> set[int]:
        """Of these files those that this worker still holds, which nobody else takes until the
        transaction ends."""
        query = select(JobItemEntry.id).where(
            JobItemEntry.id.in_(list(ids)), JobItemEntry.state == "running"
        )
        holder = holder_of(self._session)
        if holder is not None:
            query = query.where(JobItemEntry.worker_id == holder)
        return set(self._session.scalars(query.with_for_update()))

    def remove(self, item_id: int) -> None:
        """Take a file that this worker holds off the list: others have its place."""
        self._session.execute(delete(JobItemEntry).where(JobItemEntry.id == item_id))

    def finish(self, ends: Mapping[int, FileEnd]) -> None:
        """Write what became of files that this worker holds."""
        self._session.connection().execute(
            _FINISH,
            [
                {
                    "item": item_id,
                    "new_state": end.state,
                    "new_message": printable(end.message),
                    "new_case": end.case_id,
                    "new_hash": end.file_sha256,
                }
                for item_id, end in ends.items()
            ],
        )

    def put_back(self, ids: Iterable[int], *, counted: bool) -> None:
        """Let files wait again that this worker holds.

        Args:
            ids: of the files.
            counted: as an attempt, after which each is read alone.
        """
        held = self.held(ids)
        if held:
            self._session.execute(
                update(JobItemEntry)
                .where(JobItemEntry.id.in_(held))
                .values(state="waiting", attempts=JobItemEntry.attempts - (0 if counted else 1))
                .execution_options(synchronize_session=False)
            )


_TABLE = JobItemEntry.__table__
# The uploaded bytes of a file that became a case lie there now.
_FINISH = (
    update(JobItemEntry.__table__)  # type: ignore[arg-type]
    .where(_TABLE.c.id == bindparam("item"))
    .values(
        state=bindparam("new_state"),
        message=bindparam("new_message"),
        case_id=bindparam("new_case"),
        file_sha256=bindparam("new_hash"),
        upload_key=None,
    )
)
