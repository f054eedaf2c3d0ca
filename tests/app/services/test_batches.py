"""Batches: every file a row, nothing done twice, nothing lost."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound, Refused
from app.domain.figures.batch_view import BATCH_ORDERS, BatchFilters, BatchOrder
from app.services import batch_export, batches, explanations, jobs, models, review
from app.services.inference import folder_listing, queue, together
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.batch_states import states
from tests.app.services.workplaces import FakePool, by_brightness, dicom, png


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "inner").mkdir(parents=True)
    (folder / "1.png").write_bytes(png(1, level=200))
    (folder / "2.dcm").write_bytes(dicom(2))
    (folder / "3-again.dcm").write_bytes(dicom(2))
    (folder / "4.txt").write_text("a note")
    (folder / "5.png").write_bytes(png(5)[:60])
    (folder / "inner" / "6").write_bytes(dicom(6, frames=2))
    (folder / ".hidden.png").write_bytes(png(7))
    (folder / "link.png").symlink_to(folder / "1.png")
    return folder


@pytest.fixture
def with_images(workplace: Workplace, images: Path) -> Workplace:
    return replace(workplace, settings=replace(workplace.settings, folders=(images,)))


def test_every_file_of_a_folder_becomes_a_row_that_says_what_became_of_it(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    assert states(with_images, job.job_id) == [
        ("1.png", "done"),
        ("2.dcm", "done"),
        ("3-again.dcm", "duplicate"),
        ("4.txt", "skipped"),
        ("5.png", "error"),
        ("6", "done"),
    ]
    state = batches.progress(with_images, job.job_id)
    assert (state.job.state, state.total, state.finished) == ("done", 6, 6)
    assert state.job.message.startswith("One link was left out (link.png).")
    rows = batches.rows(with_images, job.job_id).rows
    assert rows[0].label == "finding" and rows[0].probabilities["finding"] > 0.5
    assert rows[1].case_id == rows[2].case_id and "already" in rows[2].message
    assert rows[3].message and rows[4].message and rows[4].file_sha256
    assert "first of 2 frames" in rows[5].message
    assert review.open_case(with_images, str(rows[0].case_id)).prediction is not None
    assert [job.kind for job in review.open_case(with_images, str(rows[0].case_id)).jobs] == []


def test_a_batch_can_explain_each_images_most_probable_finding(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    (images / "inner" / "7.png").write_bytes(png(7, level=20))
    job = batches.start_folder(with_images, images, explain=True)
    queue.run_pending(with_images, pool)
    rows = batches.rows(with_images, job.job_id).rows
    saved = explanations.get(with_images, str(rows[0].explanation_id))
    assert saved.node == "class:finding" and saved.case_id == rows[0].case_id
    called = {row.label for row in rows if row.state in ("done", "duplicate")}
    assert "none" in called, "on a negative call the finding is explained too"
    nodes = {
        explanations.get(with_images, row.explanation_id).node for row in rows if row.explanation_id
    }
    assert nodes == {"class:finding"}
    assert set(pool.tiers) == {"standard"}, "nobody waits for a first map"
    assert rows[0].explanation_tier == "standard" and rows[3].explanation_tier is None
    files = json.loads(batch_export.as_json(with_images, job.job_id))["files"]
    assert [file["explanation_tier"] for file in files[:1]] == ["standard"]
    assert rows[1].explanation_id == rows[2].explanation_id
    assert len(pool.explained) == 4


@pytest.mark.parametrize("most", [1, together.MOST])
def test_a_batch_goes_on_after_its_worker_died_and_no_file_is_its_own_duplicate(
    most: int,
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "MOST", most)  # of a file alone there is a case already
    job = batches.start_folder(with_images, images)

    def die() -> None:
        if len(pool.predicted) == 1:
            pool.predicted.append("died")
            raise KeyboardInterrupt

    pool.before_predict = die
    with pytest.raises(KeyboardInterrupt):
        queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts["running"] >= 1
    queue.begin(with_images)
    queue.run_pending(with_images, pool)
    assert [state for _, state in states(with_images, job.job_id)] == [
        "done",
        "done",
        "duplicate",
        "skipped",
        "error",
        "done",
    ]
    assert review.list_cases(with_images).total == 3


def test_a_file_that_kills_the_worker_is_left_out_after_the_third_time(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    for _ in range(3):
        with with_images.store.write() as tx:
            item = tx.batch_items.claim(with_images.clock())
        assert item is not None and item.name == "1.png"
        queue.begin(with_images)
    row = batches.rows(with_images, job.job_id).rows[0]
    assert row.state == "error" and "left out" in row.message


def test_a_cancelled_batch_stops_and_can_be_taken_up_again(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 1)
    job = batches.start_folder(with_images, images)
    for _ in range(3):
        queue.run_next(with_images, pool)
    assert jobs.cancel(with_images, job.job_id).state == "cancelled"
    assert queue.run_pending(with_images, pool) == 0
    assert batches.progress(with_images, job.job_id).finished == 2
    batches.resume(with_images, job.job_id)
    queue.run_pending(with_images, pool)
    state = batches.progress(with_images, job.job_id)
    assert (state.job.state, state.finished) == ("done", 6)
    assert len(pool.predicted) == 3


def test_cancelling_stops_an_image_that_is_being_explained(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images, explain=True)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_pending, args=(with_images, pool))
    worker.start()
    while not pool.predicted:
        threading.Event().wait(0.02)
    jobs.cancel(with_images, job.job_id)
    worker.join(10)
    assert not worker.is_alive()
    assert batches.progress(with_images, job.job_id).counts == {"waiting": 6}


def test_an_image_that_is_being_explained_gives_way_to_a_first_heatmap_that_a_page_waits_for(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    mine = intake.add(with_images, png(50, level=200), name="mine.png")
    queue.run_pending(with_images, pool)
    job = batches.start_folder(with_images, images, explain=True)
    queue.run_next(with_images, pool)  # the folder is walked
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_next, args=(with_images, pool))
    worker.start()
    while len(pool.predicted) < 2:
        threading.Event().wait(0.02)
    explanations.request(with_images, str(mine.case_id))
    worker.join(10)
    assert not worker.is_alive() and not pool.tiers
    pool.steps = 1
    queue.run_next(with_images, pool)
    assert pool.tiers == ["draft"]
    queue.run_pending(with_images, pool)
    counts = batches.progress(with_images, job.job_id).counts
    assert (counts["done"], counts.get("waiting", 0)) == (3, 0)
    assert review.list_cases(with_images).total == 4


def test_failed_files_are_tried_again_on_request(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    (images / "5.png").write_bytes(png(5))
    batches.retry(with_images, job.job_id)
    queue.run_pending(with_images, pool)
    state = batches.progress(with_images, job.job_id)
    assert state.counts == {"done": 4, "duplicate": 1, "skipped": 1}
    assert len(pool.predicted) == 4


def test_a_deleted_case_stays_as_a_row_that_says_so(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    rows = batches.rows(with_images, job.job_id).rows
    review.delete_case(with_images, str(rows[1].case_id))
    state = batches.progress(with_images, job.job_id)
    assert state.total == 6 and state.counts["deleted"] == 2
    after = batches.rows(with_images, job.job_id).rows[1]
    assert (after.name, after.file_sha256, after.case_id, after.label) == ("", "", None, None)


def test_a_file_replaced_by_a_link_after_the_listing_is_not_followed(
    with_images: Workplace, pool: FakePool, images: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)
    (images / "1.png").unlink()
    (images / "1.png").symlink_to(secret)
    queue.run_pending(with_images, pool)
    row = batches.rows(with_images, job.job_id).rows[0]
    assert row.state == "error" and "link" in row.message and row.case_id is None


def test_only_folders_in_the_list_are_read(
    with_images: Workplace, images: Path, tmp_path: Path
) -> None:
    (images / "out").symlink_to(tmp_path)
    for folder in (tmp_path, images / "..", images / "out", images / "missing", "/", "images\0"):
        with pytest.raises(Refused, match="may not be read"):
            batches.start_folder(with_images, folder)
    with pytest.raises(Refused, match="a file"):
        batches.start_folder(with_images, images / "1.png")
    assert batches.subfolders(with_images, images) == (images / "inner",)
    assert batches.start_folder(with_images, images / "inner").state == "waiting"


def test_uploads_and_archives_become_one_batch_and_their_bytes_do_not_pile_up(
    workplace: Workplace, pool: FakePool
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("set/b.png", png(2))
        archive.writestr("set/c.zip", b"PK\x03\x04 nested")
    items = [
        ("folder/a.png", png(1)),
        ("set.zip", packed.getvalue()),
        ("x.png", b"\x89PNG\r\n\x1a\n"),
    ]
    job = batches.start_upload(workplace, items)
    queue.run_pending(workplace, pool)
    assert states(workplace, job.job_id) == [
        ("a.png", "done"),
        ("b.png", "done"),
        ("c.zip", "error"),
        ("x.png", "error"),
    ]
    # Two images with their thumbnails, and the file that may be tried again.
    assert len(list(workplace.blobs.all_keys())) == 5
    batches.delete(workplace, job.job_id)
    assert len(list(workplace.blobs.all_keys())) == 4
    with pytest.raises(NotFound):
        batches.progress(workplace, job.job_id)
    assert review.list_cases(workplace).total == 2


def test_an_archive_that_is_not_to_be_used_costs_itself_alone(
    workplace: Workplace, pool: FakePool
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.png", png(1))
        archive.writestr("2.png", png(2))
    bad = b"PK\x03\x04 and no more"
    items = [("a.png", png(3)), ("bad.zip", bad), ("good.zip", packed.getvalue())]
    job = batches.start_upload(workplace, items)
    queue.run_pending(workplace, pool)
    result = {
        row.name: (row.state, row.message) for row in batches.rows(workplace, job.job_id).rows
    }
    assert result["bad.zip"] == ("error", "The ZIP file is damaged. Pack it again.")
    assert [result[name][0] for name in ("a.png", "1.png", "2.png")] == ["done"] * 3
    assert not list((workplace.settings.blobs / ".staging").iterdir())
    with pytest.raises(Refused, match="damaged"):
        batches.start_upload(workplace, [("bad.zip", bad)])


def test_nothing_is_kept_of_an_archive_that_fails_half_way(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.uploading.archive import Entry

    def half(*_: object, **__: object) -> Iterator[Entry]:
        yield Entry("1.png", "1.png", io.BytesIO(png(1)))
        raise Refused("The ZIP file unpacks to more than it says. Pack it again.")

    monkeypatch.setattr("app.services.uploading.archive.extract", half)
    job = batches.start_upload(workplace, [("half.zip", b"PK\x03\x04"), ("a.png", png(3))])
    queue.run_pending(workplace, pool)
    assert states(workplace, job.job_id) == [("half.zip", "error"), ("a.png", "done")]
    assert len(list(workplace.blobs.all_keys())) == 2  # an image and its thumbnail
    assert not list((workplace.settings.blobs / ".staging").iterdir())


def test_too_large_an_upload_is_refused_as_a_whole(workplace: Workplace) -> None:
    small = replace(workplace, settings=replace(workplace.settings, upload_files=2))
    with pytest.raises(Refused, match="3 files; 2 fit"):
        batches.start_upload(small, [(f"{n}.png", png(n)) for n in range(3)])
    assert not [path for path in workplace.settings.blobs.rglob("*") if path.is_file()]
    with pytest.raises(Refused, match="no files"):
        batches.start_upload(workplace, [])


def test_rows_are_paged_and_narrowed(workplace: Workplace, pool: FakePool) -> None:
    items = [(f"{n}.png", png(n) if n % 2 else b"text") for n in range(7)]
    job = batches.start_upload(workplace, items)
    queue.run_pending(workplace, pool)
    pages = [batches.rows(workplace, job.job_id, page=n, size=3) for n in range(3)]
    assert [len(page.rows) for page in pages] == [3, 3, 1] and pages[0].total == 7
    skipped = batches.rows(workplace, job.job_id, filters=BatchFilters(states=("skipped",)))
    assert skipped.total == 4 and [row.position for row in skipped.rows] == [0, 2, 4, 6]
    assert batches.batches(workplace)[0].title == "7 uploaded files"


def test_a_folder_of_too_many_files_says_that_the_rest_was_left_out(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_listing, "CHUNK", 2)
    small = replace(with_images, settings=replace(with_images.settings, folder_files=3))
    job = batches.start_folder(small, images)
    queue.run_pending(small, pool)
    state = batches.progress(small, job.job_id)
    assert state.total == 3 and "more than 3 files" in state.job.message


def test_an_image_leads_back_to_the_batches_that_it_came_in(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    first = batches.start_folder(with_images, images, name="  Ward\n A ")
    queue.run_pending(with_images, pool)
    case_id = str(batches.rows(with_images, first.job_id).rows[1].case_id)
    second = batches.start_upload(with_images, [("b.png", png(1, level=200)), ("2.dcm", dicom(2))])
    queue.run_pending(with_images, pool)
    links = batches.of_case(with_images, case_id)
    assert [link.job_id for link in links] == [second.job_id, first.job_id]
    assert links[1].text == "File 2 of 6 in the batch “Ward A”"
    assert links[0].title == "2 uploaded files"
    assert batches.of_case(with_images, "none") == ()


def test_a_batch_is_renamed_and_the_audit_says_so(with_images: Workplace, images: Path) -> None:
    job = batches.start_folder(with_images, images)
    batches.rename(with_images, job.job_id, "Ward B")
    assert batches.progress(with_images, job.job_id).title == "Ward B"
    with with_images.store.read() as tx:
        assert [entry.action for entry in tx.audit.entries()][-1] == "batch renamed"
    for wrong in (" \x00", "x" * 201):
        with pytest.raises(Refused):
            batches.rename(with_images, job.job_id, wrong)
    with pytest.raises(NotFound):
        batches.rename(with_images, "0" * 32, "Ward C")


def test_a_verdict_on_what_another_model_said_is_no_agreement(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    one, two = (str(row.case_id) for row in batches.rows(with_images, job.job_id).rows[:2])
    for case_id in (one, two):
        if case_id == two:
            other = next(i for i in models.all(with_images) if i.digest != job.model)
            review.set_case_model(with_images, two, other.digest)
            queue.run_pending(with_images, pool)
        review.sign(
            with_images, case_id, verdict="reject", confidence=3, expected_revision=0, text="no"
        )
    counts = batches.agreement(with_images, job.job_id)
    assert (counts.agreed, counts.disagreed, counts.unread) == (0, 1, 3)
    only = BatchFilters(agreement="disagreed")
    assert [r.case_id for r in batches.rows(with_images, job.job_id, filters=only).rows] == [one]


@pytest.mark.parametrize("order", BATCH_ORDERS)
def test_every_order_has_every_file_once(
    with_images: Workplace, pool: FakePool, images: Path, order: BatchOrder
) -> None:
    pool.gate = by_brightness
    job = batches.start_folder(with_images, images)
    queue.run_pending(with_images, pool)
    pages = [
        batches.rows(with_images, job.job_id, page=n, size=2, filters=BatchFilters(order=order))
        for n in range(3)
    ]
    positions = [row.position for page in pages for row in page.rows]
    assert sorted(positions) == [0, 1, 2, 3, 4, 5] and pages[0].total == 6
    if order == "file":
        assert positions == sorted(positions)
    if order == "state":
        assert pages[0].rows[0].state == "error"


def test_before_their_own_read_a_reader_learns_nothing_of_the_model_from_a_batch(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    pool.gate = by_brightness
    (images / "7.png").write_bytes(png(7, level=0))
    job = batches.start_folder(with_images, images, explain=True)
    queue.run_pending(with_images, pool)
    shown = {row.name: row for row in batches.rows(with_images, job.job_id).rows}
    assert shown["7.png"].state == "refused" and shown["1.png"].label == "finding"
    blinding.set_reads_first(with_images, True)
    for row in batches.rows(with_images, job.job_id).rows:
        said = (row.label, row.probability, row.support, row.verdict, row.agreement)
        assert said == (None,) * 5 and row.explanation_id is None and not row.probabilities
        assert row.state != "refused" and "unlike" not in row.message
    assert "refused" not in {
        k for k, n in batches.progress(with_images, job.job_id).counts.items() if n
    }
    assert batches.agreement(with_images, job.job_id).total == 0
    for order in BATCH_ORDERS:
        rows = batches.rows(with_images, job.job_id, filters=BatchFilters(order=order)).rows
        if order in ("finding", "doubt", "label"):
            assert [row.position for row in rows] == sorted(row.position for row in rows)
    for narrowed in (BatchFilters(label="finding"), BatchFilters(states=("refused",))):
        assert batches.rows(with_images, job.job_id, filters=narrowed).total == 0
    text = batch_export.as_csv(with_images, job.job_id).decode()
    assert ",finding," not in text and "refused" not in text
