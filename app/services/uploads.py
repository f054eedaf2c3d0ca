"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
    if not _starts_as_archive(data):
        yield _kept(workplace, shown_name(name), data)
        return
    content = data.read_bytes() if isinstance(data, Path) else data
    limits = archive.ArchiveLimits(
        total_bytes=workplace.settings.upload_bytes, file_bytes=workplace.settings.file_bytes
    )
    for entry in archive.extract(content, limits=limits):
        if entry.problem:
            yield NewItem(entry.name, state="error", message=entry.problem), None
        else:
            yield _kept(workplace, entry.name, entry.data)


def _kept(workplace: Workplace, name: str, data: bytes | Path) -> tuple[NewItem, Staged | None]:
    try:
        staged = intake.stage(workplace, data, name=name)
    except Refused as error:
        return NewItem(name, state="error", message=str(error)), None
    return NewItem(name, upload_key=staged.key), staged


def _starts_as_archive(data: bytes | Path) -> bool:
    if isinstance(data, bytes):
        return archive.is_archive(data)
    with data.open("rb") as file:
        return archive.is_archive(file.read(4))
