"""A workplace whose model came without pictures, with one allowed folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.services.workplace import Workplace
from tests.app.services.pictures.bare_models import ENTRIES, OneBundle
from tests.app.services.workplaces import make_workplace_with_folder


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    opened = make_workplace_with_folder(tmp_path / "data", sqlite_url, assets)
    yield replace(opened, models=OneBundle(ENTRIES))  # type: ignore[arg-type]
    opened.close()
