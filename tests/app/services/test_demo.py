"""Demo cases come once."""

from pathlib import Path

import pytest

from app.services import review
from app.services.demo import add_demo_cases
from app.services.uploading import intake
from app.settings import Settings
from tests.app.services.workplaces import dicom, make_workplace, png


@pytest.fixture
def own(tmp_path: Path, assets: Path) -> Path:
    folder = tmp_path / "assets"
    (folder / "cases").mkdir(parents=True)
    (folder / "models").symlink_to(assets / "models")
    (folder / "cases" / "a.dcm").write_bytes(dicom(1))
    (folder / "cases" / "b.png").write_bytes(png(2))
    (folder / "cases" / "README.md").write_text("about the cases")
    return folder


def test_demo_cases_come_once_with_their_own_model(
    sqlite_url: str, tmp_path: Path, own: Path
) -> None:
    workplace = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=own))
    assert add_demo_cases(workplace) == 2
    rows = review.list_cases(workplace).rows
    assert {row.source for row in rows} == {"demo"}
    assert review.open_case(workplace, rows[0].case_id).model_name == "chest-phantom"
    review.delete_case(workplace, rows[0].case_id)
    assert add_demo_cases(workplace) == 0
    assert review.list_cases(workplace).total == 1


def test_an_interrupted_first_start_begins_again(
    sqlite_url: str, tmp_path: Path, own: Path
) -> None:
    workplace = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=own))
    intake.add(workplace, own / "cases" / "b.png", name="b.png", source="demo")
    assert add_demo_cases(workplace) == 1
    assert review.list_cases(workplace).total == 2


def test_without_a_folder_of_demo_cases_there_are_none(sqlite_url: str, tmp_path: Path) -> None:
    workplace = make_workplace(
        Settings(tmp_path / "d", database_url=sqlite_url, assets=tmp_path / "no")
    )
    assert add_demo_cases(workplace) == 0
