"""Files of a batch that are read together: the same rows as one by one, and no file's trouble is
another's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.errors import Unavailable
from app.services import batches, jobs, review
from app.services.audit import verifying
from app.services.inference import queue, reading_ahead, together
from app.services.inference.frames import NewMaps
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from app.store.files.blobs import STAGING
from app.store.rows import CaseEntry, JobItemEntry, PredictionEntry
from app.store.together.new_cases import NewCases
from tests.app.services.batch_states import states
from tests.app.services.inference.faults import fail_while
from tests.app.services.workplaces import FakePool, by_brightness, dicom, png

CASES, PREDICTIONS, FILES = (rows.__table__ for rows in (CaseEntry, PredictionEntry, JobItemEntry))
OF_ONE_RUN = {
    *("id", "case_id", "job_id", "study_key", "created_at", "study_newest", "worker_id", "attempts")
}


def written(workplace: Workplace) -> list[list[dict[str, Any]]]:
    """The rows of cases, predictions and files, but what differs from run to run."""
    of_case = PREDICTIONS.join(CASES, CASES.c.id == PREDICTIONS.c.case_id)
    queries = (
        select(CASES).order_by(CASES.c.file_name),
        select(PREDICTIONS).select_from(of_case).order_by(CASES.c.file_name),
        select(FILES).order_by(FILES.c.position),
    )
    with workplace.store.engine.connect() as connection:
        return [
            [
                {name: value for name, value in row.items() if name not in OF_ONE_RUN}
                for row in connection.execute(query).mappings()
            ]
            for query in queries
        ]


def fill(folder: Path) -> None:
    """Of every kind: plain, twice the same, no image, broken, with several frames, refused."""
    for number in range(4):
        (folder / f"plain-{number}.png").write_bytes(png(30 + number))
    (folder / "plain-9-again.png").write_bytes(png(30))
    (folder / "notes.txt").write_text("no image")
    (folder / "broken.png").write_bytes(b"\x89PNG broken")
    (folder / "dark.png").write_bytes(png(40, level=10))
    (folder / "frames.dcm").write_bytes(dicom(6, frames=2))


@pytest.mark.parametrize("has_reader", [False, True])
def test_files_together_become_the_rows_that_they_become_one_by_one(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_reader: bool,
) -> None:
    fill(images)
    pool.gate = by_brightness
    usable = together.models.usable
    monkeypatch.setattr(
        together.models,
        "usable",
        lambda workplace, digest: replace(usable(workplace, digest), has_reader=has_reader),
    )
    runs = []
    for most in (1, together.MOST):
        monkeypatch.setattr(together, "MOST", most)
        job = batches.start_folder(with_images, images)
        queue.run_pending(with_images, pool)
        assert not verifying.verify(with_images).problems
        runs.append(written(with_images))
        cases = {row.case_id for row in batches.rows(with_images, job.job_id).rows if row.case_id}
        for case_id in cases:
            review.delete_case(with_images, case_id)
        batches.delete(with_images, job.job_id)
    for one_by_one, at_once in zip(*runs, strict=True):
        assert one_by_one == at_once
    cases_of, predictions, files = runs[1]
    assert len(cases_of) == len(predictions) == 9
    assert all(case["thumbnail_key"] for case in cases_of)
    assert {bool(row["maps_key"]) for row in predictions} == (
        {False, True} if has_reader else {False}
    )
    assert {row["state"] for row in files} == {
        *("done", "duplicate", "error", "refused", "skipped"),
    }
    assert left_in(with_images) == []


def left_in(workplace: Workplace) -> list[str]:
    """Names of what is staged and was neither kept nor discarded."""
    return [path.name for path in (workplace.settings.data / "blobs" / STAGING).glob("*")]


def test_all_are_written_in_one_transaction_and_the_network_looks_at_each_once(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        (images / f"more-{number}.png").write_bytes(png(30 + number))
    (images / "same.png").write_bytes(png(30))
    job = batches.start_folder(with_images, images)
    monkeypatch.setattr(together, "MOST_SECONDS", 60.0)
    queue.run_next(with_images, pool)  # the folder is walked
    assert queue.run_next(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 12, "waiting": 1}
    assert len(pool.predicted) == 12
    queue.run_pending(with_images, pool)
    assert states(with_images, job.job_id)[-1] == ("same.png", "duplicate")


def test_what_is_not_reached_in_time_waits_again_without_an_attempt(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_SECONDS", 0.0)
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    queue.run_next(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 1, "waiting": 2}
    assert next_item(with_images).attempt == 1


def next_item(workplace: Workplace) -> ClaimedItem:
    with workplace.store.write() as tx:
        item = tx.batch_items.claim(workplace.clock())
    assert item is not None
    return item


def cancel(workplace: Workplace, job_id: str) -> None:
    jobs.cancel(workplace, job_id)


def delete(workplace: Workplace, job_id: str) -> None:
    jobs.cancel(workplace, job_id)
    batches.delete(workplace, job_id)


@pytest.mark.parametrize(("what", "left"), [(cancel, 1), (delete, 0)])
def test_a_batch_that_nobody_wants_any_more_ends_after_the_file_at_hand(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: Callable[[Workplace, str], None],
    left: int,
) -> None:
    monkeypatch.setattr(together, "LOOK_SECONDS", 0.0)
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    pool.before_predict = lambda: what(with_images, job.job_id)
    queue.run_next(with_images, pool)
    assert len(pool.predicted) == 1
    assert review.list_cases(with_images).total == left
    assert left_in(with_images) == []


def test_a_worker_that_leaves_finishes_the_file_at_hand(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    queue.run_next(with_images, pool, stop=lambda: bool(pool.predicted))
    assert batches.progress(with_images, job.job_id).counts == {"done": 1, "waiting": 2}


def test_an_error_of_all_of_them_lets_each_be_read_alone(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = batches.start_folder(with_images, images)
    tries = fail_while(monkeypatch, NewCases, "add", lambda: True)
    queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 3}
    assert len(tries) == 1 and left_in(with_images) == []
    assert review.list_cases(with_images).total == 3


def test_maps_that_cannot_be_kept_are_the_trouble_of_their_file(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usable, staged = together.models.usable, NewMaps.staged
    monkeypatch.setattr(
        together.models,
        "usable",
        lambda workplace, digest: replace(usable(workplace, digest), has_reader=True),
    )
    failed: list[int] = []

    def fail_once(self: NewMaps, workplace: Workplace) -> Any:
        if not failed:
            failed.append(1)
            raise OSError("the disk refuses")
        return staged(self, workplace)

    monkeypatch.setattr(NewMaps, "staged", fail_once)
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    queue.run_next(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 2, "waiting": 1}
    queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 3}
    assert left_in(with_images) == []


def test_of_a_store_that_is_away_nothing_is_lost(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)

    def away(*args: object, **named: object) -> None:
        raise Unavailable("The database cannot be reached.")

    with monkeypatch.context() as patch:
        patch.setattr(NewCases, "add", away)
        with pytest.raises(Unavailable):
            queue.run_next(with_images, pool)
    assert left_in(with_images) == []
    assert queue.take_up_again(with_images) == 3
    queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 3}


def test_a_file_that_somebody_adds_meanwhile_is_a_duplicate(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)

    def add() -> None:
        if len(pool.predicted) == 1:
            intake.add(with_images, png(0), name="mine.png", predict=False)

    pool.before_predict = add
    queue.run_pending(with_images, pool)
    assert states(with_images, job.job_id) == [
        ("0.png", "duplicate"),
        ("1.png", "done"),
        ("2.png", "done"),
    ]
    assert review.list_cases(with_images).total == 3


def test_the_same_pixels_under_another_header_say_so_within_the_same_files(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    (images / "3.png").write_bytes(png(0) + b"a remark behind the image")
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    row = batches.rows(with_images, job.job_id).rows[3]
    assert row.state == "done" and "same pixels as “0.png”" in row.message


def test_uploads_lie_once_as_their_cases(workplace: Workplace, pool: FakePool) -> None:
    job = batches.start_upload(workplace, [(f"{n}.png", png(n)) for n in range(3)])
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert [row.state for row in rows] == ["done"] * 3
    with workplace.store.read() as tx:
        thumbnails = {tx.cases.thumbnail(row.case_id or "") for row in rows}
        assert tx.named_blobs() == {row.file_sha256 for row in rows} | thumbnails
    assert set(workplace.blobs.all_keys()) == {row.file_sha256 for row in rows} | thumbnails


@pytest.mark.parametrize(
    "change",
    [{"attempt": 2}, {"case_id": "c1"}, {"explain": True}, {"path": "instance"}],
    ids=lambda change: next(iter(change)),
)
def test_what_takes_long_or_was_begun_before_is_taken_alone(
    with_images: Workplace, images: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    batches.start_folder(with_images, images)
    queue.run_next(with_images, FakePool())
    item = next_item(with_images)
    assert together.most_beside(with_images, item) == together.MOST - 1
    monkeypatch.setattr(
        together.fetching, "is_from_archive", lambda workplace, item: item.path == "instance"
    )
    assert together.most_beside(with_images, replace(item, **change)) == 0


def test_files_are_read_ahead_of_the_network(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        (images / f"more-{number}.png").write_bytes(png(30 + number))
    read: list[str] = []
    real = with_images.image_reader.look_and_read

    def look_and_read(source: Any) -> Any:
        read.append("read")
        return real(source)

    monkeypatch.setattr(with_images.image_reader, "look_and_read", look_and_read)
    ahead: list[int] = []

    def wait() -> None:
        looked = len(pool.predicted)
        if looked == 3:  # AHEAD files are being read beside this one, and no more
            while len(read) < looked + 1 + reading_ahead.AHEAD:
                pass
        ahead.append(len(read) - looked - 1)

    pool.before_predict = wait
    batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    assert ahead[3] == reading_ahead.AHEAD and max(ahead) <= reading_ahead.AHEAD
