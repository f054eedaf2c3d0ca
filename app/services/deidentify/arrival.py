"""A file that arrives, turned into one that may be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.domain.cases import shown_name
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.workplace import Workplace
from app.store.files.identities import SealedIdentity
from dprotonet.errors import UnreadableImage
from dprotonet.images.deidentify.instructions import Instructions, Survey, TextFound
from dprotonet.images.hashes import file_sha256
from dprotonet.images.isolated.held_bytes import HeldBytes

if TYPE_CHECKING:
    from app.services.deidentify.key import PseudonymKey

Incoming = bytes | Path | HeldBytes | BinaryIO


@dataclass(frozen=True, eq=False)
class Arrival:
    """A file that may be written to disk as it is."""

    data: bytes | Path | HeldBytes
    name: str
    """As it may be shown."""
    identity: SealedIdentity | None = None
    """Whom it names, for the holder of the key; None where that is known already or nobody is."""
    warnings: tuple[str, ...] = ()
    """Why its pixels may show text."""
    text: tuple[TextFound, ...] = ()
    shows_text: bool = False
    """Text was found or stated; the case says so, whatever was blacked out since."""


class MayShowText(Refused):
    """An image that is not taken in before somebody has looked at it."""

    def __init__(self, arrival: Arrival) -> None:
        super().__init__(
            f"{' '.join(arrival.warnings)} It was not taken in. Add it on the Review page, where "
            "what is in the way can be blacked out."
        )
        self.arrival = arrival


@within
def arrival(workplace: Workplace, data: Incoming, *, name: str, limit: int) -> Arrival:
    """De-identify a file in memory; what came is written nowhere.

    Args:
        workplace: with a key.
        data: the file.
        name: what it was called, folders included.
        limit: most bytes.

    Raises:
        MayShowText: it was de-identified, and its pixels may name somebody.
        UnreadableImage: it cannot be read, so nothing of it may be kept.
        Refused: too many bytes.
    """
    key = workplace.pseudonyms
    if key is None:
        raise ValueError("this workplace has no key")
    source = _in_memory(data, limit)
    digest = file_sha256(source)
    said: list[Instructions] = []

    def pseudonyms(survey: Survey) -> Instructions:
        said.append(key.instructions(survey, digest=digest))
        return said[0]

    try:
        done, survey = workplace.image_reader.deidentify(source, pseudonyms)
    except UnreadableImage as error:
        raise type(error)(_without(str(error), name)) from None
    patient = said[0].patient
    image = key.image(survey.person.get("SOPInstanceUID") or digest)
    arrived = Arrival(
        done.data,
        f"{patient}-{image}{done.ending}",
        _sealed(key, patient, f"{patient}-{image}", survey, name),
        done.warnings,
        done.text,
    )
    if arrived.warnings:
        raise MayShowText(arrived)
    return arrived


def renamed(arrived: Arrival, data: bytes, ending: str) -> Arrival:
    """The same image with other bytes."""
    name = f"{arrived.name.rpartition('.')[0]}{ending}"
    return replace(arrived, data=data, name=name, warnings=(), text=())


def _in_memory(data: Incoming, limit: int) -> bytes | Path | HeldBytes:
    """An archive's entry becomes bytes; a path is the site's own file and is read where it lies."""
    if isinstance(data, (bytes, Path, HeldBytes)):
        return data
    whole = data.read(limit + 1)
    if len(whole) > limit:
        from app.store.files.blobs import TooManyBytes

        raise TooManyBytes
    return whole


def _sealed(
    key: PseudonymKey, patient: str, image: str, survey: Survey, name: str
) -> SealedIdentity:
    note = {**survey.person, "file": name}
    return SealedIdentity(patient, image, key.seal(note))


def _without(sentence: str, name: str) -> str:
    """A sentence that does not quote the file's name."""
    for quoted in (name, shown_name(name), Path(name).name):
        if quoted:
            sentence = sentence.replace(quoted, "the file")
    return sentence
