"""One file of a batch: whatever it is called and whatever it does, it stops no other."""

import csv
import io
import json
import os
import random
import string
import sys
from pathlib import Path

import pytest

from app.domain.figures.batch_view import BatchFilters
from app.domain.jobs import MOST_ATTEMPTS
from app.services import batch_export, batches, explanations, review
from app.services.inference import queue, together
from app.services.inference.failures import UNEXPECTED
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import REFUSED, BatchItems
from tests.app.services.batch_states import running_file, states
from tests.app.services.inference.faults import fail_while
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import CAUTION, FakePool, by_brightness, png

ODD = b"r\xf6ntgen.png"


if sys.platform == "linux":  # elsewhere a name that is no text cannot be made

    def test_a_name_that_is_no_text_is_a_file_as_any_other(
        with_images: Workplace, pool: FakePool, images: Path, other_folder: str
    ) -> None:
        root = os.fsencode(images)
        os.mkdir(root + b"/\xfcber 100%")
        for number, name in enumerate((ODD, b"\xfcber 100%/\xff%41.png", b"line\nend.png")):
            Path(os.fsdecode(root + b"/" + name)).write_bytes(png(10 + number))
        Path(os.fsdecode(root + b"/\xe4.png")).write_bytes(b"\x89PNG broken")
        job = batches.start_folder(with_images, images)
        other = batches.start_folder(with_images, other_folder)
        queue.run_pending(with_images, pool)
        assert states(with_images, job.job_id) == [
            ("0.png", "done"),
            ("1.png", "done"),
            ("2.png", "done"),
            ("lineend.png", "done"),
            ("r%F6ntgen.png", "done"),
            ("%E4.png", "error"),
            ("%FF%41.png", "done"),
        ]
        assert {state for _, state in states(with_images, other.job_id)} == {"done"}
        found = json.loads(batch_export.as_json(with_images, job.job_id))["files"]
        assert found[6]["path"] == "%FCber 100%/%FF%41.png"
        lines = csv.DictReader(io.StringIO(batch_export.as_csv(with_images, job.job_id).decode()))
        assert [line["path"] for line in lines] == [file["path"] for file in found]
        # Read again, it is found again under its own name.
        Path(os.fsdecode(root + b"/\xe4.png")).write_bytes(png(30))
        batches.retry(with_images, job.job_id)
        queue.run_pending(with_images, pool)
        assert batches.progress(with_images, job.job_id).counts == {"done": 7}

    def test_a_path_that_the_database_cannot_hold_costs_itself_only(
        with_images: Workplace, pool: FakePool, images: Path
    ) -> None:
        chance, deep = random.Random(0), images
        for _ in range(14):  # PostgreSQL indexes 2,700 bytes that do not shrink
            deep = deep / "".join(chance.choices(string.ascii_letters + string.digits, k=240))
            deep.mkdir()
        (deep / "deep.png").write_bytes(png(7))
        (images / "z.png").write_bytes(png(8))
        job = batches.start_folder(with_images, images)
        queue.run_pending(with_images, pool)
        rows = {row.name: row for row in batches.rows(with_images, job.job_id).rows}
        deepest = rows.pop("deep.png")
        assert {row.state for row in rows.values()} == {"done"} and "z.png" in rows
        holds = with_images.store.engine.dialect.name == "sqlite"
        assert deepest.state == ("done" if holds else "error")
        assert holds or deepest.message == REFUSED


def test_a_file_that_ends_the_worker_each_time_is_given_up_and_the_others_are_read(
    with_images: Workplace, pool: FakePool, images: Path, other_folder: str
) -> None:
    job = batches.start_folder(with_images, images)
    other = batches.start_folder(with_images, other_folder)
    deaths: list[int] = []

    def die() -> None:
        if batches.rows(with_images, job.job_id).rows[1].state == "running":
            deaths.append(1)
            raise KeyboardInterrupt

    pool.before_predict = die
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            queue.run_pending(with_images, pool)
        queue.begin(with_images)
    queue.run_pending(with_images, pool)
    assert len(deaths) == MOST_ATTEMPTS
    rows = batches.rows(with_images, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert "stopped 3 times" in rows[1].message
    assert batches.progress(with_images, other.job_id).job.state == "done"


@pytest.mark.parametrize(("insertion", "tier"), [(0.7, "draft"), (0.5, "standard")])
def test_a_file_names_the_heatmap_that_leads_on_its_page(
    workplace: Workplace, insertion: float, tier: str
) -> None:
    pool = FullPool()
    pool.measured["draft"] = {"insertion_auc": insertion}
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case_id, tier="draft")
    queue.run_pending(workplace, pool)
    job = batches.start_upload(workplace, [("again.png", png(1))], explain=True)
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["draft", "standard"]
    (row,) = batches.rows(workplace, job.job_id).rows
    (lead,) = review.open_case(workplace, case_id).explanations
    assert (row.explanation_tier, row.explanation_id) == (tier, lead.explanation_id)


def test_a_file_that_cannot_be_brought_to_its_end_is_given_up_with_the_reason(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    other_folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = batches.start_folder(with_images, images)
    other = batches.start_folder(with_images, other_folder)
    monkeypatch.setattr(together, "MOST", 1)
    tries = fail_while(
        monkeypatch, BatchItems, "finish", lambda: running_file(with_images, job.job_id) == "1.png"
    )
    queue.run_pending(with_images, pool)
    rows = batches.rows(with_images, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert rows[1].message == UNEXPECTED and len(tries) == MOST_ATTEMPTS
    assert batches.progress(with_images, job.job_id).job.state == "done"
    assert batches.progress(with_images, other.job_id).counts == {"done": 2}
    monkeypatch.undo()
    batches.retry(with_images, job.job_id)
    queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 3}


def test_a_file_whose_end_cannot_be_told_in_any_way_stands_alone(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    other_folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = batches.start_folder(with_images, images)
    other = batches.start_folder(with_images, other_folder)
    monkeypatch.setattr(together, "MOST", 1)
    for method in ("finish", "fail"):
        fail_while(
            monkeypatch,
            BatchItems,
            method,
            lambda: running_file(with_images, job.job_id) == "1.png",
        )
    failures = 0
    for _ in range(40):  # as the worker's loop does
        try:
            if not queue.run_next(with_images, pool):
                break
        except OSError:
            failures += 1
            queue.take_up_again(with_images)
    assert failures == MOST_ATTEMPTS
    rows = batches.rows(with_images, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert batches.progress(with_images, other.job_id).counts == {"done": 2}


def test_a_row_that_the_database_refuses_to_change_stops_neither_the_others_nor_a_start(
    on_sqlite: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(on_sqlite, images)
    with on_sqlite.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER stuck BEFORE UPDATE ON job_item WHEN OLD.name = '1.png' "
            "AND OLD.state = 'running' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    for _ in range(20):
        try:
            if not queue.run_next(on_sqlite, pool):
                break
        except Exception:
            queue.begin(on_sqlite)
    assert states(on_sqlite, job.job_id) == [
        ("0.png", "done"),
        ("1.png", "running"),
        ("2.png", "done"),
    ]


@pytest.fixture
def on_sqlite(with_images: Workplace) -> Workplace:
    if with_images.store.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own way of refusing")
    return with_images


def test_images_that_the_model_refuses_are_a_state_of_their_own(
    with_images: Workplace, pool: FakePool, images: Path
) -> None:
    pool.gate = by_brightness
    for level in (10, 110, 230):
        (images / f"level-{level}.png").write_bytes(png(40, level=level))
    (images / "level-10-again.png").write_bytes(png(40, level=10))
    (images / "no-image.png").write_bytes(b"\x89PNG broken")
    job = batches.start_folder(with_images, images, explain=True)
    queue.run_pending(with_images, pool)
    progress = batches.progress(with_images, job.job_id)
    assert progress.counts == {"done": 5, "refused": 2, "error": 1}
    assert progress.finished == progress.total == 8
    rows = {row.name: row for row in batches.rows(with_images, job.job_id).rows}
    dark, again = rows["level-10.png"], rows["level-10-again.png"]
    for row in (dark, again):
        assert (row.state, row.label, row.probability, row.supported) == (
            *("refused", None, None),
            False,
        )
        assert row.probabilities == {} and row.explanation_id is None
        assert "No prediction. Unlike what this model was trained on: distance 4.50" in row.message
    assert "already" in again.message or "already" in dark.message
    assert rows["level-110.png"].support == CAUTION and rows["level-110.png"].explanation_id
    assert rows["level-230.png"].supported and rows["no-image.png"].supported is None
    assert len(pool.explained) == 5, "no heatmap of a refused image"
    only = BatchFilters(states=("refused",))
    narrowed = batches.rows(with_images, job.job_id, filters=only)
    assert {row.name for row in narrowed.rows} == {"level-10.png", "level-10-again.png"}
    # They are no errors: another try reads the broken file alone.
    batches.retry(with_images, job.job_id)
    assert batches.progress(with_images, job.job_id).counts == {
        "done": 5,
        "refused": 2,
        "waiting": 1,
    }


def test_the_bytes_of_a_refused_upload_lie_in_its_case_alone(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    job = batches.start_upload(workplace, [("dark.png", png(1, level=10))])
    queue.run_pending(workplace, pool)
    assert states(workplace, job.job_id) == [("dark.png", "refused")]
    with workplace.store.read() as tx:
        row = batches.rows(workplace, job.job_id).rows[0]
        assert tx.named_blobs() == {row.file_sha256, tx.cases.thumbnail(row.case_id or "")}
