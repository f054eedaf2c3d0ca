"""Workplaces with a model that reads rows of a table, beside those that read images."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.services import models
from app.services.deidentify.key import PseudonymKey
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import FakePool, make_workplace
from tests.dprotonet.row_bundle import make_row_bundle

KEY = PseudonymKey(bytes(range(32)))


@pytest.fixture(scope="session")
def row_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle of random weights that reads rows of the small table."""
    folder = tmp_path_factory.mktemp("rows") / "tiny-rows"
    make_row_bundle(folder)
    return folder


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, row_bundle: Path
) -> Iterator[Workplace]:
    """A workplace whose active model reads rows."""
    yield from _opened(tmp_path / "data", assets, empty_sqlite, row_bundle, None)


@pytest.fixture
def clinic(
    tmp_path: Path, assets: Path, empty_sqlite: Path, row_bundle: Path
) -> Iterator[Workplace]:
    """The same where patients' data are held."""
    yield from _opened(tmp_path / "clinic", assets, empty_sqlite, row_bundle, KEY)


def _opened(
    data: Path, assets: Path, database: Path, bundle: Path, key: PseudonymKey | None
) -> Iterator[Workplace]:
    settings = Settings(data, assets=assets, folders=(data.parent,))
    opened = make_workplace(settings, database=database, pseudonyms=key)
    shutil.copytree(bundle, settings.own_models / "tiny-rows")
    models.activate(opened, "tiny-rows")
    yield opened
    opened.close()


@pytest.fixture
def info(workplace: Workplace) -> BundleInfo:
    """The model that reads rows."""
    found = workplace.models.find("tiny-rows")
    assert found is not None
    return found


@pytest.fixture
def pool() -> FakePool:
    """Model work without torch."""
    return FakePool(classes=("benign", "malignant"))
