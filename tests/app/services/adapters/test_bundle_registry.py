"""Bundles are found where the settings say, as they are now."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound
from app.services import models
from app.services.adapters.bundle_registry import Registry
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)


def test_a_model_added_by_another_process_is_there_at_once(
    workplace: Workplace, assets: Path, tmp_path: Path
) -> None:
    bare = replace(workplace, models=Registry((workplace.settings.own_models,)))
    assert models.all(bare) == ()
    added = models.add(bare, assets / "models" / "chest-phantom")
    assert models.all(bare) == (added,) and added.path.parent == workplace.settings.own_models
    assert models.add(bare, assets / "models" / "chest-phantom") == added
    assert [p.name for p in workplace.settings.own_models.iterdir()] == ["chest-phantom"]


def test_a_bundle_is_found_by_its_name_or_the_beginning_of_its_digest(assets: Path) -> None:
    registry = Registry((assets / "models",))
    phantom, pneumonia = registry.all()
    assert registry.find("chest-phantom") == phantom == registry.get(phantom.digest)
    assert registry.find(pneumonia.digest[:8]) == pneumonia
    assert registry.find(pneumonia.digest[:7]) is None
    with pytest.raises(NotFound, match="Choose another"):
        registry.get("0" * 64)
    with pytest.raises(NotFound):
        registry.get("")


def test_of_two_copies_the_first_folder_counts_and_one_that_is_spoilt_later_is_unusable(
    assets: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copies" / "again"
    shutil.copytree(assets / "models" / "chest-phantom", copy)
    (tmp_path / "copies" / "no-bundle").mkdir()
    registry = Registry((tmp_path / "copies", assets / "models"))
    assert [info.path.name for info in registry.all()] == ["again", "nih-pneumonia"]
    manifest = copy / "bundle.json"
    manifest.write_text("{")
    os.utime(manifest, ns=(1, 1))
    names = [(info.path.name, bool(info.problem)) for info in registry.all()]
    assert names == [("chest-phantom", False), ("nih-pneumonia", False), ("again", True)]
