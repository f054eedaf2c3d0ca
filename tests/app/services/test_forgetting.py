"""After a deletion an image's name is in no file of the data folder; backups are the exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import batches, review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.backup import backup
from tests.app.services.workplaces import START, FakePool, dicom, make_workplace, png

NAME = "Zebrowski"


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """With its database in the data folder."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    queue.begin(opened)
    yield opened
    opened.close()


def files_with_the_name(workplace: Workplace) -> set[str]:
    return {
        path.name
        for path in workplace.settings.data.rglob("*")
        if path.is_file() and NAME.encode() in path.read_bytes()
    }


def test_a_deleted_name_is_in_no_file_and_its_neighbours_are_untouched(
    workplace: Workplace, pool: FakePool
) -> None:
    batches.start_upload(workplace, [(f"{NAME}-alone.png", png(0))])  # gives its name to the batch
    batches.start_upload(workplace, [(f"{NAME}-{n}.dcm", dicom(n, name=NAME)) for n in range(1, 4)])
    for number in range(20):
        intake.add(workplace, png(100 + number), name=f"{NAME}-{number}.png")
        intake.add(workplace, png(200 + number), name=f"neighbour-{number}.png")
    queue.run_pending(workplace, pool)
    for row in review.list_cases(workplace, size=100).rows:
        if row.label is not None and row.file_name.startswith(NAME):
            review.sign(
                workplace,
                row.case_id,
                verdict="accept",
                confidence=5,
                text=NAME,
                expected_revision=0,
            )
    assert {"review.sqlite3-wal"} <= files_with_the_name(workplace)
    saved = backup(workplace.settings.store_url, workplace.settings.backups, now=START)
    for row in review.list_cases(workplace, size=100).rows:
        if row.file_name.startswith(NAME):
            review.delete_case(workplace, row.case_id)
    assert files_with_the_name(workplace) == {saved.name}
    assert review.list_cases(workplace).total == 20


def test_a_deleted_batchs_names_are_in_no_file(workplace: Workplace) -> None:
    job = batches.start_upload(workplace, [(f"{NAME}-{n}.png", png(n)) for n in range(30)])
    assert files_with_the_name(workplace)
    batches.delete(workplace, job.job_id)
    assert files_with_the_name(workplace) == set()


def test_a_reader_in_the_way_is_not_waited_for_and_the_worker_tries_again(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.sql_store.FORGET_TIMEOUT", 20)
    taken = intake.add(workplace, png(1), name=f"{NAME}.png", predict=False)
    with workplace.store.read() as tx:
        list(tx.cases.ids())  # an export that takes its time
        review.delete_case(workplace, taken.case_id)
        assert files_with_the_name(workplace) and not workplace.store.forget_deleted()
    queue.upkeep(workplace)
    assert files_with_the_name(workplace) == set()
