"""The batch page."""

from __future__ import annotations

import pytest

from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen) -> Screen:
    """The batch page, without any batch."""
    return screen.open("batch")
