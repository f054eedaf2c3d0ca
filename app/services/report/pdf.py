"""Pages of a report: paper, fonts, pictures, and what stands at the foot of each page.

The same contents give the same bytes: reportlab writes no time and no random id with ``invariant``.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image as Picture
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

from app.domain.text import RESEARCH_ONLY
from dprotonet.images.file_names import printable

MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN
PICTURE = 76 * mm, 84 * mm
"""Most of an image's width and height."""
BAR = 15 * mm
_FONTS = {
    "Report": "DejaVuSans.ttf",
    "Report-Bold": "DejaVuSans-Bold.ttf",
    "Report-Mono": "DejaVuSansMono.ttf",
}
_GREY = colors.HexColor("#5b666c")
_RULE = colors.HexColor("#c9d0d3")
_TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=[<>]) (?=\d)")  # blanks where no line may end
_QUALITY = 92  # of a JPEG, for pictures in colour
_LOCK = threading.Lock()  # reportlab keeps fonts in the module

TITLE = ParagraphStyle("title", fontName="Report-Bold", fontSize=15, leading=19)
HEADING = ParagraphStyle(
    "heading", fontName="Report-Bold", fontSize=10.5, leading=14, spaceBefore=7, spaceAfter=3
)
TEXT = ParagraphStyle("text", fontName="Report", fontSize=9, leading=12.5)
STRONG = ParagraphStyle("strong", TEXT, fontName="Report-Bold", fontSize=11, leading=15)
SMALL = ParagraphStyle("small", TEXT, fontSize=7.5, leading=10, textColor=_GREY)
MONO = ParagraphStyle("mono", SMALL, fontName="Report-Mono", fontSize=7, splitLongWords=1)


def paragraph(text: str, style: ParagraphStyle = TEXT) -> Paragraph:
    """Text from anywhere: nothing in it is markup, and a character that the font lacks is a box."""
    lines = _TOGETHER.sub("\u00a0", text.expandtabs(4)).splitlines() or [""]
    # Markup cannot hold control characters, and half a character cannot be encoded.
    return Paragraph("<br/>".join(escape(printable(line)) for line in lines), style)


def grid(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    is_ruled: bool = False,
    spans: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
) -> Table:
    """Cells side by side, top-aligned; a line between rows where asked, and cells that go over
    several columns, each as its first and its last."""
    table = Table([list(row) for row in rows], colWidths=list(widths), hAlign="LEFT")
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2 * mm if is_ruled else 0.5 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2 * mm if is_ruled else 0.5 * mm),
    ]
    style += [("SPAN", first, last) for first, last in spans]
    if is_ruled:
        style.append(("LINEBELOW", (0, 0), (-1, -2), 0.4, _RULE))
    table.setStyle(TableStyle(style))
    return table


def picture(pixels: np.ndarray, *, most: tuple[float, float] = PICTURE) -> Image:
    """Pixels as large as they fit.

    Args:
        pixels: ``(h, w)`` uint8, which stays as it is, or ``(h, w, 3)``, which becomes a JPEG.
        most: width and height in points.
    """
    scale = min(most[0] / pixels.shape[1], most[1] / pixels.shape[0])
    return Image(
        _encoded(pixels),
        width=pixels.shape[1] * scale,
        height=pixels.shape[0] * scale,
        hAlign="LEFT",
    )


class ColourBar(Flowable):
    """The heatmap's colours from 0 to 1, as high as its picture."""

    def __init__(self, pixels: np.ndarray, height: float) -> None:
        super().__init__()
        self.width, self.height = BAR, height
        self._pixels = pixels

    def draw(self) -> None:
        """Called by reportlab, at the lower left corner."""
        left, width = 1.5 * mm, 3 * mm
        bar = ImageReader(_encoded(self._pixels))
        self.canv.drawImage(bar, left, 0, width, self.height)
        self.canv.setFont("Report", 7)
        self.canv.setFillColor(_GREY)
        for value, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
            y = min(max(value * self.height - 2.5, 0), self.height - 6)
            self.canv.drawString(left + width + 1.5 * mm, y, text)


def built(story: Sequence[Flowable], *, title: str, foot: str) -> bytes:
    """Lay everything out on A4.

    Args:
        story: from top to bottom.
        title: of the document.
        foot: at the left of each page's foot, beside the warning and the page's number.
    """
    file = io.BytesIO()
    with _LOCK:
        document = BaseDocTemplate(
            file,
            pagesize=A4,
            title=printable(title),
            author="",
            creator="DProtoNet Review",
            invariant=1,
            pageCompression=1,
        )
        frame = Frame(MARGIN, 20 * mm, WIDTH, A4[1] - 34 * mm, 0, 0, 0, 0, id="body")
        document.addPageTemplates(PageTemplate(id="page", frames=[frame]))

        def canvas(*given: Any, **named: Any) -> _NumberedCanvas:
            return _NumberedCanvas(*given, foot=printable(foot), **named)

        document.build(list(story), canvasmaker=canvas)
    return file.getvalue()


def use_fonts() -> None:
    """Make the fonts known to reportlab; called before anything is laid out."""
    with _LOCK:
        known = pdfmetrics.getRegisteredFontNames()
        for name, file in _FONTS.items():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(_font_folder() / file)))


def font_file() -> Path:
    """The font that reports are written in, for pictures with text."""
    return _font_folder() / _FONTS["Report"]


class _NumberedCanvas(Canvas):
    """Draws the foot of all pages at the end, when it is known how many there are."""

    def __init__(self, *given: Any, foot: str, **named: Any) -> None:
        super().__init__(*given, **named)
        self._foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """Keep the page for the end."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._draw_foot(f"Page {number} of {len(self._pages)}")
            super().showPage()
        super().save()

    def _draw_foot(self, number: str) -> None:
        self.setStrokeColor(_RULE)
        self.line(MARGIN, 16 * mm, A4[0] - MARGIN, 16 * mm)
        self.setFillColor(colors.black)
        self.setFont("Report-Bold", 8)
        self.drawCentredString(A4[0] / 2, 12 * mm, RESEARCH_ONLY)
        self.setFont("Report", 7)
        self.setFillColor(_GREY)
        self.drawString(MARGIN, 8 * mm, self._foot)
        self.drawRightString(A4[0] - MARGIN, 8 * mm, number)


def _encoded(pixels: np.ndarray) -> io.BytesIO:
    file = io.BytesIO()
    if pixels.ndim == 2:
        Picture.fromarray(pixels).save(file, "PNG")
    else:
        Picture.fromarray(pixels).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    file.seek(0)
    return file


def _font_folder() -> Path:
    """DejaVu, which comes with matplotlib: nothing of matplotlib is loaded for it."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise RuntimeError("matplotlib is not installed, whose fonts the report is set in")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
