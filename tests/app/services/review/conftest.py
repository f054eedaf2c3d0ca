"""Cases that a model has read."""

import pytest

from app.services import review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import (
    FakePool,
    by_brightness,
    png,
)


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    taken = intake.add(workplace, png(1, level=200), name="a.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


@pytest.fixture
def refused(workplace: Workplace, pool: FakePool) -> str:
    """A case that the model was not made for."""
    pool.gate = by_brightness
    taken = intake.add(workplace, png(1, level=10), name="dark.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def sign(workplace: Workplace, case_id: str, expected_revision: int, **more: object) -> None:
    """The reader's signature, right and fairly sure where nothing else is given."""
    choices = {"verdict": "accept", "confidence": 4, "text": ""} | more
    review.sign(workplace, case_id, expected_revision=expected_revision, **choices)  # type: ignore
