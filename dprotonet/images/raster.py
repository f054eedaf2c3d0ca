"""PNG, JPEG, BMP and WebP, through Pillow; TIFF has its own module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np
from PIL import Image

from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.orientation import orientation_of, turned_size, upright
from dprotonet.images.pillow_opening import open_with_pillow
from dprotonet.images.png import PALETTE, PngHead, deep_png, for_the_screen, png_head, transparent
from dprotonet.images.raster_grayscale import grey_image, on_black
from dprotonet.images.source import OpenFile
from dprotonet.images.types import GrayOrColourImage, ImageFacts, ImageFormat

if TYPE_CHECKING:
    from dprotonet.images.tiff.file import TiffFile

NaturalFile: TypeAlias = "PillowFile | TiffFile"

_GREY_BITS = {"1": 1, "L": 8, "LA": 8, "La": 8, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32}
_GREY_BITS |= {"I;16N": 16, "F": 32}


@dataclass(frozen=True, eq=False)
class PillowFile:
    """A file of one of the four formats, opened and not yet decoded."""

    image: Image.Image
    stream: BinaryIO
    facts: ImageFacts
    head: PngHead | None  # of a PNG

    def frame(self, index: int) -> GrayOrColourImage:
        """Decode the picture.

        Raises:
            UnreadableImage: no such frame, or its data are damaged.
        """
        check_frame(index, self.facts.frames)
        with readable_errors("decoding its pixels"):
            notes: list[str] = []
            orientation = orientation_of(self.image, self.facts.format, self.stream)
            if self.head is not None and self.head.is_deep_colour:
                pixels, opacity = deep_png(self.stream)
            else:
                self.image.load()
                pixels, opacity = _planes(self.image)
            pixels, opacity = self._as_stated(pixels, opacity, notes)
            if pixels.ndim == 3 and pixels.dtype == np.uint16:
                notes.append(f"The file has {self.facts.bits} bits a sample, of which 8 are kept.")
                pixels = (pixels >> 8).astype(np.uint8)
            if getattr(self.image, "is_animated", False) and self.facts.format in ("png", "webp"):
                notes.append("The file is an animation; its first picture is shown.")
            upright_pixels = upright(on_black(pixels, opacity, notes), orientation)
            if upright_pixels.ndim == 3:
                return GrayOrColourImage(
                    upright_pixels, (), False, None, self.facts, index, None, tuple(notes)
                )
            is_byte = upright_pixels.itemsize == 1
            hidden = None if opacity is None or is_byte else opacity == 0
            padding = None if hidden is None else upright(hidden, orientation)
            # Pillow scales 2 and 4 bits to 8.
            bits = 1 if self.facts.bits == 1 else 8 * upright_pixels.itemsize
            return grey_image(upright_pixels, self.facts, index, notes, padding=padding, bits=bits)

    def _as_stated(
        self, pixels: np.ndarray, opacity: np.ndarray | None, notes: list[str]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The pixels with what a PNG says of its transparent value and of its gamma."""
        if self.head is None:
            return pixels, opacity
        if opacity is None:
            hidden = transparent(pixels, self.head)
            if hidden is not None and hidden.any():
                opacity = np.where(hidden, 0, 255).astype(np.uint8)
        if self.head.exponent is not None and self.facts.bits > 1:
            notes.append(
                f"The file states a gamma of {self.head.gamma:.3g}: its values were corrected for"
                " the screen."
            )
            pixels = for_the_screen(pixels, self.head.exponent)
        return pixels, opacity


def open_natural(file: OpenFile, kind: ImageFormat, limits: Limits) -> NaturalFile:
    """Open a file whose first bytes show ``kind`` and check its size, decoding nothing.

    Raises:
        UnreadableImage: damaged, or too large.
    """
    if kind == "tiff":
        from dprotonet.images.tiff.file import open_tiff

        return open_tiff(file, limits)
    with readable_errors("reading its header"):
        image = open_with_pillow(file.stream, kind)
        check_grid(image.height, image.width, 1, limits)
        columns, rows = turned_size(image.size, orientation_of(image, kind, file.stream))
        head = png_head(file.stream) if kind == "png" else None
        bits = _GREY_BITS.get(image.mode, 8)
        colour = image.mode not in _GREY_BITS
        if head is not None:
            bits = 8 if head.colour_type == PALETTE else head.depth
            colour = head.colour_type not in (0, 4)
        facts = ImageFacts(kind, rows, columns, 1, colour, bits)
    return PillowFile(image, file.stream, facts, head)


def _planes(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Grey ``(H, W)`` or colour ``(H, W, 3)``, and the opacity ``(H, W)`` uint8 or None."""
    if image.mode in ("LA", "La"):
        return np.array(image.convert("LA").getchannel(0)), np.array(image.getchannel(1))
    if image.mode in _GREY_BITS:
        pixels = np.array(image)
        if pixels.dtype == np.bool_:
            return pixels.astype(np.uint8), None
        return pixels.astype(pixels.dtype.newbyteorder("=")), None
    indexed = image.mode == "P" and "transparency" in image.info
    if indexed or image.mode in ("PA", "RGBA", "RGBa"):
        whole = np.array(image.convert("RGBA"))
        return whole[..., :3], whole[..., 3]
    return np.array(image.convert("RGB")), None
