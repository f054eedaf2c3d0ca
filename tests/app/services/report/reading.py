"""Reading a report back, as a person would."""

from __future__ import annotations

import numpy as np
from pypdfium2 import PdfDocument


def pages(report: bytes) -> list[str]:
    """The text of each page, its lines joined by spaces."""
    document = PdfDocument(report)
    try:
        found = []
        for page in document:
            text = page.get_textpage()
            found.append(" ".join(text.get_text_bounded().split()))
            text.close()
            page.close()
        return found
    finally:
        document.close()


def text_of(report: bytes) -> str:
    """The whole text."""
    return " ".join(pages(report))


def drawn(report: bytes) -> np.ndarray:
    """The first page as it looks, ``(h, w, 3)`` uint8, 72 pixels to the inch."""
    document = PdfDocument(report)
    try:
        page = document[0]
        bitmap = page.render()
        pixels = bitmap.to_numpy()[..., :3].copy()
        bitmap.close()
        page.close()
        return pixels
    finally:
        document.close()
