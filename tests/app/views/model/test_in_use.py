"""“In use here”: what readers rejected, where most, and the weeks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.figures.performance import Slice, Slices
from app.services import review
from app.services.figures import performance
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.views.model.in_use import overall_text, slices_table
from tests.app.services.workplaces import active_model, png
from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen, workplace: Workplace, worker: Callable[[], int]) -> Screen:
    """Three images, one of which was rejected."""
    ids = [
        str(intake.add(workplace, png(n, level=200), name=f"{n}*.png").case_id) for n in range(3)
    ]
    worker()
    for case_id, verdict, label in ((ids[0], "accept", None), (ids[1], "reject", "a *device*")):
        review.sign(
            workplace,
            case_id,
            verdict=verdict,  # type: ignore[arg-type]
            confidence=4,
            expected_revision=0,
            corrected_label=label,
        )
    return screen.open("model")


def test_a_rejected_image_is_shown_with_what_the_reader_says_and_opens(page: Screen) -> None:
    assert "→ a *device*" in page.text and page.text.count("/api/thumbnail/") == 1
    page.press("1*.png")
    (row,) = performance.failures(page.workplace, active_model(page.workplace).digest).rows
    assert page.case_id == row.case_id and row.file_name == "1*.png"


def test_the_weeks_are_charts_and_a_table(page: Screen) -> None:
    assert "3 images in 1 week" in page.text
    weeks = next(d.value for d in page.app.dataframe if "Week of" in d.value)
    assert list(weeks["Read"]) == [3] and list(weeks["Refused"]) == [0]


def test_without_images_it_says_so(screen: Screen) -> None:
    text = screen.open("model").text
    assert "This model has read no image here." in text
    assert "No verdict was signed on what this model says." in text


def test_few_images_have_no_rate() -> None:
    few, many = Slice("view", "PA", 9, 3), Slice("view", "AP", 40, 10)
    table = slices_table((many, few))
    assert list(table["Rate"]) == ["25 %", "too few"]
    assert list(table["95 % interval"]) == ["14 to 40 %", "–"]
    assert overall_text(Slices(few, ())) == "9 images read, 3 rejected."
    assert overall_text(Slices(many, (), True)).endswith(
        "25 % (14 to 40 %). Only the newest were looked at."
    )
