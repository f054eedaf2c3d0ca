"""Patients' images that may show text: held for the reader who sent them, until he has looked.

They are de-identified but for their pixels, and lie encrypted in the spool like all that was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.cases import Intake
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.deidentify.arrival import Arrival, renamed
from app.services.upload_ledger import Received
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.images.deidentify.instructions import TextFound

if TYPE_CHECKING:
    import numpy as np

MARGIN = 3  # pixels around a line of text that is offered to be blacked out


@dataclass(frozen=True)
class HeldImage:
    """One image that waits for its reader."""

    key: str
    name: str
    """Its pseudonym."""
    warnings: tuple[str, ...]
    offered: tuple[TextFound, ...]
    """Rectangles around what looks like text, in pixels of the image as it is shown."""


@needs("add images")
def hold(workplace: Workplace, token: str, arrived: Arrival) -> None:
    """Keep an image for the browser session that sent it.

    Raises:
        Refused: the disk cannot take it, or the session is over.
    """
    spool = workplace.uploads.spool
    data = arrived.data
    if not isinstance(data, bytes):
        data = data.read_bytes() if isinstance(data, Path) else data.read()
    try:
        with spool.receive() as receiving:
            receiving.write(data)
    except OSError as error:
        raise Refused("The disk is full, so the image could not be held. Make room.") from error
    note = replace(arrived, data=b"")
    workplace.uploads.arrived(token, Received(receiving.key, arrived.name, len(data), note))


@needs("add images")
def held_images(workplace: Workplace, token: str) -> tuple[HeldImage, ...]:
    """What waits for this session's reader."""
    return tuple(
        HeldImage(
            file.key,
            file.name,
            file.arrival.warnings,
            tuple(
                TextFound(
                    max(box.top - MARGIN, 0),
                    max(box.left - MARGIN, 0),
                    box.bottom + MARGIN,
                    box.right + MARGIN,
                )
                for box in file.arrival.text
            ),
        )
        for file in workplace.uploads.held(token)
        if isinstance(file.arrival, Arrival)
    )


@needs("add images")
def preview(
    workplace: Workplace, token: str, key: str, rectangles: Sequence[TextFound] = ()
) -> np.ndarray:
    """The first frame as it would be with these rectangles: uint8 (H, W) or (H, W, 3).

    Raises:
        Refused: the session does not hold it.
        UnreadableImage: it cannot be decoded.
    """
    _find(workplace, token, key)
    shown = workplace.image_reader.read(workplace.uploads.spool.source(key)).display()
    for box in rectangles:
        shown[box.top : box.bottom, box.left : box.right] = 0
    return shown


@needs("add images")
def take_in(
    workplace: Workplace, token: str, key: str, rectangles: Sequence[TextFound] = ()
) -> Intake:
    """Take in a held image, with rectangles made black on every frame.

    The case goes on saying that its image may show text: nobody can vouch that nothing is left.

    Raises:
        Refused: the session does not hold it.
        UnreadableImage: the rectangles cannot be made black in a file of its kind.
    """
    arrived = _find(workplace, token, key)
    data, ending = workplace.uploads.spool.source(key).read(), f".{arrived.name.rpartition('.')[2]}"
    if rectangles:
        data, ending = workplace.image_reader.black_out(data, rectangles)
    ready = replace(renamed(arrived, data, ending), shows_text=True)
    taken = intake.add(workplace, ready, name=ready.name)
    workplace.uploads.release(token, [key])
    return taken


@needs("add images")
def discard(workplace: Workplace, token: str, key: str) -> None:
    """Forget a held image."""
    workplace.uploads.release(token, [key])


def _find(workplace: Workplace, token: str, key: str) -> Arrival:
    for file in workplace.uploads.held(token):
        if file.key == key and isinstance(file.arrival, Arrival):
            return file.arrival
    raise Refused("This image is no longer held. Choose it again.")
