"""The one way from a file to an image: sniff, check, decode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.dicom.file import DicomFile, open_dicom
from dprotonet.images.dicom.open import may_be_bare
from dprotonet.images.identity import decoded_sha256, encoded_sha256
from dprotonet.images.limits import Limits
from dprotonet.images.raster import NaturalFile, open_natural
from dprotonet.images.sniff import advice, known_format, other_file, other_image
from dprotonet.images.source import OpenFile, Source, opened
from dprotonet.images.types import GrayOrColourImage, ImageFacts

_IMAGE_ENDINGS = {
    ".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".webp",
}  # fmt: skip


def read_image(
    source: Source, *, frame: int = 0, limits: Limits | None = None
) -> GrayOrColourImage:
    """Decode one frame of a file; its content decides what it is, not its name.

    Args:
        source: a path, or the bytes of a file.
        frame: counted from 0.
        limits: what is refused before decoding.

    Raises:
        NotAnImage: the file is well and holds no image.
        UnreadableImage: it should hold one that cannot be had.
    """
    with open_image(source, limits or Limits()) as file:
        return file.frame(frame)


def inspect(source: Source, *, limits: Limits | None = None) -> ImageFacts:
    """What the header says; no pixel is decoded. Raises as :func:`read_image`."""
    with open_image(source, limits or Limits()) as file:
        return file.facts


def read_frames(source: Source, *, limits: Limits | None = None) -> Iterator[GrayOrColourImage]:
    """Every frame in turn, one at a time in memory. Raises as :func:`read_image`."""
    with open_image(source, limits or Limits()) as file:
        for frame in range(file.facts.frames):
            yield file.frame(frame)


def look(
    source: Source,
    *,
    limits: Limits | None = None,
    before: Callable[[int], object] = lambda pixels: None,
) -> tuple[ImageFacts, str]:
    """What must be known of a file that is taken in, at the price of one frame.

    The first frame is decoded, which proves that the file can be read. The other frames are not:
    an image of hundreds of frames costs no more than its bytes, and what is wrong with a later
    frame is said when that frame is read.

    Args:
        source: the file.
        limits: what is refused before decoding.
        before: called with the number of pixels of a frame before the first is decoded.

    Returns:
        The facts as :func:`inspect` gives them, and the pixels' SHA-256: of a file with one frame
        :func:`~dprotonet.images.hashes.pixel_sha256`, of one with several
        :func:`~dprotonet.images.identity.encoded_sha256`. Equal hashes say equal pixels; the same
        frames in another compression have another hash.

    Raises:
        As :func:`read_image`, for the header and the first frame.
    """
    facts, digest, _ = look_and_read(source, limits=limits, before=before)
    return facts, digest


def look_and_read(
    source: Source,
    *,
    limits: Limits | None = None,
    before: Callable[[int], object] = lambda pixels: None,
) -> tuple[ImageFacts, str, GrayOrColourImage]:
    """As :func:`look`, with the first frame, which was decoded for it."""
    limits = limits or Limits()
    with open_image(source, limits) as file:
        before(file.facts.rows * file.facts.columns)
        first = file.frame(0)
        if file.facts.frames == 1:
            return file.facts, decoded_sha256([first]), first
        with readable_errors("reading its pixels"), opened(source, limits) as raw:
            return file.facts, encoded_sha256(file, raw.stream), first


@contextmanager
def open_image(source: Source, limits: Limits) -> Iterator[DicomFile | NaturalFile]:
    """A file whose header is read: its ``facts``, and each ``frame``.

    Raises as :func:`read_image`.
    """
    with opened(source, limits) as file:
        kind = known_format(file.head)
        if kind == "dicom":
            yield open_dicom(file, limits)
        elif kind is not None:
            yield open_natural(file, kind, limits)
        elif may_be_bare(file.head):
            yield open_dicom(file, limits)
        else:
            raise _not_read(file)


def _not_read(file: OpenFile) -> UnreadableImage:
    ending = PurePath(file.name).suffix.lower()
    if not file.size:
        # DICOM files often carry no ending: one that is empty was lost on its way.
        lost = ending in _IMAGE_ENDINGS or not ending
        return (UnreadableImage if lost else NotAnImage)(
            "This file is empty. Copy or export it again."
        )
    if name := other_image(file.head):
        return UnreadableImage(
            f"This is {name}, which is not read here. Export it as DICOM, PNG, JPEG or TIFF."
        )
    if name := other_file(file.head):
        return NotAnImage(f"This is {name}, not an image. {advice(name)}")
    if ending in _IMAGE_ENDINGS:
        return UnreadableImage(
            f"The file is named {ending} but does not begin as any image does: it is damaged."
            " Copy or export it again."
        )
    return NotAnImage(
        "This is no image file that is known here. Give DICOM, PNG, JPEG, TIFF, BMP or WebP."
    )
