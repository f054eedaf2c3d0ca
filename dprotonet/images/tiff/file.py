"""TIFF and BigTIFF, through tifffile; Pillow decodes what tifffile does not turn into RGB."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dprotonet.errors import UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.orientation import turned_size, upright
from dprotonet.images.pillow_opening import open_with_pillow
from dprotonet.images.raster_grayscale import grey_image, on_black
from dprotonet.images.source import OpenFile
from dprotonet.images.tiff.colour import from_cmyk, from_palette, in_eight_bits
from dprotonet.images.tiff.decode import decode_page
from dprotonet.images.tiff.directory import Directory, image_directories
from dprotonet.images.tiff.layout import PageLayout, page_layout
from dprotonet.images.types import GrayOrColourImage, ImageFacts

if TYPE_CHECKING:
    import tifffile

_COLOUR_MAP, _NO_DATA = 320, 42113
# Makers' own formats that tifffile would read as such: here a TIFF is what its directories say.
_AS_WRITTEN = dict.fromkeys(("is_ndpi", "is_lsm", "is_scanimage", "is_eer"), False)


@dataclass(frozen=True, eq=False)
class TiffFile:
    """A TIFF, opened and not yet decoded; its pages that are images are frames."""

    parsed: tifffile.TiffFile
    stream: BinaryIO
    size: int  # of the file, bytes
    directories: list[Directory]
    facts: ImageFacts
    limits: Limits

    def frame(self, index: int) -> GrayOrColourImage:
        """Decode one page.

        Raises:
            UnreadableImage: no such page, too large, damaged, or of a kind that is not read.
        """
        check_frame(index, self.facts.frames)
        directory = self.directories[index]
        with readable_errors("reading its header"):
            page = _page(self.parsed, directory)
            # Each page has a size of its own.
            layout = page_layout(page, self.limits)
        with readable_errors("decoding its pixels"):
            notes: list[str] = []
            if layout.by_pillow:
                pixels = _through_pillow(self.stream, directory)
                return self._colour(pixels, index, notes)
            samples, missing = decode_page(page, layout, self.stream, self.size)
            if layout.not_shown:
                notes.append(
                    f"The file has {layout.samples} samples a pixel; {layout.not_shown} of them are"
                    " not shown."
                )
            if missing is not None:
                notes.append("A part of the image is not in the file; it is shown black.")
            if layout.is_colour:
                colours = _rgb(page, layout, samples, notes)
                return self._colour(upright(colours, layout.orientation), index, notes)
            return self._grey(page, layout, samples, missing, index, notes)

    def _colour(self, pixels: np.ndarray, index: int, notes: list[str]) -> GrayOrColourImage:
        return GrayOrColourImage(pixels, (), False, None, self.facts, index, None, tuple(notes))

    def _grey(
        self,
        page: tifffile.TiffPage,
        layout: PageLayout,
        samples: np.ndarray,
        missing: np.ndarray | None,
        index: int,
        notes: list[str],
    ) -> GrayOrColourImage:
        pixels = samples[..., 0]
        if pixels.dtype == np.bool_:
            pixels = pixels.astype(np.uint8)
        padding = _no_data(page, pixels)
        if missing is not None:
            padding |= missing
        if layout.alpha is not None and samples.dtype.kind == "u":
            opacity = samples[..., 1]
            padding |= opacity == 0
            if not (layout.premultiplied or layout.inverted):
                pixels = on_black(pixels, opacity, notes)
        return grey_image(
            upright(pixels, layout.orientation),
            self.facts,
            index,
            notes,
            inverted=layout.inverted,
            padding=upright(padding, layout.orientation),
        )


def open_tiff(file: OpenFile, limits: Limits) -> TiffFile:
    """Open a TIFF and check its pages and its size, decoding nothing.

    Raises:
        UnreadableImage: damaged, too large, or of a kind that is not read here.
    """
    with readable_errors("reading its header"):
        directories = image_directories(file.stream, file.size, limits)
        parsed = _parsed(file.stream)
        layout = page_layout(_page(parsed, directories[0]), limits)
        columns, rows = turned_size((layout.columns, layout.rows), layout.orientation)
        check_grid(rows, columns, len(directories), limits)
        facts = ImageFacts("tiff", rows, columns, len(directories), layout.is_colour, layout.bits)
    return TiffFile(parsed, file.stream, file.size, directories, facts, limits)


def _parsed(stream: BinaryIO) -> tifffile.TiffFile:
    import tifffile

    # It logs each oddity and quotes the file; what the reader must know stands in the notes.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    stream.seek(0)
    flags: dict[str, Any] = dict(_AS_WRITTEN)
    return tifffile.TiffFile(stream, name="", **flags)


def _page(parsed: tifffile.TiffFile, directory: Directory) -> tifffile.TiffPage:
    import tifffile

    parsed.filehandle.seek(directory.offset)
    return tifffile.TiffPage(parsed, index=max(directory.number, 0))


def _through_pillow(stream: BinaryIO, directory: Directory) -> np.ndarray:
    if directory.number < 0:  # it does not look below the pages of the chain
        raise UnreadableImage(
            "This TIFF file keeps its image below another one. Export it as a file of its own."
        )
    stream.seek(0)
    image = open_with_pillow(stream, "tiff")
    image.seek(directory.number)
    return np.array(image.convert("RGB"))  # it turns the page upright by itself


def _rgb(
    page: tifffile.TiffPage, layout: PageLayout, samples: np.ndarray, notes: list[str]
) -> np.ndarray:
    if layout.colours == "palette":
        return from_palette(samples[..., 0], page.tags.valueof(_COLOUR_MAP), layout.bits)
    depth = 8 if isinstance(page.bitspersample, tuple) else layout.bits
    eight = in_eight_bits(samples, depth, notes)
    opacity = None if layout.alpha is None else eight[..., -1]
    colours = from_cmyk(eight[..., :4]) if layout.colours == "cmyk" else eight[..., :3]
    return colours if layout.premultiplied else on_black(colours, opacity, notes)


def _no_data(page: tifffile.TiffPage, pixels: np.ndarray) -> np.ndarray:
    """``(H, W)`` bool: where the pixels have the value that GDAL writes for none."""
    text = page.tags.valueof(_NO_DATA)
    mask = np.zeros(pixels.shape, bool)
    if not isinstance(text, str):
        return mask
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:  # a comment, or a number of another culture: then nothing is left out
        return mask
    if pixels.dtype.kind == "f":
        mask = pixels == pixels.dtype.type(value)
    elif value.is_integer() and np.iinfo(pixels.dtype).min <= value <= np.iinfo(pixels.dtype).max:
        mask = pixels == pixels.dtype.type(int(value))
    return mask
