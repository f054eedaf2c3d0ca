"""Pages of a report: any text, and pictures at their size."""

from __future__ import annotations

import numpy as np
import pytest

from app.services.report import pdf
from tests.app.services.report.reading import drawn, pages, text_of


@pytest.fixture(autouse=True)
def fonts() -> None:
    pdf.use_fonts()


def test_no_text_breaks_a_page_and_none_is_taken_for_markup() -> None:
    strange = "<para>&amp;</b> %s \ud800 \x00\x1b\u202e \U0010ffff \ufffe 漢字 \u0627\u0644 e\u0301"
    made = pdf.built([pdf.paragraph(strange * 3)], title=strange, foot=strange)
    assert "<para>&amp;</b> %s" in text_of(made)


def test_letters_of_europe_are_set_and_a_character_without_a_glyph_is_a_box() -> None:
    made = pdf.built([pdf.paragraph("Ærøskøbing Łódź Ψυχή Жук", pdf.TITLE)], title="", foot="")
    assert "Ærøskøbing Łódź Ψυχή Жук" in text_of(made)
    boxes, blank = (
        pdf.built([pdf.paragraph(text, pdf.TITLE)], title="", foot="") for text in ("漢字", " ")
    )
    assert (drawn(boxes)[40:70] < 128).sum() > (drawn(blank)[40:70] < 128).sum()


def test_a_long_word_stays_on_the_paper() -> None:
    made = pdf.built([pdf.paragraph("x" * 4000)], title="", foot="")
    assert "".join(pages(made)).count("x") == 4000
    assert (drawn(made)[:, -20:] == 255).all()


def test_a_picture_fits_and_keeps_its_shape() -> None:
    wide = pdf.picture(np.zeros((50, 200), np.uint8), most=(100, 100))
    high = pdf.picture(np.zeros((200, 50, 3), np.uint8), most=(100, 100))
    assert (wide.drawWidth, wide.drawHeight) == (100, 25)
    assert (high.drawWidth, high.drawHeight) == (25, 100)


def test_a_grey_image_is_kept_as_it_is() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    page = drawn(pdf.built([pdf.picture(ramp, most=(256, 256))], title="", foot=""))
    row = page[150, :, 0].astype(int)
    start = int(np.argmax(row < 5))
    assert row[start] < 5 and row[start + 255] > 250
    assert (np.diff(row[start : start + 255]) >= 0).all()
