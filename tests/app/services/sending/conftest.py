"""For tests of sending."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.sending.outboxes import FakeStore
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(empty_sqlite: Path, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """On one kind of database: the table itself is tested on both."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def store() -> FakeStore:
    """An archive that takes everything."""
    return FakeStore()
