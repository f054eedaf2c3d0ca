"""The audit page."""

from __future__ import annotations

import pytest

from app.services import models
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen, workplace: Workplace) -> Screen:
    """Two images taken in, and a model made active."""
    for number in range(2):
        intake.add(workplace, png(number), name=f"{number}.png", predict=False)
    models.activate(workplace, "chest-phantom")
    return screen.open("audit")
