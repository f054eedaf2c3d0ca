"""Tables in a server folder: each row becomes a file of the batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.domain.bundles import BundleInfo
from app.domain.permissions import within
from app.services.deidentify import names
from app.services.tables.arriving import is_table, rows_of
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from app.store.files.blobs import Staged
from dprotonet.errors import ReadableError
from dprotonet.images.discs.listing import FolderFile


@within
def items_of(
    workplace: Workplace, found: FolderFile, folder: str, info: BundleInfo
) -> Iterator[tuple[NewItem, Staged | None]]:
    """A file of a folder as rows of a batch: itself, or of a table each of its rows, staged.

    Each row has a path of its own, below its table's, so that a walk that begins again knows it.

    Args:
        workplace: where.
        found: the file.
        folder: that is walked.
        info: the batch's model.
    """
    item = names.found(workplace, found)
    path = Path(folder) / found.file.relative
    if found.message or not is_table(path, path.name):
        yield item, None
        return
    try:
        rows = rows_of(workplace, path, name=path.name, info=info)
    except ReadableError as error:
        yield replace(item, state="error", message=str(error)), None
        return
    for number, row in enumerate(rows):
        place = names.stored(workplace, f"{found.file.relative.as_posix()}/{number}")
        new = NewItem(row.name, path=place, shown_path=row.name)
        if row.arrival is None:
            yield replace(new, state="error", message=row.problem), None
        else:
            staged = intake.stage(workplace, row.arrival)
            yield replace(new, upload_key=staged.key), staged
