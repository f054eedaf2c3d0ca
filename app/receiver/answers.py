"""What a sender is told of an object that it sent, by a status (PS3.4 B.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from app.domain.errors import Forbidden, Unavailable
from app.services.deidentify.arrival import MayShowText
from dprotonet.errors import NotAnImage, ReadableError, ReaderBusy, UnreadableImage

LONGEST_COMMENT = 64  # characters: VR LO


@dataclass(frozen=True)
class Answer:
    """A status, and why; the comment says nothing of what is in the object."""

    status: int
    comment: str = ""

    def __post_init__(self) -> None:
        if len(self.comment) > LONGEST_COMMENT:
            raise ValueError(f"a comment has at most {LONGEST_COMMENT} characters")

    @property
    def dataset(self) -> Dataset:
        """As a response carries it."""
        made = Dataset()
        made.Status = self.status
        if self.comment:
            made.ErrorComment = self.comment
        return made


STORED = Answer(0x0000)
NO_ROOM = Answer(0xA700, "No room, or too much work: send it again later")
TOO_LARGE = Answer(0xA700, "Larger than what is taken in here")
LEAVING = Answer(0xA700, "This system is stopping: send it again later")
NO_IMAGE = Answer(0xA900, "It holds no image that is read here")
UNREADABLE = Answer(0xC000, "The image cannot be read")
MAY_SHOW_TEXT = Answer(0xC001, "Its pixels may show a name; not taken in")
FORBIDDEN = Answer(0x0124, "Not allowed")
FAILED = Answer(0x0110, "Not taken in: see the log of this system")


def answer_to(error: Exception) -> Answer:
    """What to say where taking in an object ended with an error: nothing of it was kept."""
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Answer], ...] = (
        (MayShowText, MAY_SHOW_TEXT),
        (NotAnImage, NO_IMAGE),
        (UnreadableImage, UNREADABLE),
        ((Unavailable, ReaderBusy, MemoryError), NO_ROOM),
        (Forbidden, FORBIDDEN),
        (ReadableError, FAILED),
    )
    return next((answer for kind, answer in kinds if isinstance(error, kind)), FAILED)
