"""What a model reads of a case: an image as it is, a row by its model's own encoding."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.cases import Case
from app.domain.errors import NotFound
from app.services.pictures import of_case
from app.services.uploading import intake, several
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace, png
from tests.dprotonet.row_bundle import CSV, make_row_bundle, row_images, small_table


@pytest.fixture
def opened(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """A workplace with models of images."""
    workplace = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield workplace
    workplace.close()


def _case(workplace: Workplace, case_id: str | None) -> Case:
    with workplace.store.read() as tx:
        return tx.cases.get(case_id or "")


def test_an_image_is_the_same_for_every_model(opened: Workplace) -> None:
    case = _case(opened, intake.add(opened, png(1), name="a.png").case_id)
    first = of_case.read(opened, case)
    assert first.shape == (case.facts.rows, case.facts.columns)
    assert (of_case.read(opened, case, model="0" * 64).pixels == first.pixels).all()


def test_the_picture_of_a_row_is_what_its_model_makes_of_it(opened: Workplace) -> None:
    make_row_bundle(opened.settings.own_models / "tiny-rows")
    info = opened.models.find("tiny-rows")
    assert info is not None
    taken = several.add_many(opened, [("t.csv", CSV.encode())], model=info.digest)[0]
    case = _case(opened, taken.case_id)
    row = small_table().row({"radius": 10.5, "texture": 14.0, "stage": "early", "smoothness": 0.1})
    shown = of_case.read(opened, case)
    assert (shown.pixels == row_images().image(row).pixels).all()
    shutil.rmtree(info.path)
    with pytest.raises(NotFound, match="no longer installed"):
        of_case.read(opened, case)
