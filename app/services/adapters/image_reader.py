"""Untrusted files are opened in child processes, separate ones for each purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.cases import CaseFacts

if TYPE_CHECKING:
    from dprotonet.attributes.reading import RowProblem
    from dprotonet.attributes.table import AttributeTable, Row
    from dprotonet.images.deidentify.instructions import (
        Deidentified,
        Instructions,
        Survey,
        TextFound,
    )
    from dprotonet.images.discs.directory import Directory
    from dprotonet.images.isolated.archive import OpenArchive
    from dprotonet.images.isolated.held_bytes import HeldBytes
    from dprotonet.images.source import Source
    from dprotonet.images.types import GrayOrColourImage, ImageFacts

VIEWING_CHILDREN = 2
INTAKE_CHILDREN = 2
ARCHIVE_CHILDREN = 2
VIEWING_WAIT = 30.0  # seconds that a page waits for a free child
INTAKE_WAIT = 180.0  # seconds
IDLE = 300.0  # seconds until an idle child gives its memory back
NICENESS = 5  # of intake: where processors are few, viewing goes first


class ImageReader:
    """Child processes with limits; a file that crashes one is that file's error.

    Images that are taken in, archives, and images that are viewed have children of their own, so
    that none of these waits for another.
    """

    def __init__(self) -> None:
        from dprotonet.images.isolated.child_process import ChildLimits
        from dprotonet.images.isolated.reader import IsolatedReader

        self._viewing = IsolatedReader(
            children=VIEWING_CHILDREN, wait_seconds=VIEWING_WAIT, idle_seconds=IDLE
        )
        # Giving way takes time, which is not held against an image; it may compute no more.
        patient = ChildLimits(wall_base=60, wall_per_megapixel=5, wall_seconds=240)
        self._intake, self._archives = (
            IsolatedReader(
                patient,
                children=children,
                wait_seconds=INTAKE_WAIT,
                idle_seconds=IDLE,
                niceness=NICENESS,
            )
            for children in (INTAKE_CHILDREN, ARCHIVE_CHILDREN)
        )

    def read(self, source: Source, *, frame: int = 0) -> GrayOrColourImage:
        """One frame on its native grid, for viewing and for the network.

        Raises:
            UnreadableImage: with the sentence for the reader.
            ReaderBusy: other files are being read and took too long.
        """
        return self._viewing.read(source, frame=frame)

    def look(self, source: Source) -> tuple[CaseFacts, str]:
        """Facts of a file and the hash of its pixels, as :func:`dprotonet.images.reader.look`.

        Raises:
            UnreadableImage: with the sentence for the reader; NotAnImage where it holds none.
            ReaderBusy: other files are being read and took too long.
        """
        facts, digest = self._intake.look(source)
        return case_facts(facts), digest

    def look_and_read(self, source: Source) -> tuple[CaseFacts, str, GrayOrColourImage]:
        """The same with the first frame, from a child that takes in; raises as :meth:`look`."""
        facts, digest, image = self._intake.look_and_read(source)
        return case_facts(facts), digest, image

    def frame_header(self, source: Source, *, frame: int = 0) -> dict[str, Any]:
        """What a DICOM file says of one frame, as
        :func:`dprotonet.images.dicom.frame_header.frame_header`.

        Raises:
            UnreadableImage: with the sentence for the reader.
            ReaderBusy: other files are being read and took too long.
        """
        return self._viewing.frame_header(source, frame=frame)

    def directory(self, source: Path | bytes | HeldBytes) -> Directory:
        """What a DICOMDIR lists, as :func:`dprotonet.images.discs.directory.read_directory`.

        Raises:
            UnreadableImage: with the sentence for the reader.
            ReaderBusy: other files are being read and took too long.
        """
        return self._intake.directory(source)

    def rows(
        self, source: Path | bytes | HeldBytes, table: AttributeTable
    ) -> tuple[Row | RowProblem, ...]:
        """The rows of a table, as
        :func:`dprotonet.attributes.isolated.read_rows_isolated`."""
        from dprotonet.attributes.isolated import read_rows_isolated

        return read_rows_isolated(self._intake, source, table)

    def deidentify(
        self, source: Path | bytes | HeldBytes, pseudonyms: Callable[[Survey], Instructions]
    ) -> tuple[Deidentified, Survey]:
        """A file without the person, as
        :func:`dprotonet.images.deidentify.isolated.deidentify_isolated`."""
        from dprotonet.images.deidentify.isolated import deidentify_isolated

        return deidentify_isolated(self._intake, source, pseudonyms)

    def black_out(self, data: bytes, rectangles: Sequence[TextFound]) -> tuple[bytes, str]:
        """As :func:`dprotonet.images.deidentify.blackout.blacked_out`, in a child process."""
        from dprotonet.images.deidentify.isolated import black_out_isolated

        return black_out_isolated(self._intake, data, rectangles)

    @contextmanager
    def archive(self, source: Path | bytes | HeldBytes, *, most: int) -> Iterator[OpenArchive]:
        """A ZIP file, opened in a child.

        See :func:`dprotonet.images.isolated.archive.open_archive`.
        """
        from dprotonet.images.isolated.archive import open_archive

        with open_archive(self._archives, source, most=most) as opened:
            yield opened

    @property
    def protections(self) -> dict[str, tuple[str, ...]]:
        """For "viewing", "intake" and "archives": what children cannot do on this system.

        See :data:`dprotonet.images.isolated.sandbox.PROTECTIONS`; () where no child has answered
        yet.
        """
        return {
            "viewing": self._viewing.protections,
            "intake": self._intake.protections,
            "archives": self._archives.protections,
        }

    def close(self) -> None:
        """End the child processes, busy ones after their request."""
        for reader in (self._viewing, self._intake, self._archives):
            reader.close()


def case_facts(facts: ImageFacts) -> CaseFacts:
    """What is kept of a header. Texts are cut to what the columns hold."""
    kept = CaseFacts(
        format=facts.format,
        rows=facts.rows,
        columns=facts.columns,
        frames=facts.frames,
        colour=facts.colour,
        bits=facts.bits,
    )
    dicom = facts.dicom
    if dicom is None:
        return kept
    return replace(
        kept,
        modality=dicom.modality[:16],
        view_position=dicom.view_position[:16],
        laterality=dicom.laterality[:16],
        body_part=dicom.body_part[:64],
        transfer_syntax=dicom.transfer_syntax[:64],
        photometric=dicom.photometric[:32],
        study_uid=dicom.study_uid[:64],
        series_uid=dicom.series_uid[:64],
        burned_in_annotation=dicom.burned_in_annotation,
    )
