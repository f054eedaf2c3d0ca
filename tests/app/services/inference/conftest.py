"""Folders of images for batches."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.services.workplace import Workplace
from tests.app.services.workplaces import png


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of three images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(png(number))
    return folder


@pytest.fixture
def with_images(workplace: Workplace, images: Path) -> Workplace:
    """A workplace that may read the folder, and its neighbours."""
    return replace(workplace, settings=replace(workplace.settings, folders=(images.parent,)))


@pytest.fixture
def other_folder(with_images: Workplace, tmp_path: Path) -> str:
    """Of another batch, which is to go on whatever becomes of the first."""
    folder = tmp_path / "others"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(png(20 + number))
    return str(folder)
