from __future__ import annotations

from tests.app.views.screen import Screen


def test_every_page_says_what_the_program_is_not_and_who_reads(screen: Screen) -> None:
    for page in ("review", "batch", "annotations", "model"):
        text = screen.open(page).text
        assert "Research use only, not for diagnosis" in text
        assert "Images are stored unchanged, for one local reader" in text
        assert "nih-pneumonia" in text
        assert "Reader One" in text
