"""Decoding files that nobody vouches for: in a child process, one at a time."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.cases import FilmFacts

if TYPE_CHECKING:
    from dprotonet.images import GrayOrColourImage, ImageFacts


class FilmReader:
    """One child process with limits; a file that crashes it is that file's error."""

    def __init__(self) -> None:
        from dprotonet.images.isolated import IsolatedReader

        self._lock = threading.Lock()
        self._child = IsolatedReader()

    def read(self, source: str | Path | bytes, *, frame: int = 0) -> GrayOrColourImage:
        """One frame on its stored grid.

        Raises:
            UnreadableImage: with the sentence for the reader.
        """
        with self._lock:
            return self._child.read(source, frame=frame)

    def look(self, source: str | Path | bytes) -> tuple[FilmFacts, str]:
        """Facts of a file and the hash of its pixels, as :func:`dprotonet.images.look`.

        Raises:
            UnreadableImage: with the sentence for the reader; NotAnImage where none is inside.
        """
        with self._lock:
            facts, digest = self._child.look(source)
        return film_facts(facts), digest

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._child.close()


def film_facts(facts: ImageFacts) -> FilmFacts:
    """What is kept of a header. Texts are cut to what the columns hold."""
    kept = FilmFacts(
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
