"""Tables in a server folder, and in one that is watched."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.services import batches
from app.services.inference import queue
from app.services.tables import listed
from app.services.watching import looking
from app.services.workplace import Workplace
from app.store.batch_items import BatchItems
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


@pytest.fixture
def watching(workplace: Workplace) -> Iterator[Workplace]:
    """The workplace that watches its folder of tables."""
    settings = replace(
        workplace.settings, watched=(_folder(workplace),), watch_seconds=1, watch_explains=False
    )
    yield replace(workplace, settings=settings)


def _look(workplace: Workplace, seconds: int) -> int:
    now = workplace.clock() + timedelta(seconds=seconds)
    return looking.look_around(replace(workplace, clock=lambda: now))


def test_the_rows_of_a_table_in_a_watched_folder_are_read_once_and_mended_ones_again(
    watching: Workplace, pool: FakePool
) -> None:
    (folder,) = watching.settings.watched
    table = folder / "table.csv"
    table.write_text(CSV.replace("0.12", "smooth"))
    assert [_look(watching, 10), _look(watching, 20), _look(watching, 30)] == [0, 2, 0]
    queue.run_pending(watching, pool)
    (batch,) = batches.batches(watching)
    assert batch.job.state == "done" and batch.total == 4
    rows = batches.rows(watching, batch.job.job_id).rows
    assert [(row.name, row.state) for row in rows] == [
        ("image.png", "error"),
        ("table.csv, line 2", "done"),
        ("table.csv, line 3", "error"),
        ("table.csv, line 4", "done"),
    ]
    table.write_text(CSV)
    assert [_look(watching, 40), _look(watching, 50)] == [0, 1]
    queue.run_pending(watching, pool)
    mended, _ = batches.batches(watching)
    assert dict(mended.counts) == {"duplicate": 2, "done": 1}
    assert table.read_text() == CSV


def test_a_worker_that_dies_amid_a_table_loses_no_row_and_adds_none_twice(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "CHUNK", 1)
    (folder := workplace.settings.folders[0] / "tables").mkdir()
    (folder / "table.csv").write_text(CSV)
    job = batches.start_folder(workplace, folder)
    add, chunks = BatchItems.add, []

    def die_at_the_third(self: BatchItems, *words: object) -> None:
        chunks.append(1)
        if len(chunks) == 4:  # the listing's own, and two rows
            raise KeyboardInterrupt
        add(self, *words)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(BatchItems, "add", die_at_the_third)
        queue.run_pending(workplace, pool)
    names = [row.name for row in batches.rows(workplace, job.job_id).rows]
    assert names == ["table.csv", "table.csv, line 2", "table.csv, line 3"]
    queue.begin(workplace)
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert [(row.name, row.state) for row in rows] == [
        (f"table.csv, line {line}", "done") for line in (2, 3, 4)
    ]
    assert not list((workplace.settings.blobs / ".staging").iterdir())


def test_a_table_that_lacks_a_column_is_read_once_it_is_mended(
    workplace: Workplace, pool: FakePool
) -> None:
    (folder := workplace.settings.folders[0] / "tables").mkdir()
    (folder / "table.csv").write_text(CSV.replace("texture", "structure"))
    job = batches.start_folder(workplace, folder)
    queue.run_pending(workplace, pool)
    (table,) = batches.rows(workplace, job.job_id).rows
    assert table.state == "error" and "no column “texture”" in table.message
    (folder / "table.csv").write_text(CSV)
    batches.retry(workplace, job.job_id)
    queue.run_pending(workplace, pool)
    assert dict(batches.progress(workplace, job.job_id).counts) == {"done": 3}
