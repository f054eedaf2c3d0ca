"""How the files of a batch are looked at, and the way from an image back to its batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.domain.errors import Refused
from app.domain.figures.agreement import Agreement
from app.domain.jobs import ItemState
from dprotonet.images.file_names import printable

BatchOrder = Literal["file", "study", "name", "finding", "doubt", "label", "state"]
BATCH_ORDERS: tuple[BatchOrder, ...] = get_args(BatchOrder)
LONGEST_NAME = 200  # characters of a batch's name


@dataclass(frozen=True)
class BatchFilters:
    """What a batch's files are narrowed to, and their order; an empty field narrows nothing."""

    states: tuple[ItemState, ...] = ()
    text: str = ""
    """Part of the file's name or path."""
    label: str | None = None
    """Predicted class."""
    agreement: Agreement | None = None
    order: BatchOrder = "file"
    """file: as they came; study: those of a study together, series by series; finding: the most
    probable finding first; doubt: what the list of cases calls most doubtful first."""


@dataclass(frozen=True)
class BatchLink:
    """A batch that an image came in."""

    job_id: str
    title: str
    position: int
    """Of the image's file, counted from 0."""
    files: int
    created_at: datetime

    @property
    def text(self) -> str:
        """File 3 of 40 in the batch “Ward A”."""
        return f"File {self.position + 1:,} of {self.files:,} in the batch “{self.title}”"


def batch_name(text: str) -> str:
    """A name for a batch as it is kept.

    Raises:
        Refused: there is nothing of it that can be shown, or it is too long.
    """
    name = " ".join(printable(text).split())
    if not name:
        raise Refused("A batch needs a name. Write one, without the name of a patient.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name of a batch has at most {LONGEST_NAME} characters. Shorten it.")
    return name
