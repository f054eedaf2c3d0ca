"""PNG, JPEG, TIFF, BMP and WebP, through Pillow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image

from dprotonet.errors import UnreadableImage
from dprotonet.images.guard import readable_errors
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.orientation import orientation_of, turned_size, upright
from dprotonet.images.source import OpenFile
from dprotonet.images.types import GrayOrColourImage, ImageFacts, ImageFormat
from dprotonet.images.windows import Window, percentile_window

_PILLOW: dict[str, tuple[str, ...]] = {
    "png": ("PNG",),
    "jpeg": ("JPEG",),
    "tiff": ("TIFF",),
    "bmp": ("BMP",),
    "webp": ("WEBP",),
}
_GREY_BITS = {"1": 1, "L": 8, "LA": 8, "La": 8, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32}
_GREY_BITS |= {"I;16N": 16, "F": 32}
_WHITE_IS_ZERO = 0  # TIFF PhotometricInterpretation


@dataclass(frozen=True, eq=False)
class NaturalFile:
    """A file of one of the five formats, opened and not yet decoded."""

    image: Image.Image
    stream: BinaryIO
    facts: ImageFacts
    deep: bool  # 16 bits a sample, of which Pillow keeps 8
    limits: Limits

    def frame(self, index: int) -> GrayOrColourImage:
        """Decode one frame (a page of a TIFF).

        Raises:
            UnreadableImage: no such frame, or its data are damaged.
        """
        check_frame(index, self.facts.frames)
        with readable_errors("decoding its pixels"):
            if self.facts.frames > 1:
                self.image.seek(index)
            # Each page of a TIFF has a size of its own.
            check_grid(self.image.height, self.image.width, 1, self.limits)
            orientation = orientation_of(self.image, self.facts.format, self.stream)
            self.image.load()
            return self._as_image(upright(self.image, orientation), index)

    def _as_image(self, image: Image.Image, index: int) -> GrayOrColourImage:
        notes: list[str] = []
        if self.deep:
            notes.append(f"The file has {self.facts.bits} bits a sample, of which 8 are kept.")
        if getattr(self.image, "is_animated", False) and self.facts.format in ("png", "webp"):
            notes.append("The file is an animation; its first picture is shown.")
        flat = _flattened(image, notes)
        if flat.mode in _GREY_BITS:
            pixels = _grey_pixels(flat)
            windows = _windows(pixels, flat.mode == "1", notes)
            return GrayOrColourImage(
                pixels,
                windows,
                _white_is_zero(self.image),
                None,
                self.facts,
                index,
                None,
                tuple(notes),
            )
        pixels = np.array(flat.convert("RGB"))
        return GrayOrColourImage(pixels, (), False, None, self.facts, index, None, tuple(notes))


def open_natural(file: OpenFile, kind: ImageFormat, limits: Limits) -> NaturalFile:
    """Open a file whose first bytes show ``kind`` and check its size, decoding nothing.

    Raises:
        UnreadableImage: damaged, or too large.
    """
    with readable_errors("reading its header"):
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                image = Image.open(file.stream, formats=_PILLOW[kind])
            except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
                raise UnreadableImage(
                    "The image states more pixels than are read. Export it at a smaller size."
                ) from error
            except Image.UnidentifiedImageError as error:
                raise UnreadableImage(
                    f"This {kind.upper()} file is damaged or of a kind that cannot be decoded here."
                    " Export it again."
                ) from error
        check_grid(image.height, image.width, 1, limits)
        frames = int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1
        columns, rows = turned_size(image.size, orientation_of(image, kind, file.stream))
        check_grid(rows, columns, frames, limits)
        bits, deep = _depth(image, file.head, kind)
        facts = ImageFacts(kind, rows, columns, frames, _is_colour(image), bits)
    return NaturalFile(image, file.stream, facts, deep, limits)


def _depth(image: Image.Image, head: bytes, kind: ImageFormat) -> tuple[int, bool]:
    if kind == "png" and len(head) > 25:
        depth, colour_type = head[24], head[25]
        if colour_type == 3:
            return 8, False
        return depth, depth == 16 and colour_type != 0
    if kind == "tiff":
        tag = image.tag_v2.get(258)  # type: ignore[attr-defined]
        bits = tag[0] if isinstance(tag, tuple) else tag
        if bits:
            return int(bits), int(bits) > 8 and image.mode not in _GREY_BITS
    return _GREY_BITS.get(image.mode, 8), False


def _is_colour(image: Image.Image) -> bool:
    return image.mode not in _GREY_BITS


def _flattened(image: Image.Image, notes: list[str]) -> Image.Image:
    """Without transparency: what lies under it is shown on black."""
    transparent = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if not transparent or image.mode.startswith("I;16"):
        return image
    colour = image.convert("RGBA")
    if np.asarray(colour.getchannel("A")).min() == 255:
        return image.convert("L") if image.mode in ("LA", "La", "L") else colour.convert("RGB")
    notes.append("The image is partly transparent; it is shown on black.")
    black = Image.new("RGBA", colour.size, (0, 0, 0, 255))
    flat = Image.alpha_composite(black, colour).convert("RGB")
    return flat.convert("L") if image.mode in ("1", "L", "LA", "La") else flat


def _grey_pixels(image: Image.Image) -> np.ndarray:
    """``(H, W)`` in the native byte order; a bit is 0 or 1."""
    pixels = np.array(image)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8)
    if pixels.dtype.kind == "f":
        pixels = pixels.astype(np.float32)
        odd = ~np.isfinite(pixels)
        if odd.all():
            raise UnreadableImage("No pixel of this image is a number. Export it again.")
        if odd.any():
            pixels[odd] = pixels[~odd].min()
        return pixels
    return pixels.astype(pixels.dtype.newbyteorder("="))


def _windows(pixels: np.ndarray, bilevel: bool, notes: list[str]) -> tuple[Window, ...]:
    if pixels.dtype == np.uint8:
        return (Window.spanning(0, 1 if bilevel else 255, "full range"),)
    notes.append("There is no window in the file: the 1st–99th percentile is shown.")
    whole = (0.0, 65535.0) if pixels.dtype == np.uint16 else (pixels.min(), pixels.max())
    full = Window.spanning(float(whole[0]), float(whole[1]), "full range")
    return percentile_window(pixels), full


def _white_is_zero(image: Image.Image) -> bool:
    """Pillow inverts WhiteIsZero TIFFs of up to 8 bits and leaves the others as stored."""
    if image.format != "TIFF" or not image.mode.startswith("I"):
        return False
    return image.tag_v2.get(262) == _WHITE_IS_ZERO  # type: ignore[attr-defined]
