"""A workplace with a model whose last layer can be fitted again."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.services import models
from app.services.workplace import Workplace

NAME = "editable"


@pytest.fixture(scope="session")
def editable_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with three prototypes a class, and what its last layer is fitted on."""
    return made_editable(tmp_path_factory.getbasetemp())


@cache  # the fixture is known in several folders; making a model takes seconds
def made_editable(base: Path) -> Path:
    """The bundle below a folder of the test run, made once a process."""
    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    folder = base / "editable-model"
    make_tiny_bundle(folder, name=NAME, prototypes_per_class=3, responses=True, seed=5)
    return folder


@pytest.fixture
def parent(workplace: Workplace, editable_folder: Path) -> BundleInfo:
    """The editable model, which is active."""
    shutil.copytree(editable_folder, workplace.settings.own_models / NAME)
    return models.activate(workplace, NAME)
