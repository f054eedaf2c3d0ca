"""Training patches of a ProtoPNet: in their images where those are at hand, as maps elsewhere."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.errors import NotFound
from app.services.adapters.bundle_registry import Registry
from app.services.pictures import attach, nearest
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.patch_picture import BOX_COLOUR
from tests.app.services.workplaces import make_workplace
from tests.dprotonet.tiny_bundle import make_tiny_bundle

COUNTS = (2, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    for name, pictures in (("whole", True), ("bare", False)):
        make_tiny_bundle(
            made / name, name=name, masks="patch", prototypes_per_class=COUNTS, pictures=pictures
        )
    make_tiny_bundle(made / "regions", name="regions", seed=1)
    return made


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path, folder: Path) -> Workplace:
    opened = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))
    return replace(opened, models=Registry((folder,)))


def digest(folder: Path, name: str) -> str:
    return Bundle.load(folder / name, with_model=False).digest


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def test_every_prototype_has_its_patches_with_the_classes_of_their_images(
    workplace: Workplace, folder: Path
) -> None:
    shown = nearest.of_model(workplace, digest(folder, "whole"))
    assert list(shown) == [f"p{p:02d}" for p in range(sum(COUNTS))]
    for prototype, patches in shown.items():
        owner = "none" if prototype < "p02" else "finding"
        assert [patch.number for patch in patches] == [0, 1, 2]
        assert all(patch.has_picture for patch in patches)
        for patch in patches:
            assert patch.is_of_its_class == (owner in patch.classes)
    assert nearest.of_model(workplace, digest(folder, "regions")) == {}


def test_the_box_is_drawn_and_the_map_is_another_picture(
    workplace: Workplace, folder: Path
) -> None:
    model = digest(folder, "whole")
    plain = pixels(nearest.picture(workplace, model, prototype="p00", number=0))
    under = pixels(nearest.picture(workplace, model, prototype="p00", number=0, activation=True))
    for picture in (plain, under):
        assert (picture == BOX_COLOUR).all(axis=2).any()
    assert not np.array_equal(plain, under)


def test_without_the_image_the_map_stands_alone(workplace: Workplace, folder: Path) -> None:
    model = digest(folder, "bare")
    shown = nearest.of_model(workplace, model)["p04"]
    assert not any(patch.has_picture for patch in shown)
    first = nearest.picture(workplace, model, prototype="p04", number=1)
    assert first == nearest.picture(workplace, model, prototype="p04", number=1, activation=True)
    # Their images are among those that can be attached.
    images = {patch.image_sha256 for patch in Bundle.load(folder / "bare").nearest}
    assert attach.state(workplace, model).wanted >= len(images)


@pytest.mark.parametrize(("prototype", "number"), [("p00", 3), ("p00", -1), ("p09", 0)])
def test_a_patch_that_is_not_there_is_not_found(
    workplace: Workplace, folder: Path, prototype: str, number: int
) -> None:
    with pytest.raises(NotFound, match="no such training patch"):
        nearest.picture(workplace, digest(folder, "whole"), prototype=prototype, number=number)
