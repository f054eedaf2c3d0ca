"""A prototype's own map lies where its cells do, in a case and in a source image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import NotFound
from app.services.adapters.bundle_registry import Registry
from app.services.checks import site_choice
from app.services.inference import queue
from app.services.pictures.own_maps import SIDE, of_source, values, values_of_source
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.prototypes.own_map import OwnMap
from tests.app.services.checks.conftest import site_settings
from tests.app.services.workplaces import FakePool, active_model, make_workplace, png
from tests.dprotonet.tiny_bundle import make_tiny_bundle


class MappingPool(FakePool):
    def predict(self, model: str, image: GrayOrColourImage, **named: object) -> Prediction:
        said = super().predict(model, image, **named)  # type: ignore[arg-type]
        first, *others = said.matches
        corner = OwnMap.of(np.array([[1.0, 0.0], [0.0, 0.0]]))
        return replace(said, matches=(replace(first, own_map=corner), *others))


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))
    yield opened
    opened.close()


def test_the_map_comes_from_the_saved_prediction_and_lies_where_its_cell_does(
    workplace: Workplace,
) -> None:
    case_id = str(intake.add(workplace, png(0, level=200), name="a.png").case_id)
    queue.run_pending(workplace, MappingPool())
    with workplace.store.read() as tx:
        model = tx.cases.get(case_id).model or ""
    shown = values(workplace, case_id, frame=0, model=model, prototype="p00")
    assert shown[0, 0] == 255 and shown[-1, -1] == 0
    for prototype in ("p01", "unknown"):
        with pytest.raises(NotFound, match="Explain it instead"):
            values(workplace, case_id, frame=0, model=model, prototype=prototype)
    with pytest.raises(NotFound):
        values(workplace, case_id, frame=0, model="0" * 64, prototype="p00")


def test_an_image_that_is_read_under_a_sites_settings_has_its_map_too(
    workplace: Workplace,
) -> None:
    info = active_model(workplace)
    site_choice.use(workplace, info.digest, site_settings(info))
    case_id = str(intake.add(workplace, png(0, level=200), name="a.png").case_id)
    queue.run_pending(workplace, MappingPool())
    shown = values(workplace, case_id, frame=0, model=info.digest, prototype="p00")
    assert shown[0, 0] == 255


def test_a_source_has_the_map_that_its_bundle_keeps_with_its_picture_where_there_is_one(
    workplace: Workplace, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    newer = make_tiny_bundle(folder / "newer", name="newer", own_maps=True)
    bare = make_tiny_bundle(folder / "bare", name="bare", own_maps=True, pictures=False, seed=1)
    older = make_tiny_bundle(folder / "older", name="older", seed=2)
    having = replace(workplace, models=Registry((folder,)))
    kept = newer.gallery[1].own_map
    assert kept is not None
    enlarged, picture = of_source(having, newer.digest, prototype="p00", number=1)
    assert picture is not None and picture.shape == (SIDE, SIDE, 3)
    cells = kept.values
    high, low = np.argwhere(cells == 255)[0], np.argwhere(cells == cells.min())[0]
    rows, columns = ((2 * np.array([high, low]) + 1) * SIDE / (2 * np.array(cells.shape))).T
    shown = enlarged[rows.astype(int), columns.astype(int)]
    assert enlarged.shape == (SIDE, SIDE) and shown[0] > shown[1]
    assert of_source(having, bare.digest, prototype="p00", number=0)[1] is None
    for digest, number in ((older.digest, 0), (newer.digest, 2), (newer.digest, -1)):
        with pytest.raises(NotFound, match="keeps no map"):
            of_source(having, digest, prototype="p00", number=number)


def test_the_viewer_gets_the_map_over_the_image_alone_without_the_padding(
    workplace: Workplace,
) -> None:
    case_id = str(intake.add(workplace, png(0, level=200, side=32), name="a.png").case_id)
    queue.run_pending(workplace, MappingPool())
    with workplace.store.read() as tx:
        model = tx.cases.get(case_id).model or ""
    shown = values(workplace, case_id, frame=0, model=model, prototype="p00")
    rows, columns = shown.shape
    assert columns == SIDE and rows / columns == pytest.approx(32 / 34, abs=0.01)
    assert shown[0, 0] > 200 and shown[-1, -1] == 0


def test_a_sources_values_are_its_own_map_or_else_the_heatmap_that_is_kept(
    workplace: Workplace, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    newer = make_tiny_bundle(folder / "newer", name="newer", own_maps=True)
    older = make_tiny_bundle(folder / "older", name="older", seed=2)
    having = replace(workplace, models=Registry((folder,)))
    own, _ = of_source(having, newer.digest, prototype="p00", number=1)
    kept = values_of_source(having, newer.digest, prototype="p00", number=1)
    np.testing.assert_array_equal(kept, own)
    heatmap = values_of_source(having, older.digest, prototype="p00", number=0)
    assert heatmap.dtype == np.uint8 and heatmap.ndim == 2 and heatmap.max() > 0
    with pytest.raises(NotFound):
        values_of_source(having, older.digest, prototype="p00", number=99)
