"""A store that cannot be used is one sentence on every page, and no traceback."""

from pathlib import Path

import pytest

from app.services.workplace import Workplace
from tests.app.views.screen import Screen


@pytest.mark.parametrize("page", ["review", "batch", "annotations", "model"])
def test_every_page_says_what_is_wrong_with_the_database_and_comes_back(
    screen: Screen, workplace: Workplace, page: str
) -> None:
    path = Path(workplace.settings.store_url.removeprefix("sqlite:///"))
    workplace.store.close()
    well = path.read_bytes()
    path.write_bytes(b"no database" * 999)
    screen.open(page)
    assert len(screen.errors) == 1
    assert screen.errors[0].startswith("The database is damaged. Stop the program and restore")
    path.write_bytes(well)
    assert screen.run().errors == []
    assert "Research use only" in screen.text
