"""What one page of a TIFF holds: checked against what is read here, before it is decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits, check_grid

if TYPE_CHECKING:
    from tifffile import TiffPage

Colours = Literal["grey", "palette", "rgb", "cmyk"]

NO_COMPRESSION = 1
OLD_JPEG = 6
JPEG_KINDS = (7, 34892)  # JPEG, and lossy JPEG of DNG
_READ = {
    NO_COMPRESSION, 2, 3, 4, 5, *JPEG_KINDS, 8, 32946, 32773, 34712, 33003, 33005, 34887, 34925,
    50000, 50001,
}  # fmt: skip
_COMPRESSIONS = {
    OLD_JPEG: "old-style JPEG", 9: "JBIG", 10: "JBIG", 32766: "NeXT RLE", 32809: "ThunderScan",
    32908: "PIXAR image", 32909: "PIXAR log", 34661: "JBIG", 34676: "SGI log", 34677: "SGI log",
    34713: "Nikon raw", 34718: "MDI", 34719: "MDI", 34933: "PNG", 34934: "JPEG XR",
    22610: "JPEG XR", 50002: "JPEG XL", 52546: "JPEG XL", 34926: "an early zstd",
    34927: "an early WebP",
}  # fmt: skip
_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _MASK, _CMYK, _YCBCR = range(7)
_CIELAB = (8, 9, 10)
_COLOURS: dict[int, Colours] = {
    _MINISWHITE: "grey",
    _MINISBLACK: "grey",
    _MASK: "grey",
    _RGB: "rgb",
    _PALETTE: "palette",
    _CMYK: "cmyk",
    _YCBCR: "rgb",  # the decoder of JPEG turns it
}
_SAMPLES = {"grey": 1, "palette": 1, "rgb": 3, "cmyk": 4}
_ASSOCIATED, _UNASSOCIATED = 1, 2  # ExtraSamples, TIFF 6 section 18
_PHOTOMETRIC, _ORIENTATION = 262, 274
_SAMPLES_TOGETHER = 6  # × limits.frame_pixels: samples of a page, and of a tile
_MOST_SEGMENTS = 500_000  # strips or tiles of one page


@dataclass(frozen=True)
class PageLayout:
    """The samples of one page; sides are those as stored."""

    rows: int
    columns: int
    samples: int  # of a pixel
    bits: int  # of a sample, the largest where they differ
    colours: Colours
    inverted: bool  # WhiteIsZero
    alpha: int | None  # which sample says how opaque a pixel is
    premultiplied: bool  # the colours are multiplied with it already
    orientation: int  # 1 to 8, as in EXIF
    by_pillow: bool  # tifffile does not turn such colours into RGB; Pillow's libtiff does

    @property
    def is_colour(self) -> bool:
        """True where the image will be RGB."""
        return self.colours != "grey"

    @property
    def kept(self) -> list[int]:
        """The samples of a pixel that are shown or say how opaque it is."""
        colours = list(range(_SAMPLES[self.colours]))
        return colours if self.alpha is None else [*colours, self.alpha]

    @property
    def not_shown(self) -> int:
        """How many samples of a pixel are left out."""
        return self.samples - len(self.kept)


def page_layout(page: TiffPage, limits: Limits) -> PageLayout:
    """Describe a page.

    Raises:
        UnreadableImage: too large, or of a kind that is not read here; says which.
    """
    rows, columns = _whole(page.imagelength), _whole(page.imagewidth)
    samples = _whole(page.samplesperpixel)
    check_grid(rows, columns, 1, limits)
    photometric = _photometric(page, samples)
    compression = int(page.compression)
    by_pillow = compression == OLD_JPEG or (
        photometric == _YCBCR and compression not in JPEG_KINDS and compression in _READ
    )
    if not by_pillow:
        _check_compression(compression)
        _check_samples(page)
        _check_segments(page, limits)
    colours = _colours(photometric)
    if samples < _SAMPLES[colours] and not by_pillow:
        raise UnreadableImage(
            f"This TIFF file has {samples} samples a pixel, too few for its colours. Export it"
            " again."
        )
    alpha, premultiplied = _alpha(page, samples, _SAMPLES[colours])
    orientation = page.tags.valueof(_ORIENTATION, 1)
    bits = page.bitspersample
    return PageLayout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits=max(bits) if isinstance(bits, tuple) else int(bits),
        colours=colours,
        inverted=photometric == _MINISWHITE,
        alpha=alpha,
        premultiplied=premultiplied,
        orientation=orientation if orientation in range(1, 9) else 1,
        by_pillow=by_pillow,
    )


def _whole(value: object) -> int:
    if isinstance(value, (int, np.integer)) and value >= 0:
        return int(value)
    raise UnreadableImage("The header of this TIFF file is damaged. Copy or export it again.")


def _photometric(page: TiffPage, samples: int) -> int:
    stated = page.tags.valueof(_PHOTOMETRIC)
    if isinstance(stated, (int, np.integer)):
        return int(stated)
    if int(page.compression) == OLD_JPEG:
        return _YCBCR
    # As libtiff takes it where the tag is missing.
    if samples >= 3:
        return _RGB
    return _MINISWHITE if int(page.compression) in (2, 3, 4) else _MINISBLACK


def _colours(photometric: int) -> Colours:
    if photometric in _COLOURS:
        return _COLOURS[photometric]
    kind = {32803: "the raw data of a camera", 34892: "the raw data of a camera"}.get(photometric)
    if photometric in _CIELAB:
        kind = "CIE L*a*b* colours"
    raise UnreadableImage(
        f"This TIFF file holds {kind or 'colours of an unusual kind'}, which are not read here."
        " Export it as grey or RGB."
    )


def _check_compression(compression: int) -> None:
    if compression not in _READ:
        name = _COMPRESSIONS.get(compression, f"a method that is not known here ({compression})")
        raise UnreadableImage(
            f"This TIFF file is compressed with {name}, which cannot be decoded here. Export it"
            " uncompressed or with LZW."
        )


def _check_samples(page: TiffPage) -> None:
    bits = page.bitspersample
    if _whole(page.imagedepth) > 1:
        raise UnreadableImage(
            "This TIFF file holds a volume in one page. Export its slices as pages."
        )
    dtype = page.dtype
    packed = isinstance(bits, int) and 16 < bits < 32
    if dtype is None or dtype.kind == "c" or (packed and dtype.kind in "ui"):
        what = "complex numbers" if page.sampleformat in (5, 6) else f"samples of {bits} bits"
        if isinstance(bits, tuple):
            what = "samples of different depths"
        raise UnreadableImage(
            f"This TIFF file has {what}, which are not read here. Export it with 8, 16 or 32 bits"
            " a sample."
        )


def _check_segments(page: TiffPage, limits: Limits) -> None:
    """Bound what strips and tiles cost, whose sides the header states beside the image's."""
    together = _whole(page.samplesperpixel) if page.planarconfig == 1 else 1
    most = _SAMPLES_TOGETHER * limits.frame_pixels
    if page.is_tiled:
        sides = _whole(page.tilelength), _whole(page.tilewidth)
    else:
        sides = _whole(page.rowsperstrip), page.imagewidth
    if 0 in sides or (page.is_tiled and page.tiledepth != 1):
        raise UnreadableImage("The header of this TIFF file is damaged. Copy or export it again.")
    count = math.ceil(page.imagelength / sides[0]) * math.ceil(page.imagewidth / sides[1])
    if page.planarconfig == 2:
        count *= page.samplesperpixel
    covered = count * sides[0] * sides[1] * together
    if count > _MOST_SEGMENTS or sides[0] * sides[1] * together > most or covered > 4 * most:
        raise UnreadableImage(
            "The strips or tiles of this TIFF file are too many or too large to be decoded. Export"
            " it again, uncompressed if possible."
        )


def _alpha(page: TiffPage, samples: int, colours: int) -> tuple[int | None, bool]:
    """Which sample is the opacity, and whether the colours are multiplied with it already."""
    stated = page.extrasamples if isinstance(page.extrasamples, tuple) else ()
    for at, kind in enumerate(stated[: max(0, samples - colours)], start=colours):
        if kind in (_ASSOCIATED, _UNASSOCIATED):
            return at, kind == _ASSOCIATED
    return None, False
