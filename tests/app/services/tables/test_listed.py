"""Tables in a server folder."""

from pathlib import Path

from app.services import batches
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png
from tests.dprotonet.row_bundle import CSV


def _folder(workplace: Workplace) -> Path:
    folder = workplace.settings.folders[0] / "tables"
    folder.mkdir()
    (folder / "table.csv").write_text(CSV)
    (folder / "image.png").write_bytes(png(1))
    return folder


def test_each_row_of_a_folders_tables_is_read_and_an_image_says_why_not(
    workplace: Workplace, pool: FakePool
) -> None:
    job = batches.start_folder(workplace, _folder(workplace))
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert [(row.name, row.state) for row in rows] == [
        ("image.png", "error"),
        ("table.csv, line 2", "done"),
        ("table.csv, line 3", "done"),
        ("table.csv, line 4", "done"),
    ]
    assert "reads rows of a table, and this is an image" in rows[0].message


def test_a_bad_row_that_is_tried_again_says_that_the_table_is_to_be_mended(
    workplace: Workplace, pool: FakePool
) -> None:
    folder = _folder(workplace)
    (folder / "table.csv").write_text(CSV.replace("0.12", "smooth"))
    job = batches.start_folder(workplace, folder)
    queue.run_pending(workplace, pool)
    bad = batches.rows(workplace, job.job_id).rows[2]
    assert bad.message.startswith("Line 3, column “smoothness”")
    batches.retry(workplace, job.job_id)
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert rows[2].message.startswith("This row of a table could not be read. Mend it")
    assert [row.state for row in rows] == ["error", "done", "error", "done"]


def test_a_table_in_a_folder_for_a_model_of_images_is_one_line_that_says_so(
    workplace: Workplace, pool: FakePool
) -> None:
    images = workplace.models.find("nih-pneumonia")
    assert images is not None
    job = batches.start_folder(workplace, _folder(workplace), model=images.digest)
    queue.run_pending(workplace, pool)
    found = {row.name: row for row in batches.rows(workplace, job.job_id).rows}
    assert found["image.png"].state == "done" and found["table.csv"].state == "error"
    assert "reads images, and this is a table" in found["table.csv"].message


def test_rows_of_patients_have_no_name_in_a_batch(clinic: Workplace, pool: FakePool) -> None:
    folder = _folder(clinic)
    (folder / "image.png").unlink()
    (folder / "table.csv").rename(folder / "Secret^Person.csv")
    job = batches.start_folder(clinic, folder)
    queue.run_pending(clinic, pool)
    rows = batches.rows(clinic, job.job_id).rows
    assert [row.state for row in rows] == ["done"] * 3
    assert all(row.name.startswith("P-") and "Secret" not in str(row) for row in rows)
