"""A disc that is uploaded or lies in a server folder: what its DICOMDIR lists, study by study."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.figures.batch_view import BatchFilters
from app.services import batches
from app.services.deidentify.key import PseudonymKey
from app.services.inference import queue
from app.services.workplace import Workplace
from dprotonet.images.discs.listing import NOT_LISTED
from tests.app.services.workplaces import FakePool, png
from tests.dprotonet.images.discs.making import disc, write_directory

IMAGES = ["IM1", "IM3", "IM2", "IM4"]
WHAT_IT_IS = "The table of contents of a disc: 4 files of 2 studies."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return disc(tmp_path / "images" / "disc")


@pytest.fixture
def allowed(workplace: Workplace, folder: Path) -> Workplace:
    settings = replace(workplace.settings, folders=(folder.parent,))
    return replace(workplace, settings=settings)


def uploads(folder: Path) -> Iterator[tuple[str, bytes]]:
    """As a browser sends a chosen folder: names with their paths, in an order of its own."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            yield f"{folder.name}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in uploads(folder):
            archive.writestr(name, data)
    return out.getvalue()


def rows(workplace: Workplace, job_id: str) -> list[tuple[str, str, str]]:
    """Name, state and message of each file, as they came."""
    return [(row.name, row.state, row.message) for row in batches.rows(workplace, job_id).rows]


def check_disc(found: list[tuple[str, str, str]]) -> None:
    states = {name: (state, message) for name, state, message in found}
    assert [name for name, state, _ in found if state == "done"] == IMAGES
    assert states["DICOMDIR"] == ("skipped", WHAT_IT_IS)
    assert states["logo.png"] == states["AUTORUN.INF"] == ("skipped", NOT_LISTED)
    assert len(found) == 7


def test_a_server_folder_is_read_as_its_directory_lists_it(
    allowed: Workplace, folder: Path, pool: FakePool
) -> None:
    job = batches.start_folder(allowed, folder.parent)
    queue.run_pending(allowed, pool)
    check_disc(rows(allowed, job.job_id))


def test_an_uploaded_folder_is_read_as_its_directory_lists_it(
    workplace: Workplace, folder: Path, pool: FakePool
) -> None:
    job = batches.start_upload(workplace, uploads(folder))
    queue.run_pending(workplace, pool)
    check_disc(rows(workplace, job.job_id))
    assert len(set(workplace.blobs.all_keys())) == 8  # four images, their thumbnails, no viewer


def test_a_zip_file_is_read_as_the_directory_in_it_lists_it(
    workplace: Workplace, folder: Path, pool: FakePool
) -> None:
    beside = [("disc.zip", zipped(folder)), ("other.png", png(9))]
    job = batches.start_upload(workplace, beside)
    queue.run_pending(workplace, pool)
    *found, last = rows(workplace, job.job_id)
    check_disc(found)
    assert last[:2] == ("other.png", "done")


def test_images_that_were_picked_out_of_a_disc_are_all_read(
    workplace: Workplace, folder: Path, pool: FakePool
) -> None:
    picked = [(name.rpartition("/")[2], data) for name, data in uploads(folder)]
    job = batches.start_upload(workplace, picked)
    queue.run_pending(workplace, pool)
    found = {name: (state, message) for name, state, message in rows(workplace, job.job_id)}
    assert all(found[name][0] == "done" for name in (*IMAGES, "logo.png"))
    assert "None of them is here" in found["DICOMDIR"][1]


def test_a_directory_leads_nowhere_else(
    allowed: Workplace, folder: Path, pool: FakePool, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_bytes(png(3))
    (folder.parent / "beside.png").write_bytes(png(4))
    listed = [("..", "..", "secret.png"), ("..", "beside.png"), ("IMAGES", "IM1")]
    write_directory(folder / "DICOMDIR", listed)
    job = batches.start_folder(allowed, folder)
    queue.run_pending(allowed, pool)
    found = rows(allowed, job.job_id)
    assert [name for name, state, _ in found if state == "done"] == ["IM1"]
    assert "2 paths out of the folder were left out." in found[0][2]
    assert not any(name in ("secret.png", "beside.png") for name, _, _ in found)


def test_a_damaged_directory_costs_itself_only(
    allowed: Workplace, folder: Path, pool: FakePool
) -> None:
    (folder / "DICOMDIR").write_bytes(b"x" * 200)
    for job in (
        batches.start_folder(allowed, folder),
        batches.start_upload(allowed, uploads(folder)),
    ):
        queue.run_pending(allowed, pool)
        found = {name: (state, message) for name, state, message in rows(allowed, job.job_id)}
        assert "damaged" in found["DICOMDIR"][1]
        assert all(found[name][0] in ("done", "duplicate") for name in (*IMAGES, "logo.png"))


def test_of_patients_nothing_in_a_directory_is_kept(
    allowed: Workplace, folder: Path, pool: FakePool
) -> None:
    held = replace(allowed, pseudonyms=PseudonymKey(bytes(32)), holds_patients=True)
    job = batches.start_upload(held, uploads(folder))
    queue.run_pending(held, pool)
    found = rows(held, job.job_id)
    assert WHAT_IT_IS in [message for _, _, message in found]
    assert [message for _, _, message in found].count(NOT_LISTED) == 2
    for planted in ("Zuckmayer", "planted-17", "IM1", "VIEWER"):
        assert planted not in str(found)


def test_mixed_studies_without_a_directory_can_be_looked_at_study_by_study(
    allowed: Workplace, folder: Path, pool: FakePool
) -> None:
    (folder / "DICOMDIR").unlink()
    job = batches.start_folder(allowed, folder)
    queue.run_pending(allowed, pool)
    by_study = BatchFilters(order="study")
    names = [row.name for row in batches.rows(allowed, job.job_id, filters=by_study).rows]
    images = [name for name in names if name.startswith("IM")]
    assert sorted(images[:2]) in (["IM1", "IM3"], ["IM2", "IM4"]) and len(images) == 4
    assert names[-1] == "AUTORUN.INF"
