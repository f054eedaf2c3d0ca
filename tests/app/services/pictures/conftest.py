"""A workplace whose model came without pictures, with one allowed folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.pictures.bare_models import ENTRIES, OneBundle
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    allowed = tmp_path / "films"
    allowed.mkdir()
    settings = Settings(
        tmp_path / "data", database_url=sqlite_url, assets=assets, folders=(allowed,)
    )
    opened = make_workplace(settings)
    yield replace(opened, models=OneBundle(ENTRIES))  # type: ignore[arg-type]
    opened.close()
