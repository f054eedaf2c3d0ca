"""Where a file of a batch comes from, and what its bytes can be read from."""

from __future__ import annotations

from pathlib import Path

from app.domain.cases import Source
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.archives import fetching
from app.services.deidentify import names
from app.services.deidentify.arrival import Arrival
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem


@within
def kind(workplace: Workplace, item: ClaimedItem) -> Source:
    """What its case is noted to have come from."""
    if fetching.is_from_archive(workplace, item):
        return "archive"
    return "folder" if item.path else "upload"


@within
def opened(workplace: Workplace, item: ClaimedItem) -> Path | Arrival:
    """A file of a folder, or an upload, which was de-identified, where that is done, before it was
    written.

    Raises:
        Refused: it is gone, has become a link, or is too large.
    """
    if item.upload_key:
        return Arrival(workplace.blobs.source(item.upload_key), item.name)
    path = Path(names.opened(workplace, item.folder or ""))
    path /= names.opened(workplace, item.path or "")
    if path.parent.is_file():  # see app.services.tables.listed
        raise Refused(
            "This row of a table could not be read. Mend it in the table, and start a new batch of "
            "the folder; a watched folder is read again by itself."
        )
    # The folder may have changed since it was walked: no link leads out of it.
    if not path.is_file() or path.resolve() != path:
        raise Refused("The file no longer exists, or has become a link. Check the folder.")
    intake.check_size(workplace, path.stat().st_size)
    return path
