"""A workplace for the services' tests, on both kinds of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.clocks import Clock
from tests.app.services.workplaces import FakePool, make_workplace


@pytest.fixture
def workplace(database_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """An empty workplace with two models."""
    opened = make_workplace(Settings(tmp_path / "data", database_url=database_url, assets=assets))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """Of files that wait for their session."""
    return Clock()


@pytest.fixture
def pool() -> FakePool:
    """Model work without torch."""
    return FakePool()
