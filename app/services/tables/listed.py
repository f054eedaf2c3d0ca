"""A table among the files of a server folder: its rows take its place in the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from app.domain.permissions import needs
from app.services import originals
from app.services.archives.listing import Beside
from app.services.deidentify import names
from app.services.tables.arriving import ArrivingRow, rows_of
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem, NewItem
from app.store.files.blobs import Staged
from dprotonet.errors import Cancelled

CHUNK = 500  # rows written to the list at once
Listed = tuple[NewItem, Staged | None]


@needs("run the program")
def spread(workplace: Workplace, item: ClaimedItem, table: Path, *, beside: Beside) -> None:
    """Let each row of a table be a file of the table's batch, and the table none.

    Each row has a path of its own, below its table's. So where this was cut off, whoever takes the
    table up again adds what is missing, and nothing twice.

    Args:
        workplace: where.
        item: the table, which this worker holds.
        table: where it lies.
        beside: does the reading while what goes first is done.

    Raises:
        Refused: the batch's model reads images, or the table is too large.
        ReadableError: it is no table, or lacks a column that the model reads.
        Cancelled: another worker has taken the table up, or nobody waits for it.
    """
    info = workplace.models.get(item.job.model or "")
    found = beside(lambda stop: rows_of(workplace, table, name=table.name, info=info))
    rows = enumerate(found)
    left = len(found)
    while chunk := list(islice(rows, CHUNK)):
        left -= len(chunk)
        staged: list[Listed] = []
        try:
            beside(_staging(workplace, item, chunk, staged))
            with originals.keeping(workplace) as (tx, keep):
                if not tx.claimed_files.held([item.item_id]):
                    raise Cancelled
                for _, row in staged:
                    if row is not None:
                        keep(row)
                tx.batch_items.add(item.job.job_id, [new for new, _ in staged])
                if not left:
                    tx.claimed_files.remove(item.item_id)
        finally:
            for _, row in staged:
                if row is not None:
                    workplace.blobs.discard(row)


def _staging(
    workplace: Workplace,
    item: ClaimedItem,
    chunk: Sequence[tuple[int, ArrivingRow]],
    staged: list[Listed],
) -> Callable[[Callable[[], bool]], None]:
    def run(stop: Callable[[], bool]) -> None:
        for listed in _items(workplace, item, chunk):
            staged.append(listed)
            if stop():
                raise Cancelled

    return run


def _items(
    workplace: Workplace, item: ClaimedItem, rows: Sequence[tuple[int, ArrivingRow]]
) -> Iterator[Listed]:
    table = names.opened(workplace, item.path or "")
    for number, row in rows:
        place = names.stored(workplace, f"{table}/{number}")
        new = NewItem(row.name, path=place, shown_path=row.shown_path)
        if row.arrival is None:
            yield replace(new, state="error", message=row.problem), None
        else:
            staged = intake.stage(workplace, row.arrival)
            yield replace(new, upload_key=staged.key), staged
