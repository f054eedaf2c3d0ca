"""A workplace whose one image was read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import FakePool, make_workplace, png


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def case(workplace: Workplace) -> str:
    """A bright image, predicted."""
    taken = intake.add(workplace, png(level=200), name="bright.png")
    queue.run_pending(workplace, FakePool())
    return str(taken.case_id)
