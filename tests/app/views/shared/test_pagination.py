from __future__ import annotations

from app.services.uploading import intake
from app.services.workplace import Workplace
from app.views.review.case_list import SIZE
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


def test_the_list_turns_its_pages(screen: Screen, workplace: Workplace) -> None:
    for number in range(16):
        intake.add(workplace, png(number), name=f"image-{number:02d}.png")
    screen.run()
    assert "Page 1 of 2" in screen.text
    screen.press("Next")
    assert "Page 2 of 2" in screen.text
    assert len(screen.buttons("image-")) == 16 - SIZE
