"""Models are checked, copied and chosen."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound, Refused
from app.services import models
from app.services.adapters.bundle_registry import Registry
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.errors import UnusableBundle
from tests.app.services.workplaces import make_workplace
from tests.paths import ROOT


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))


def test_the_first_choice_is_active_until_another_is_chosen(workplace: Workplace) -> None:
    assert [info.name for info in models.all(workplace)] == ["chest-phantom", "nih-pneumonia"]
    assert models.active(workplace).name == "nih-pneumonia"
    assert models.activate(workplace, "chest-phantom").name == models.active(workplace).name
    with pytest.raises(NotFound, match="chest-phantom, nih-pneumonia"):
        models.activate(workplace, "unknown")


def test_the_only_model_there_is_is_the_active_one(workplace: Workplace, assets: Path) -> None:
    alone = replace(workplace, models=Registry((assets / "models" / "chest-phantom",)))
    assert models.active(alone).name == "chest-phantom"
    assert models.active(replace(workplace, models=Registry(()))) is None


def test_an_altered_model_is_refused_and_leaves_nothing(
    workplace: Workplace, assets: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(assets / "models" / "chest-phantom", bad)
    (bad / "prototypes.json").write_text("[]")
    with pytest.raises(UnusableBundle, match=r"prototypes\.json"):
        models.add(workplace, bad)
    assert list(workplace.settings.own_models.iterdir()) == []
    shutil.copytree(bad, workplace.settings.own_models / "bad")
    broken = models.all(workplace)[-1]
    assert "prototypes.json" in broken.problem and not broken.digest
    assert models.active(workplace).name == "nih-pneumonia"


def test_another_model_of_a_name_that_is_there_is_refused(
    workplace: Workplace, assets: Path, tmp_path: Path
) -> None:
    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    make_tiny_bundle(tmp_path / "other", name="chest-phantom", seed=7)
    models.add(workplace, assets / "models" / "chest-phantom")
    with pytest.raises(Refused, match="another name"):
        models.add(workplace, tmp_path / "other")


@pytest.mark.parametrize("name", ["../x", "a/b", "...", ".hidden", "C:\\x"])
def test_a_models_name_cannot_leave_the_folder(name: str) -> None:
    try:
        safe = models.safe_name(name)
    except models.WrongRequest:
        return
    assert "/" not in safe and "\\" not in safe and not safe.startswith(".")


def test_services_and_wiring_work_without_torch() -> None:
    code = (
        "import sys, app.bootstrap, app.services.models, app.services.review, app.services.batches,"
        " app.services.explanations, app.services.image_data, app.services.annotations,"
        " app.services.demo, app.services.galleries, app.services.inference.queue;"
        "sys.exit('torch' in sys.modules)"
    )
    root = ROOT
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_model_that_cannot_be_copied_whole_is_not_added(
    workplace: Workplace, assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        target.mkdir()
        (target / "bundle.json").write_text("{")
        raise shutil.Error([(str(source), str(target), "No space left on device")])

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(Refused, match="could not be copied whole") as caught:
        models.add(workplace, assets / "models" / "chest-phantom")
    assert "No space left" not in str(caught.value)
    assert not list(workplace.settings.own_models.iterdir())
