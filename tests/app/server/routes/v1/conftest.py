"""A workplace with a bright image that was read, and a program that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.accounts import api_tokens
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.server.routes.v1.asking import Asked, asking, server
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


@pytest.fixture
def program(workplace: Workplace) -> Asked:
    """A program with a token of its own."""
    return asking(server(workplace), api_tokens.make(workplace, "a program"))
