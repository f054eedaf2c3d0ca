"""What a DICOMDIR lists, read from the file itself: paths and kinds, and nothing of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.header import element, text
from dprotonet.images.limits import Limits
from dprotonet.images.source import Source, opened

MOST_BYTES = 64 << 20  # of a DICOMDIR: some hundred thousand files
MOST_FILES = 100_000
# A file ID (PS3.10 8.2) has at most 8 parts of capital letters, digits and underscores. Discs with
# other names exist, so that only what would leave the folder is no part of one.
_PART = re.compile(r"(?!\.{1,2}\Z)[^/\\\x00:]{1,255}")


@dataclass(frozen=True)
class Directory:
    """The files that a DICOMDIR names, study by study and series by series as it lists them."""

    files: tuple[tuple[str, ...], ...]
    """The parts of each path, from the folder of the DICOMDIR on."""
    outside: int = 0
    """How many paths lead out of that folder, or are none; they are left out."""
    studies: int = 0

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Directory:
        """What a child said; ValueError or KeyError where that makes no sense."""
        files = tuple(tuple(str(part) for part in parts) for parts in found["files"])
        if not all(_PART.fullmatch(part) for parts in files for part in parts):
            raise ValueError("a path that leads elsewhere")
        return cls(files, int(found["outside"]), int(found["studies"]))


def read_directory(source: Source, *, limits: Limits | None = None) -> Directory:
    """Read a DICOMDIR.

    Args:
        source: its path or bytes.
        limits: most bytes of a file; fewer are allowed here.

    Raises:
        UnreadableImage: it is damaged, too large, or no DICOMDIR.
    """
    with opened(source, limits or Limits()) as file:
        if file.size > MOST_BYTES:
            raise UnreadableImage(
                f"This DICOMDIR has more than {MOST_BYTES >> 20} MiB, the most that is read. "
                "Give the folders of images beside it one by one."
            )
        try:
            header = dcmread(file.stream)
            records = element(header, "DirectoryRecordSequence")
            if records is None:
                raise ValueError("no records")
            return _listed(list(_in_order(header, list(records))))
        except UnreadableImage:
            raise
        except Exception as error:
            raise UnreadableImage(
                "The DICOMDIR is damaged, so what it lists is not known. Copy the disc again."
            ) from error


def _listed(records: list[Dataset]) -> Directory:
    files: dict[tuple[str, ...], None] = {}  # in order, each once
    outside = studies = 0
    for record in records:
        studies += text(record, "DirectoryRecordType") == "STUDY"
        found = element(record, "ReferencedFileID")
        if not found:
            continue
        value = [found] if isinstance(found, str) else list(found)
        parts = tuple(str(part).strip() for part in value)
        if all(_PART.fullmatch(part) for part in parts):
            files[parts] = None
        else:
            outside += 1
        if len(files) + outside > MOST_FILES:
            raise UnreadableImage(
                f"The DICOMDIR lists more than {MOST_FILES:,} files. "
                "Give the folders of images beside it one by one."
            )
    return Directory(tuple(files), outside, studies)


def _in_order(header: Dataset, records: list[Dataset]) -> Iterator[Dataset]:
    """The records as the offsets say: a study with its series, a series with its images.

    Where offsets lead nowhere or in circles, the rest follows as it lies in the file.
    """
    at = {int(record.seq_item_tell): record for record in records if record.seq_item_tell}
    seen: set[int] = set()
    first = element(header, "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity")
    todo = [int(first)] if first else []
    while todo:
        offset = todo.pop()
        record = at.get(offset)
        if record is None or offset in seen:
            continue
        seen.add(offset)
        yield record
        for name in (
            "OffsetOfTheNextDirectoryRecord",
            "OffsetOfReferencedLowerLevelDirectoryEntity",
        ):  # what lies below comes first
            following = element(record, name)
            if following:
                todo.append(int(following))
    yield from (record for record in records if int(record.seq_item_tell or 0) not in seen)
