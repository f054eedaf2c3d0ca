"""A case that is read, for readers who try something on it."""

import pytest

from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png


@pytest.fixture
def case(workplace: Workplace, pool: FakePool) -> str:
    """A bright image, which is called a finding."""
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    return case_id
