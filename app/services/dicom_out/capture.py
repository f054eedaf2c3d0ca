"""The image with its heatmap over it as a picture that any viewer shows."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from app.domain.text import RESEARCH_ONLY
from app.services.dicom_out.equipment import finish, series
from app.services.dicom_out.signed import SignedHeatmap, SignedRead
from app.services.report import pictures
from app.services.report.pdf import font_file

_LETTERS = 40  # high, of a picture this many times as wide
_ANY = ("L", "F")  # highdicom takes no picture without one, and few of those there are
_SMALLEST = 10  # px, of letters
_NARROWEST = 480  # px, of a picture
_GROUND, _INK, _STRONG = 0, (230, 230, 230), (255, 190, 80)


def capture(read: SignedRead, heatmap: SignedHeatmap) -> Dataset:
    """A secondary capture in colour: picture above, what it is below, colours from 0 to 1.

    Its pixels are square, and made fewer where there are many; it is no image to measure in.
    """
    from highdicom.sc import SCImage

    header = read.source.header
    lines = (RESEARCH_ONLY, _what(read, heatmap))
    made = SCImage.from_ref_dataset(
        header,
        picture(read, heatmap, lines),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=_ANY,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        **series(read, "capture"),
    )
    # Type 2C (PS3.3 C.7.6.1): towards what rows and columns go; empty where the file says nothing.
    lies = read.image.directions
    made.PatientOrientation = [lies.right, lies.bottom] if lies is not None else []
    made.DerivationDescription = "Heatmap of a model laid over the image, with a line of text"
    made.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    if "BurnedInAnnotation" in header:  # what the image itself shows is not undone
        made.BurnedInAnnotation = header.BurnedInAnnotation
    return finish(read, made, "capture")


def picture(read: SignedRead, heatmap: SignedHeatmap, lines: tuple[str, ...]) -> np.ndarray:
    """The picture: ``(h, w, 3)`` uint8.

    Args:
        read: of the image.
        heatmap: laid over it.
        lines: written below it, the first in the colour of a warning.
    """
    shown = _enlarged(pictures.shown(read.image))
    steps = np.rint(heatmap.values * 255).astype(np.uint8)
    over = pictures.laid_over(shown, steps, heatmap.colours)
    height, width = over.shape[:2]
    size = max(_SMALLEST, width // _LETTERS)
    font = ImageFont.truetype(font_file(), size)
    written = _wrapped(lines, font, width - 2 * size)
    bar = size
    foot = bar + size * 2 + len(written) * (size + size // 2)
    canvas = Image.new("RGB", (width, height + foot), _GROUND)
    canvas.paste(Image.fromarray(over), (0, 0))
    draw = ImageDraw.Draw(canvas)
    _put_bar(canvas, heatmap.colours, font, top=height + size // 2)
    top = height + bar + size + size // 2
    for text, ink in written:
        draw.text((size, top), text, font=font, fill=ink)
        top += size + size // 2
    return np.asarray(canvas)


def _enlarged(shown: np.ndarray) -> np.ndarray:
    """A small image with each pixel as a square of several, so that there is room for words."""
    times = max(1, -(-_NARROWEST // shown.shape[1]))
    larger: np.ndarray = shown.repeat(times, axis=0).repeat(times, axis=1)
    return larger


def _put_bar(canvas: Image.Image, colours: str, font: ImageFont.FreeTypeFont, *, top: int) -> None:
    """The colours from 0 to 1, as high as a letter."""
    size, draw = int(font.size), ImageDraw.Draw(canvas)
    left, width = 3 * size, max(4 * size, canvas.width // 3)
    ramp = np.ascontiguousarray(pictures.colour_bar(colours)[::-1, :1].transpose(1, 0, 2))
    canvas.paste(Image.fromarray(ramp).resize((width, size)), (left, top))
    draw.text((size, top), "0", font=font, fill=_INK)
    draw.text((left + width + size, top), "1", font=font, fill=_INK)


def _wrapped(
    lines: tuple[str, ...], font: ImageFont.FreeTypeFont, width: int
) -> list[tuple[str, tuple[int, int, int]]]:
    """Words on as many lines as they need, each with its colour."""
    found = []
    for number, line in enumerate(lines):
        ink, held = (_STRONG if number == 0 else _INK), ""
        for word in line.split():
            longer = f"{held} {word}".strip()
            if held and font.getlength(longer) > width:
                found.append((held, ink))
                longer = word
            held = longer
        found.append((held, ink))
    return found


def _what(read: SignedRead, heatmap: SignedHeatmap) -> str:
    model = f"{read.revision.model_name} {read.revision.model[:8]}".strip()
    return f"Heatmap: {heatmap.title}. Model {model}."
