from __future__ import annotations

import pytest

from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def test_without_any_model_the_page_says_how_to_add_one(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace.models, "_folders", ())
    assert "python -m app models add DIR" in screen.open("model").text
    assert "Active model none yet" in screen.text
