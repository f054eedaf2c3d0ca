"""The annotations page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services import review
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen, workplace: Workplace, worker: Callable[[], int]) -> Screen:
    """Two images signed, one of them twice."""
    images = [
        intake.add(workplace, png(number, level=200), name=name).case_id or ""
        for number, name in enumerate(("one.png", "two.png"))
    ]
    worker()
    for revision in (0, 1):
        review.sign(
            workplace,
            images[0],
            verdict="accept",
            confidence=3,
            expected_revision=revision,
            text="yes",
        )
    review.sign(
        workplace,
        images[1],
        verdict="reject",
        corrected_label="none",
        confidence=5,
        expected_revision=0,
        text="=SUM(1)",
    )
    return screen.open("annotations")
