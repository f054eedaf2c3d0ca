"""The model page."""

from __future__ import annotations

import pytest

from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen) -> Screen:
    """The card of the active model."""
    return screen.open("model")
