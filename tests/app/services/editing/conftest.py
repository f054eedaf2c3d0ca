"""A workplace with a model whose last layer can be fitted again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.domain.annotations import PrototypeJudgement
from app.domain.bundles import BundleInfo
from app.services import models, review, training_program
from app.services.editing import learning_run
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png

NAME = "editable"
STAND_IN = "tests.app.services.editing.training_program"
WithData = Callable[..., Workplace]


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


@pytest.fixture
def judged(workplace: Workplace, parent: BundleInfo) -> BundleInfo:
    """The same model; on one image p01 is signed as an artefact and p02 as useful."""
    return judge(workplace, parent)


def judge(
    workplace: Workplace,
    info: BundleInfo,
    *,
    image: bytes | None = None,
    said: dict[str, PrototypeJudgement] | None = None,
) -> BundleInfo:
    """An image with a signed verdict on two prototypes of a model, or on those that are given."""
    case_id = intake.add(workplace, image or png(3), name="judged.png").case_id or ""
    review.set_case_model(workplace, case_id, info.digest)
    review.sign(
        workplace,
        case_id,
        verdict="supplement",
        confidence=4,
        expected_revision=0,
        text="A marker.",
        prototype_judgements=said
        or {
            "p01": PrototypeJudgement(usefulness="artefact", artefact="text"),
            "p02": PrototypeJudgement(usefulness="useful"),
        },
    )
    return info


@pytest.fixture
def with_data(workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithData:
    """Makes the workplace's settings name a data folder, and a program that stands for training."""
    monkeypatch.setattr(learning_run, "PROGRAM", (sys.executable, "-m", STAND_IN))
    monkeypatch.setattr(training_program, "LOOK_SECONDS", 0.02)

    def make(name: str = "data") -> Workplace:
        folder = tmp_path / "sets" / name
        folder.mkdir(parents=True)
        return replace(workplace, settings=replace(workplace.settings, training_data=folder))

    return make
