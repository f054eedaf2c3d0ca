"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.domain.cases import shown_name
from app.domain.errors import Refused
from app.services import archive, intake
from app.services.workplace import Workplace
from app.store.blobs import Staged
from app.store.items import NewItem


def unpacked(
    workplace: Workplace, name: str, data: bytes | Path
) -> Iterator[tuple[NewItem, Staged | None]]:
    """The files in one upload, staged: itself, or what is in it where it is a ZIP file.

    A file that cannot be taken in is an item that says why, without staged bytes.

    Raises:
        Refused: the archive as a whole is not to be used.
    """
    if not archive.is_archive(data):
        yield _kept(workplace, shown_name(name), data)
        return
    limits = archive.ArchiveLimits(
        total_bytes=workplace.settings.upload_bytes, file_bytes=workplace.settings.file_bytes
    )
    for entry in archive.extract(workplace.films, data, limits=limits):
        if entry.file is None:
            yield NewItem(entry.name, state="error", message=entry.problem), None
        else:
            yield _kept(workplace, entry.name, entry.file)


def _kept(
    workplace: Workplace, name: str, data: bytes | Path | BinaryIO
) -> tuple[NewItem, Staged | None]:
    try:
        staged = intake.stage(workplace, data, name=name)
    except Refused as error:
        return NewItem(name, state="error", message=str(error)), None
    return NewItem(name, upload_key=staged.key), staged
