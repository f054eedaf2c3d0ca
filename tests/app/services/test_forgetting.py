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
from tests.app.services.workplaces import START, FakeBench, dicom, make_place, png

NAME = "Zebrowski"


@pytest.fixture
def place(tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """With its database in the data folder."""
    from app.store.migrate import upgrade

    found = make_place(Settings(tmp_path / "data", assets=assets))
    upgrade(found.settings.store_url, backups=found.settings.backups, now=START)
    queue.begin(found)
    yield found
    found.close()


def files_with_the_name(place: Workplace) -> set[str]:
    return {
        path.name
        for path in place.settings.data.rglob("*")
        if path.is_file() and NAME.encode() in path.read_bytes()
    }


def test_a_deleted_name_is_in_no_file_and_its_neighbours_are_untouched(
    place: Workplace, bench: FakeBench
) -> None:
    batches.start_upload(place, [(f"{NAME}-alone.png", png(0))])  # gives its name to the batch
    batches.start_upload(place, [(f"{NAME}-{n}.dcm", dicom(n, name=NAME)) for n in range(1, 4)])
    for number in range(20):
        intake.add(place, png(100 + number), name=f"{NAME}-{number}.png")
        intake.add(place, png(200 + number), name=f"neighbour-{number}.png")
    queue.run_pending(place, bench)
    for row in review.list_cases(place, size=100).rows:
        if row.label is not None and row.file_name.startswith(NAME):
            review.sign(
                place, row.case_id, verdict="accept", confidence=5, text=NAME, expected_revision=0
            )
    assert {"review.sqlite3-wal"} <= files_with_the_name(place)
    saved = backup(place.settings.store_url, place.settings.backups, now=START)
    for row in review.list_cases(place, size=100).rows:
        if row.file_name.startswith(NAME):
            review.delete_case(place, row.case_id)
    assert files_with_the_name(place) == {saved.name}
    assert review.list_cases(place).total == 20


def test_a_deleted_batchs_names_are_in_no_file(place: Workplace) -> None:
    job = batches.start_upload(place, [(f"{NAME}-{n}.png", png(n)) for n in range(30)])
    assert files_with_the_name(place)
    batches.delete(place, job.job_id)
    assert files_with_the_name(place) == set()


def test_a_reader_in_the_way_is_not_waited_for_and_the_worker_tries_again(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.sql_store.FORGET_TIMEOUT", 20)
    taken = intake.add(place, png(1), name=f"{NAME}.png", predict=False)
    with place.store.read() as tx:
        list(tx.cases.ids())  # an export that takes its time
        review.delete_case(place, taken.case_id)
        assert files_with_the_name(place) and not place.store.forget_deleted()
    queue.upkeep(place)
    assert files_with_the_name(place) == set()
